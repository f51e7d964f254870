"""What the last layer sees of an image, in units in which clean images of one class are round."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from engine.measure.metrics import BATCH, CLASSES, Array

SHRINK = 0.05  # share of the mean variance added to every direction: few images estimate many


def hidden(model: nn.Module, images: Array) -> Array:
    """Return the inputs of the last linear layer, float64 (N, d), for uint8 images (N, 1, 28, 28)."""
    kept: list[Tensor] = []
    last = [module for module in model.modules() if isinstance(module, nn.Linear)][-1]
    hook = last.register_forward_pre_hook(lambda _module, given: kept.append(given[0].detach().cpu()))
    device = next(model.parameters()).device
    try:
        with torch.no_grad():
            for part in torch.from_numpy(images).split(BATCH):
                model(part.to(device))
    finally:
        hook.remove()
    found: Array = torch.cat(kept).numpy().astype(np.float64)
    return found


@dataclass(frozen=True)
class Round:
    """Trusted images' mean of each class (10, d), and the map (d, d) that makes their spread one everywhere."""

    means: Array
    map: Array

    def of(self, seen: Array, label: int) -> Array:
        """Return hidden activations (N, d) of one class, centred on the trusted mean and scaled."""
        found: Array = (seen - self.means[label]) @ self.map
        return found


def rounded(seen: Array, labels: Array) -> Round:
    """Return the map for hidden activations (N, d) of trusted images with labels (N,).

    One spread for all classes: ten times as many images estimate it. ValueError when a class is missing.
    A poison cannot bend it, since it never touched these images.
    """
    absent = sorted(set(range(CLASSES)) - set(np.unique(labels).tolist()))
    if absent:
        raise ValueError(f"no trusted image of class {absent}")
    means = np.stack([seen[labels == label].mean(axis=0) for label in range(CLASSES)])
    off = seen - means[labels]
    spread = off.T @ off / max(len(off) - CLASSES, 1)
    size = float(np.trace(spread)) / len(spread)
    values, vectors = np.linalg.eigh(spread + (SHRINK * size or 1.0) * np.eye(len(spread)))
    return Round(means, vectors / np.sqrt(values))


def leading(points: Array, count: int) -> Array:
    """Return the ``count`` leading right singular vectors of points (N, d) as columns; the sign is fixed."""
    _, _, rows = np.linalg.svd(points, full_matrices=False)
    rows = rows[:count]
    signs = np.sign(rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)])
    found: Array = (rows * signs[:, None]).T
    return found
