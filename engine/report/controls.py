"""The page of what no L∞ ball holds, and of controls that are no attacks."""

from __future__ import annotations

from typing import Any

from engine.core.records import Corruption, Pending
from engine.report import cells, figures
from engine.report.attacks import blocks
from engine.report.figures import Shelf
from engine.report.view import View


def controls(view: View, shelf: Shelf) -> dict[str, Any]:
    """Patch, rotation and noise as blocks; corruptions as a curve and a table each."""
    kinds = dict.fromkeys(row.corruption for row in view.select(Corruption))
    kinds |= dict.fromkeys(row.subject for row in view.select(Pending, family="corruptions"))
    return {
        "blocks": blocks(view, shelf, view.planned_others()),
        "corruptions": [_corruption(view, shelf, kind) for kind in kinds],
    }


def _corruption(view: View, shelf: Shelf, kind: str) -> dict[str, Any]:
    rows = view.select(Corruption, corruption=kind, seed=view.seed)
    strengths = sorted({row.strength for row in rows})
    grid = []
    for model in view.planned_models():
        found = {row.strength: cells.accuracy(row) for row in rows if row.model == model.name}
        waiting = cells.missing(view, "corruptions", model=model.name, subject=kind)
        grid.append((model, [found.get(strength, waiting) for strength in strengths]))
    amounts = {row.strength: row.amount for row in rows}
    return {
        "kind": kind,
        "unit": rows[0].unit if rows else "",
        "strengths": [(strength, amounts[strength]) for strength in strengths],
        "grid": grid,
        "curve": figures.corruption_curves(shelf, view, kind),
    }
