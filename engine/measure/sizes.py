"""How large a change is, in each norm."""

from __future__ import annotations

import numpy as np

from engine.measure.metrics import CHANGED, Array

NORMS = {"linf": "L∞", "l2": "L2", "l0": "L0", "none": ""}


def of(x: Array, found: Array, norm: str) -> Array:
    """Return the size of ``found - x`` an image, float64 (N,), for images (N, 1, 28, 28) in [0, 1].

    L0 counts pixels that changed by more than half a grey level. "none" has no size: zeros.
    KeyError for another norm.
    """
    moved = np.abs(found.astype(np.float64) - x.astype(np.float64)).reshape(len(x), -1)
    measures = {
        "linf": lambda: moved.max(axis=1),
        "l2": lambda: np.sqrt((moved**2).sum(axis=1)),
        "l0": lambda: (moved > CHANGED).sum(axis=1).astype(np.float64),
        "none": lambda: np.zeros(len(x)),
    }
    return np.asarray(measures[norm]())
