"""Sheets of digits as PNG: one column a digit, one row a stage, pixels kept square."""

from __future__ import annotations

import io
from typing import Any, TypeAlias

import numpy as np

from engine.report.theme import LIGHT

Array: TypeAlias = np.ndarray[Any, Any]
SCALE, GAP = 4, 1  # screen pixels a pixel, and pixels between digits
COLUMNS, SIDE = 24, 28  # images a line of a sprite, pixels an image
RED, BLUE = (tuple(bytes.fromhex(LIGHT[name][1:])) for name in ("red", "blue"))


def grey(images: Array) -> Array:
    """Return uint8 (k, 28, 28) or float (k, 28, 28) in [0, 1] as RGB, white on black as MNIST is."""
    levels = images if images.dtype == np.uint8 else np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)
    return np.repeat(levels[..., None], 3, axis=-1)


def signed(difference: Array, size: float) -> Array:
    """Return a perturbation (k, 28, 28) as RGB: red where it adds light, blue where it takes some, ±size full."""
    share = np.clip(difference / size, -1, 1)[..., None]
    red, blue, white = (np.array(colour, float) for colour in (RED, BLUE, (255, 255, 255)))
    tint = np.where(share > 0, red, blue)
    return np.rint(white + np.abs(share) * (tint - white)).astype(np.uint8)


def sheet(rows: list[Array]) -> bytes:
    """Return rows of RGB digits, each (k, 28, 28, 3), as one PNG."""
    from PIL import Image

    cells = [np.pad(row, ((0, 0), (GAP, GAP), (GAP, GAP), (0, 0)), constant_values=128) for row in rows]
    picture = np.concatenate([np.concatenate(list(row), axis=1) for row in cells], axis=0)
    large = picture.repeat(SCALE, axis=0).repeat(SCALE, axis=1)
    buffer = io.BytesIO()
    Image.fromarray(large).quantize(64).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def sprite(images: Array) -> bytes:
    """Return images, uint8 (k, 28, 28), as one grey PNG with `COLUMNS` of them a line, black where none is left."""
    from PIL import Image

    lines = max(1, -(-len(images) // COLUMNS))
    room = np.zeros((lines * COLUMNS, SIDE, SIDE), np.uint8)
    room[: len(images)] = images
    whole = room.reshape(lines, COLUMNS, SIDE, SIDE).swapaxes(1, 2).reshape(lines * SIDE, COLUMNS * SIDE)
    buffer = io.BytesIO()
    Image.fromarray(whole).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
