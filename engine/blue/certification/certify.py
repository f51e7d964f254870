"""The job that proves: which test images no change within ε can break, by one method."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from engine.core.bundle import Bundle, pack
from engine.core.jobs import Context
from engine.core.records.certification import Certified
from engine.core.registry import resolve
from engine.data.mnist import decode
from engine.measure import metrics, subject
from engine.measure.metrics import Array

# (images, labels, ε or one ε an image) -> upper bounds (N, 10) of logit k - logit y
Bound: TypeAlias = Callable[[Tensor, Tensor, float | Tensor], Tensor]
SLACK = 1e-6  # attacks may leave the ball by float32's rounding of x + ε, so the box is wider by as much
MARGIN = 1e-4  # bounds and logits are float32 sums too: a difference must be clearly below zero
BATCH = 20  # linear bounds of SimpleCNN hold ten pictures of 64 channels an image


def certify(context: Context) -> Bundle:
    """Job: one method on one model.

    Spec: ``model, seed, network, images, epsilons, method, method_run``, and ``half_images, halvings``: on so many
    images the ε up to which each is certified is found, within ``2 ** -halvings``. A record an ε, smallest first;
    what is not certified at one ε is not tried at a larger one.
    """
    spec = context.spec
    seen = subject.load(context, spec["images"])
    method = resolve(spec["method_run"])
    x, y = torch.from_numpy(seen.x.astype(np.float32) / np.float32(255)), torch.from_numpy(seen.y)
    right = metrics.predict(seen.model, seen.x) == seen.y

    def bound(x: Tensor, y: Tensor, epsilon: float | Tensor) -> Tensor:
        found: Tensor = method(seen.model, x, y, epsilon=epsilon)
        return found

    few = np.isin(seen.index, subject.test_indices(decode(context.data), spec["half_images"]))
    radius = radii(bound, x[few], y[few], right[few], spec["halvings"])
    rows, arrays = [], {"index": seen.index, "radius": radius, "radius_index": seen.index[few]}
    proved = right.copy()
    for epsilon in spec["epsilons"]:
        began, left = perf_counter(), np.flatnonzero(proved)
        proved[left] = holds(bound, x[left], y[left], epsilon)
        rows.append(_record(context, seen, epsilon, proved, right, float(np.median(radius)), perf_counter() - began))
        arrays[f"{epsilon:g}/certified"] = proved.copy()
        context.progress(len(rows) / len(spec["epsilons"]), f"ε {epsilon:g}: {rows[-1].accuracy:.1%} certified")
    return pack({"certification": rows}, arrays)


@torch.no_grad()
def holds(bound: Bound, x: Tensor, y: Tensor, epsilon: float | Tensor) -> Array:
    """Return whether each image (N, 1, 28, 28) is proved to keep its label (N,) within ε; bool (N,)."""
    sizes = (torch.as_tensor(epsilon, dtype=x.dtype) + SLACK).expand(len(x))
    found = []
    for images, labels, size in zip(x.split(BATCH), y.split(BATCH), sizes.split(BATCH), strict=True):
        others = bound(images, labels, size[:, None, None, None]).scatter(1, labels[:, None], -torch.inf)
        found.append(others.max(1).values < -MARGIN)
    return torch.cat(found).numpy() if found else np.zeros(0, bool)


def radii(bound: Bound, x: Tensor, y: Tensor, right: Array, halvings: int) -> Array:
    """Return the largest ε in [0, 1] that halving the interval finds certified for each image, 0 where none is."""
    low, high = np.zeros(len(y), np.float32), np.ones(len(y), np.float32)
    for _ in range(halvings):
        middle = (low + high) / 2
        proved = right & holds(bound, x, y, torch.from_numpy(middle))
        low, high = np.where(proved, middle, low), np.where(proved, high, middle)
    return low


def _record(
    context: Context, seen: subject.Subject, epsilon: float, proved: Array, right: Array, half: float, seconds: float
) -> Certified:
    spec: Any = context.spec
    return Certified(
        model=spec["model"],
        method=spec["method"],
        norm="linf",
        epsilon=epsilon,
        seed=spec["seed"],
        dataset=seen.dataset,
        right=int(right.sum()),
        half=half,
        seconds=seconds,
        gradients=0,
        queries=len(seen.y),
        flags=(),
        provenance=context.provenance(),
        **metrics.rated(int(proved.sum()), len(seen.y)),
    )
