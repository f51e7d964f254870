"""The pages of attacks in a ball: the worst case, a block an attack, checks of the attack, picture sheets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.core.records import Evasion
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


def attacks(view: View, _shelf: Shelf) -> dict[str, Any]:
    """The worst case by model and size; the matrix is drawn by the template's own hook."""
    sizes = view.sizes("worst")
    grid = [(model, [cells.worst(view, model.name, size) for size in sizes]) for model in view.planned_models()]
    return {"worst": {"sizes": sizes, "grid": grid}}


def attack_by_attack(view: View, shelf: Shelf) -> dict[str, Any]:
    """A block an attack of a given size."""
    return {"blocks": blocks(view, shelf, view.planned_attacks()), "success": cells.attack_success}


def checks(view: View, _shelf: Shelf) -> dict[str, Any]:
    """What was checked of the attack itself, by model."""
    return {"trust": [(model, view.trust(model.name)) for model in view.planned_models()]}


def pictures(view: View, shelf: Shelf) -> dict[str, Any]:
    """The picture sheets."""
    return {"sheets": list(_sheets(view, shelf))}


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
