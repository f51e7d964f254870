"""The test images behind the cells of a confusion matrix: one picture of all of them, and where each lies in it."""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import Any

import numpy as np

from engine.core.records import Behind
from engine.report.view import View

COLUMNS, SIDE = 24, 28  # images a line of the picture, pixels an image


def known(view: View) -> dict[str, Behind]:
    """Return the records whose job kept pictures, by ``<model>-<condition>``."""
    rows = view.select(Behind, seed=view.seed)
    held = {f"{row.model}-{row.condition}": row for row in rows}
    return {name: row for name, row in held.items() if f"{row.condition}/x" in view.arrays(row.provenance.job)}


def files(view: View) -> dict[str, bytes]:
    """Return a picture and its index for each model and condition, by path below ``docs``."""
    found = {}
    for name, row in known(view).items():
        arrays = view.arrays(row.provenance.job)
        parts = {part: arrays[f"{row.condition}/{part}"] for part in ("x", "index", "true", "answer")}
        found[f"report/figures/behind-{name}.png"] = sprite(parts["x"])
        found[f"data/charts/behind-{name}.json"] = (
            json.dumps(_index(row, parts), separators=(",", ":")) + "\n"
        ).encode()
    return found


def _index(row: Behind, parts: dict[str, Any]) -> dict[str, Any]:
    """Return the first place and the count of each cell that has pictures, as ``"true-answer": [place, count]``."""
    names = [f"{true}-{answer}" for true, answer in zip(parts["true"].tolist(), parts["answer"].tolist(), strict=True)]
    cells = {name: [names.index(name), many] for name, many in Counter(names).items()}
    return {"limit": row.limit, "columns": COLUMNS, "cells": cells, "index": parts["index"].tolist(),
            "name": row.provenance.name, "condition": row.condition}  # fmt: skip


def sprite(images: np.ndarray[Any, Any]) -> bytes:
    """Return images, uint8 (k, 28, 28), as one grey PNG with `COLUMNS` of them a line, black where none is left."""
    from PIL import Image

    lines = max(1, -(-len(images) // COLUMNS))
    room = np.zeros((lines * COLUMNS, SIDE, SIDE), np.uint8)
    room[: len(images)] = images
    whole = room.reshape(lines, COLUMNS, SIDE, SIDE).swapaxes(1, 2).reshape(lines * SIDE, COLUMNS * SIDE)
    buffer = io.BytesIO()
    Image.fromarray(whole).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
