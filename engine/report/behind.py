"""The test images behind the cells of a confusion matrix: one picture of all of them, and where each lies in it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from engine.core.records import Behind, Evaluation, Evasion, Provenance
from engine.report import pictures
from engine.report.figures import Shelf
from engine.report.view import View

PARTS = ("x", "index", "true", "answer")


@dataclass(frozen=True)
class Kept:
    """Pictures that a job kept: their name on the site, what was done to them, and how many a cell has at most."""

    name: str
    condition: str
    limit: int
    provenance: Provenance
    parts: dict[str, Any]


def kept(view: View, row: object) -> Kept | None:
    """Return the pictures behind a record's confusion matrix; None where there are none."""
    if isinstance(row, Evaluation):
        found = view.first(Behind, model=row.model, condition=row.condition, seed=row.seed)
        return _kept(view, f"{row.model}-{row.condition}", row.condition, found, f"{row.condition}/") if found else None
    if isinstance(row, Evasion):
        name = f"{row.model}-{row.attack}-{row.epsilon:g}"
        return _kept(view, name, row.attack, row, f"{row.epsilon:g}/behind_")
    return None


def _kept(view: View, name: str, condition: str, row: Behind | Evasion, prefix: str) -> Kept | None:
    arrays = view.arrays(row.provenance.job)
    if f"{prefix}x" not in arrays:
        return None
    limit = row.limit if isinstance(row, Behind) else int(arrays[f"{prefix}limit"])
    return Kept(name, condition, limit, row.provenance, {part: arrays[f"{prefix}{part}"] for part in PARTS})


def shelve(shelf: Shelf, found: Kept) -> None:
    """Add the picture and its index to the shelf."""
    name = f"behind-{found.name}"
    key = [found.provenance.job, found.name]
    shelf.png(name, "", key, lambda: pictures.sprite(found.parts["x"]))
    text = json.dumps(_index(found), separators=(",", ":")) + "\n"
    shelf.files[f"data/charts/{name}.json"] = text.encode()


def _index(found: Kept) -> dict[str, Any]:
    """Return the first place and the count of each cell that has pictures, as ``"true-answer": [place, count]``."""
    pairs = zip(found.parts["true"].tolist(), found.parts["answer"].tolist(), strict=True)
    names = [f"{true}-{answer}" for true, answer in pairs]
    cells = {name: [names.index(name), many] for name, many in Counter(names).items()}
    return {"limit": found.limit, "columns": pictures.COLUMNS, "cells": cells,
            "index": found.parts["index"].tolist(), "name": found.provenance.name,
            "condition": found.condition}  # fmt: skip
