"""The page of the smallest changes: how far a digit must move before it is misread."""

from __future__ import annotations

from typing import Any

from engine.core.records import Minimal, WorstCase
from engine.report import cells, figures
from engine.report.figures import Shelf
from engine.report.view import View

SHOWN = (0, 2, 4, 6, 8)  # of the nine tenths: 10, 30, 50, 70 and 90 %
UNITS = {"l2": "L2", "l0": "pixels"}


def smallest(view: View, shelf: Shelf) -> dict[str, Any]:
    """Return a block an attack, and the worst case over those of a norm."""
    models = view.planned_models()
    blocks = []
    for attack in view.planned_minimal():
        rows = [(model, view.minimal(model.name, attack.name)) for model in models]
        measured = [row for _, row in rows if row]
        blocks.append(
            {
                "attack": attack,
                "unit": UNITS[attack.norm],
                "rows": [(model, row, _tenths(row), _cell(view, model.name, attack.name)) for model, row in rows],
                "budget": measured[0].epsilon if measured else None,
                "curve": figures.smallest_curves(shelf, view, attack),
                "sheets": [sheet for model, row in rows if row for sheet in [_sheet(view, shelf, row, model.title)]],
                "settings": measured[0].settings if measured else {},
                "n": measured[0].n if measured else 0,
            }
        )
    worst = [(model, row) for model in models for row in view.worst(model.name, "l2")]
    shares = [(place + 1) / 10 for place in SHOWN]
    return {
        "blocks": blocks,
        "shares": shares,
        "worst": [(model, row, cells.accuracy(row), _parts(view, row)) for model, row in worst],
    }


def _tenths(row: Minimal | None) -> list[str]:
    """Return the sizes that break 10 to 90 % in words; "–" where the attack breaks fewer."""
    if row is None:
        return []
    picked = [row.tenths[at] for at in SHOWN]
    return ["–" if value is None else f"{value:.0f}" if row.norm == "l0" else f"{value:.2f}" for value in picked]


def _cell(view: View, model: str, attack: str) -> cells.Cell:
    row = view.minimal(model, attack)
    return cells.accuracy(row) if row else cells.missing(view, "minimal", model=model, subject=attack)


def _parts(view: View, row: WorstCase) -> list[tuple[str, int, int]]:
    return [(view.attacks[name].title, row.broken_by[name], row.only_by[name]) for name in row.attacks]


def _sheet(view: View, shelf: Shelf, row: Minimal, title: str) -> dict[str, Any]:
    arrays, name = view.arrays(row.provenance.job), view.attacks[row.attack].title
    alt = f"Ten digits before and after {name} on the {title} model."
    figure = figures.found_sheet(shelf, f"smallest-{row.model}-{row.attack}", row.provenance.job, arrays, alt)
    labels = [list(map(int, arrays.get(f"sample_{when}", ()))) for when in ("before", "after")]
    return {"title": f"{title} model, {name}", "figure": figure, "labels": labels}
