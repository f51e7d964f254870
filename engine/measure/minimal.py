"""One attack for the smallest change on one model: the size that breaks each image, and what follows."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import torch

from engine.core.bundle import Bundle, pack
from engine.core.jobs import Context
from engine.core.rates import wilson
from engine.core.records.minimal import Minimal, Point
from engine.core.registry import resolve
from engine.measure import metrics, sizes, subject
from engine.measure.metrics import Array
from engine.measure.sweep import check_ball

GRID = {"l2": tuple(k / 4 for k in range(21)), "l0": tuple(float(k) for k in range(0, 65, 4))}
TENTHS = tuple(k / 10 for k in range(1, 10))


def minimal(context: Context) -> Bundle:
    """Job: spec has ``model, seed, network, images, attack, attack_run, norm, budget, settings``."""
    spec = context.spec
    seen = subject.load(context, spec["images"])
    x = seen.x.astype(np.float32) / np.float32(255)
    before = metrics.predict(seen.model, x)
    tried = np.flatnonzero(before == seen.y)
    began = perf_counter()
    images, labels = torch.from_numpy(x[tried]), torch.from_numpy(seen.y[tried])
    result = resolve(spec["attack_run"])(seen.model, images, labels, seed=spec["seed"], **spec["settings"])
    seconds = perf_counter() - began
    found = x.copy()
    found[tried] = result.x.numpy()
    check_ball(x, found, 0, "none")
    after = metrics.predict(seen.model, found)
    size = breaking(sizes.of(x, found, spec["norm"]), before == seen.y, after != seen.y)
    record = Minimal(
        model=spec["model"],
        attack=spec["attack"],
        settings=dict(spec["settings"]),
        norm=spec["norm"],
        epsilon=spec["budget"],
        seed=spec["seed"],
        dataset=seen.dataset,
        attacked=len(tried),
        found=int(np.isfinite(size[tried]).sum()),
        tenths=tenths(size),
        curve=tuple(_point(size, at) for at in GRID[spec["norm"]]),
        seconds=seconds,
        gradients=result.gradients,
        queries=result.queries + len(tried),
        flags=(),
        provenance=context.provenance(),
        **metrics.rated(int((size > spec["budget"]).sum()), len(size)),
    )
    first = np.array([np.flatnonzero(seen.y == digit)[0] for digit in np.unique(seen.y)])
    arrays = {
        "index": seen.index,
        "size": size,
        "sample_x": seen.x[first, 0],
        "sample_adv": found[first, 0],
        "sample_before": before[first],
        "sample_after": after[first],
    }
    return pack({"minimal": [record]}, arrays)


def breaking(size: Array, right: Array, broken: Array) -> Array:
    """Return the size that breaks each image: 0 where it was wrong before, infinite where nothing was found."""
    return np.where(right, np.where(broken, size, np.inf), 0.0)


def tenths(size: Array) -> tuple[float | None, ...]:
    """Return the sizes that break 10, 20, … 90 % of the images, None where fewer were broken."""
    ranked = np.sort(size)
    at = (ranked[int(np.ceil(share * len(size))) - 1] for share in TENTHS)
    return tuple(float(value) if np.isfinite(value) else None for value in at)


def _point(size: Array, at: float) -> Point:
    stands = int((size > at).sum())
    low, high = wilson(stands, len(size))
    return Point(size=at, accuracy=stands / len(size), low=low, high=high)
