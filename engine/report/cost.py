"""The page of costs: what each attack finds for the gradients, questions and seconds that it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.core.records import Evasion, WorstCase
from engine.report import cells
from engine.report.attacks import shown_sizes
from engine.report.figures import Shelf
from engine.report.view import ModelLike, View


@dataclass(frozen=True)
class Price:
    """An attack up to one size on one model, by the image."""

    title: str
    accuracy: cells.Cell
    gradients: float
    queries: float
    seconds: float
    broke: int | None  # of the worst case's images; None where it is not part of that
    alone: int | None  # images that it alone broke


def cost(view: View, _shelf: Shelf) -> dict[str, Any]:
    """Return a table a model and size, cheapest attack first."""
    tables = []
    for size in shown_sizes(view):
        for model in view.planned_models():
            prices = sorted(_prices(view, model, size), key=lambda price: price.seconds)
            worst = next((row for row in view.worst(model.name) if row.epsilon == size), None)
            if prices:
                floor = cells.accuracy(worst) if worst else None
                tables.append({"model": model, "size": size, "prices": prices, "worst": floor,
                               "idle": [price.title for price in prices if price.alone == 0]})  # fmt: skip
    return {"tables": tables}


def _prices(view: View, model: ModelLike, size: float) -> list[Price]:
    worst = next((row for row in view.worst(model.name) if row.epsilon == size), None)
    found = []
    for attack in view.planned_attacks():
        sweep = [row for row in view.sweep(model.name, attack.name) if row.epsilon <= size]
        if sweep and sweep[-1].epsilon == size:
            found.append(price(attack.title, sweep, worst))
    return found


def price(title: str, sweep: list[Evasion], worst: WorstCase | None) -> Price:
    """Sum up a sweep that ends at the size in question; where images carry over, what came before counts too."""
    last = sweep[-1]
    taken = sweep if last.settings.get("carry") else [last]
    return Price(
        title,
        cells.accuracy(last),
        sum(row.gradients / row.n for row in taken),
        sum(row.queries / row.n for row in taken),
        sum(row.seconds / row.n for row in taken),
        worst.broken_by.get(last.attack) if worst else None,
        worst.only_by.get(last.attack) if worst else None,
    )
