"""The page of the matrix: the worst case, a block an attack, picture sheets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.core.records import WorstCase
from engine.report import cells, figures
from engine.report.figures import Shelf
from engine.report.view import View

SHOWN = (0.1, 0.3)  # the sizes of the home page and of the picture sheets, where the profile has them


def shown_sizes(view: View) -> list[float]:
    """Return the sizes that summaries show: two of the plan, or its largest."""
    known = view.epsilons()
    return [size for size in SHOWN if size in known] or known[-1:]


def attacks(view: View, shelf: Shelf) -> dict[str, Any]:
    """The matrix, the security curves and the picture sheets."""
    blocks = []
    for attack in view.planned_attacks():
        sizes = view.sizes(attack.name)
        grid = [
            (model, [cells.attacked(view, model.name, attack.name, size) for size in sizes])
            for model in view.planned_models()
        ]
        curve = figures.security_curves(shelf, view, attack.name, attack.title)
        rows = [row for model in view.planned_models() for row in view.sweep(model.name, attack.name)]
        blocks.append({"attack": attack, "sizes": sizes, "grid": grid, "curve": curve, "rows": rows})
    return {
        "worst": _worst(view),
        "trust": [(model, view.trust(model.name)) for model in view.planned_models()],
        "blocks": blocks,
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
