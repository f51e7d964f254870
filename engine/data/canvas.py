"""A drawing → the 28×28 image that a model sees, by the way MNIST itself was made.

LeCun, Cortes, Burges, "The MNIST database of handwritten digits": fit into 20×20 with the aspect
kept, then put the centre of mass on the centre of 28×28. In the published files that centre is pixel 14.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from PIL import Image

Array: TypeAlias = np.ndarray[Any, Any]
SIDE, BOX, CENTRE = 28, 20, 14
FAINT = 26  # of 255: paler ink is not part of the digit
LARGEST = 1024  # pixels a side; a canvas is 280


def to_mnist(drawing: Array) -> Array | None:
    """Return the image (1, 1, 28, 28) uint8, light on black, of dark strokes on a light ground.

    Args:
        drawing: uint8 (H, W) levels 0 to 255, 255 is blank paper; sides from 1 to 1024.

    Returns:
        None where nothing is drawn. ValueError for another type or shape.
    """
    if drawing.dtype != np.uint8 or drawing.ndim != 2 or not all(1 <= side <= LARGEST for side in drawing.shape):
        raise ValueError(f"a drawing is uint8 (H, W) up to {LARGEST} a side, not {drawing.dtype} {drawing.shape}")
    ink = 255 - drawing
    rows, columns = (np.flatnonzero((ink > FAINT).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    digit = _fit(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    image = np.zeros((SIDE, SIDE), np.uint8)
    top, left = _corner(digit)
    image[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return image[None, None]


def _fit(ink: Array) -> Array:
    """Scale so that the longer side has 20 pixels; each pixel becomes the mean of what it covers."""
    height, width = ink.shape
    scale = BOX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BOX))


def _corner(digit: Array) -> tuple[int, int]:
    """Return top and left so that the centre of mass falls on pixel 14, within the image."""
    mass = digit.astype(np.float64)
    corner = []
    for axis, side in enumerate(digit.shape):
        centre = (mass.sum(axis=1 - axis) @ np.arange(side)) / mass.sum()
        corner.append(int(np.clip(round(CENTRE - centre), 0, SIDE - side)))
    return corner[0], corner[1]
