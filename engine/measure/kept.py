"""Pictures that jobs keep beside their figures: the first images of each cell of a confusion matrix, as bytes."""

from __future__ import annotations

import numpy as np

from engine.measure.metrics import CLASSES, Array


def pixels(images: Array) -> Array:
    """Return images, float in [0, 1], as uint8; what rounding left outside is cut first, so that nothing wraps."""
    return np.rint(np.clip(255 * images, 0, 255)).astype(np.uint8)


def first_of_each(labels: Array, answers: Array, limit: int) -> Array:
    """Return the places of the first ``limit`` images of each (label, answer), cell by cell; both are (N,)."""
    cells = labels * CLASSES + answers
    found = [np.flatnonzero(cells == cell)[:limit] for cell in np.unique(cells)]
    return np.concatenate(found)


def behind(images: Array, index: Array, labels: Array, answers: Array, limit: int) -> dict[str, Array]:
    """Return the first ``limit`` images of each cell: ``x, index, true, answer``, by cell and, within one, by place.

    ``images`` are (N, 1, 28, 28), uint8 or float in [0, 1]; the others (N,).
    """
    chosen = first_of_each(labels, answers, limit)
    shown = images[chosen, 0]
    x = shown if shown.dtype == np.uint8 else pixels(shown)
    return {"x": x, "index": index[chosen], "true": labels[chosen], "answer": answers[chosen]}
