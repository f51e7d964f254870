"""The page of the matrix: the worst case, a block an attack, picture sheets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.core.records import Evasion, WorstCase
from engine.core.registry import Entry
from engine.report import cells, figures
from engine.report.figures import Shelf
from engine.report.view import View

UNITS = {"linf": "ε", "l0": "pixels"}
SHOWN = (0.1, 0.3)  # the sizes of the home page and of the picture sheets, where the profile has them


def shown_sizes(view: View) -> list[float]:
    """Return the sizes that summaries show: two of the plan, or its largest."""
    known = view.epsilons()
    return [size for size in SHOWN if size in known] or known[-1:]


def attack_size(row: Evasion) -> str:
    """Return a cell's size in words of its norm."""
    return {"linf": f"ε {row.epsilon:g}", "l0": f"{row.epsilon:g} pixels"}.get(row.norm, f"size {row.epsilon:g}")


def blocks(view: View, shelf: Shelf, entries: list[Entry]) -> list[dict[str, Any]]:
    """Return for each attack its cells by model and size, its curves, and the records behind them."""
    found = []
    for attack in entries:
        sizes = view.sizes(attack.name)
        grid = [
            (model, [cells.attacked(view, model.name, attack.name, size) for size in sizes])
            for model in view.planned_models()
        ]
        curve = figures.security_curves(shelf, view, attack) if len(sizes) > 1 else None
        rows = [row for model in view.planned_models() for row in view.sweep(model.name, attack.name)]
        found.append({"attack": attack, "sizes": sizes, "grid": grid, "curve": curve, "rows": rows,
                      "unit": UNITS.get(attack.norm, "of full size")})  # fmt: skip
    return found


def attacks(view: View, shelf: Shelf) -> dict[str, Any]:
    """The matrix, the security curves and the picture sheets."""
    return {
        "worst": _worst(view),
        "trust": [(model, view.trust(model.name)) for model in view.planned_models()],
        "blocks": blocks(view, shelf, view.planned_attacks()),
        "sheets": list(_sheets(view, shelf)),
        "success": cells.attack_success,
    }


def _worst(view: View) -> dict[str, Any]:
    """Return the worst case by model and size, and what each attack broke that no other did."""
    models, sizes = view.planned_models(), view.sizes("worst")
    rows = [row for model in models for row in view.worst(model.name) if len(row.attacks) > 1]
    shown = [row for row in rows if row.epsilon in shown_sizes(view)]
    return {
        "sizes": sizes,
        "grid": [(model, [cells.worst(view, model.name, size) for size in sizes]) for model in models],
        "shares": [(row, [(view.attacks[name], row.broken_by[name], row.only_by[name], _cost(view, row, name))
                          for name in row.attacks]) for row in shown],
    }  # fmt: skip


def _cost(view: View, row: WorstCase, attack: str) -> tuple[int, float] | None:
    """Return gradients and seconds an image that an attack took up to this size; None where it has no cell."""
    sweep = [cell for cell in view.sweep(row.model, attack) if cell.epsilon <= row.epsilon]
    if not sweep:
        return None
    taken = sweep if sweep[-1].settings.get("carry") else sweep[-1:]
    return round(sum(cell.gradients for cell in taken) / sweep[-1].n), sum(cell.seconds for cell in taken) / sweep[-1].n


def _sheets(view: View, shelf: Shelf) -> Iterator[dict[str, Any]]:
    for model in view.planned_models():
        for size in shown_sizes(view):
            row = view.evasion(model.name, "pgd", size)
            if row is None:
                continue
            arrays = view.arrays(row.provenance.job)
            figure = figures.attack_sheet(shelf, row, arrays, model.title)
            if figure:
                labels = [list(map(int, arrays[f"{size:g}/sample_{when}"])) for when in ("before", "after")]
                yield {"title": f"{model.title} model, PGD, ε {size:g}", "figure": figure, "labels": labels}
