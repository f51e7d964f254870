"""Figures from predictions. Pure functions on arrays."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import torch
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from torch import Tensor, nn

from engine.core.rates import wilson
from engine.core.records.evaluation import ClassScore, Scores
from engine.core.records.evasion import Perturbation

Array: TypeAlias = np.ndarray[Any, Any]
CLASSES = 10
CHANGED = 1 / 512  # half a grey level: less is lost when an image is stored
BATCH = 128


def rated(successes: int, n: int) -> dict[str, Any]:
    """Return the fields ``n, successes, accuracy, low, high`` of a measured record."""
    low, high = wilson(successes, n)
    return {"n": n, "successes": successes, "accuracy": successes / n, "low": low, "high": high}


def rate_of(hits: int, n: int, name: str) -> dict[str, Any]:
    """Return ``<name>_rate, <name>_low, <name>_high``; no image at all counts as rate 0 in [0, 1]."""
    low, high = wilson(hits, n) if n else (0.0, 1.0)
    return {f"{name}_rate": hits / n if n else 0.0, f"{name}_low": low, f"{name}_high": high}


def scores(labels: Array, predicted: Array) -> Scores:
    """Return confusion matrix and per-class scores of int labels and answers, both (N,), in 0..9."""
    every = np.arange(CLASSES)
    matrix = confusion_matrix(labels, predicted, labels=every)
    precision, recall, f1, support = precision_recall_fscore_support(labels, predicted, labels=every, zero_division=0.0)
    counts = matrix.sum(axis=0)
    classes = tuple(
        ClassScore(
            label=k,
            support=int(support[k]),
            predicted=int(counts[k]),
            precision=float(precision[k]) if counts[k] else None,
            recall=float(recall[k]),
            f1=float(f1[k]),
        )
        for k in range(CLASSES)
    )
    return Scores(
        confusion=tuple(tuple(int(v) for v in row) for row in matrix),
        classes=classes,
        macro_precision=float(precision.mean()),
        macro_recall=float(recall.mean()),
        macro_f1=float(f1.mean()),
    )


def perturbation(x: Array, adversarial: Array) -> Perturbation:
    """Return the sizes of ``adversarial - x``, both float (N, 1, 28, 28) in [0, 1]; zeros where N is 0."""
    if not len(x):
        return Perturbation(linf_max=0.0, linf_mean=0.0, l2_max=0.0, l2_mean=0.0, l0_mean=0.0)
    moved = np.abs(adversarial.astype(np.float64) - x.astype(np.float64)).reshape(len(x), -1)
    linf, l2 = moved.max(axis=1), np.sqrt((moved**2).sum(axis=1))
    return Perturbation(
        linf_max=float(linf.max()),
        linf_mean=float(linf.mean()),
        l2_max=float(l2.max()),
        l2_mean=float(l2.mean()),
        l0_mean=float((moved > CHANGED).sum(axis=1).mean()),
    )


@torch.no_grad()
def predict(model: nn.Module, images: Array | Tensor) -> Array:
    """Return the answers (N,) of a model for uint8 or float images (N, 1, 28, 28)."""
    device = next(model.parameters()).device
    tensor = images if isinstance(images, Tensor) else torch.tensor(images)
    parts = [model(part.to(device)).argmax(1).cpu() for part in tensor.split(BATCH)]
    return torch.cat(parts).numpy() if parts else np.zeros(0, np.int64)
