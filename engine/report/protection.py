"""The page about defences: each model against the clean one, image by image, and what training recipes cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.core.records import Comparison, Trial
from engine.report import cells, draw, words
from engine.report.attacks import shown_sizes
from engine.report.figures import Figure, Shelf
from engine.report.view import ModelLike, View

PLAIN = "clean"  # what every defence is held against
CLEAR = 0.05  # p below which a change is called one
WORST = "worst"
PAIRED = "95 % interval of the paired change, in points"


@dataclass(frozen=True)
class Defence:
    """A defended model beside the clean one: the clean cost, the gain at the largest size, and the price."""

    model: ModelLike
    cost: Comparison | None  # on images as they are
    gain: Comparison | None  # worst case over attacks at the largest size shown
    gradients: float | None  # of training, as a multiple of the clean model's
    time: float | None  # of an answer, as a multiple of the clean model's
    rows: tuple[Comparison, ...]


def protection(view: View, shelf: Shelf) -> dict[str, Any]:
    """Return a summary a defence, every comparison, and the recipes that were tried."""
    return {
        "defences": defences(view),
        "plain": view.models[PLAIN],
        "titles": {entry.name: entry.title for entry in view.attacks.values()} | {WORST: "Worst case"},
        "trials": view.select(Trial),
        "waiting": view.waiting("protection"),
        "scatter": trade(view, shelf),
        "change": change,
        "change_cell": change_cell,
        "chance": chance,
        "runs": [(model, view.training(model.name), view.latency(model.name)) for model in view.planned_models()],
        "before": before,
        "after": after,
        "trial_cells": trial_cells,
    }


def defences(view: View) -> list[Defence]:
    """Return every model that is trained against attacks, in the order of the models."""
    found, size = [], shown_sizes(view)[-1]
    for model in view.planned_models():
        rows = view.select(Comparison, after=model.name, seed=view.seed)
        if not rows and view.waiting("protection", model=model.name, subject="comparison") is None:
            continue
        cost = next((row for row in rows if row.condition == "clean"), None)
        gain = next((row for row in rows if (row.condition, row.epsilon) == (WORST, size)), None)
        found.append(Defence(model, cost, gain, *_price(view, model.name), tuple(rows)))
    return found


def _price(view: View, model: str) -> tuple[float | None, float | None]:
    ours, plain = view.training(model), view.training(PLAIN)
    gradients = ours.gradients / plain.gradients if ours and plain else None
    timed = [view.latency(name) for name in (model, PLAIN)]
    fast = [rows[-1].median_ms / rows[-1].batch for rows in timed if rows]
    return gradients, fast[0] / fast[1] if len(fast) == 2 else None


def change(row: Comparison) -> str:
    """Return the change in points with its interval."""
    cell = change_cell(row)
    return f"{cell.text} {cell.interval}"


def change_cell(row: Comparison) -> cells.Cell:
    """Return the change in points as a cell."""
    low, high = (f"{100 * value:.1f}".replace("-", "−") for value in (row.change_low, row.change_high))
    return cells.Cell(words.points(row.change), f"[{low}, {high}]", 0.0, row.provenance.name, row.n, PAIRED)


def chance(row: Comparison) -> str:
    """Return McNemar's p, and what it means."""
    p = "p < 0.001" if row.p < 0.001 else f"p = {row.p:.3f}"
    return p if row.p < CLEAR else f"{p}, may be chance"


def before(row: Comparison) -> cells.Cell:
    """Return the clean model's cell of a comparison."""
    return cells.rate(row, row.before_accuracy, row.before_low, row.before_high, row.n)


def after(row: Comparison) -> cells.Cell:
    """Return the defended model's cell of a comparison."""
    return cells.rate(row, row.after_accuracy, row.after_low, row.after_high, row.n)


def trial_cells(row: Trial) -> list[cells.Cell]:
    """Return a recipe's accuracy on clean images, under PGD, and under the strongest of its attacks."""
    shown = [
        (row.clean_accuracy, row.clean_low, row.clean_high),
        (row.pgd_accuracy, row.pgd_low, row.pgd_high),
        (row.accuracy, row.low, row.high),
    ]
    return [cells.rate(row, *each, row.n) for each in shown]


def trade(view: View, shelf: Shelf) -> Figure | None:
    """Draw the recipes' accuracy under attack against the gradients that training took."""
    rows = view.select(Trial)
    if not rows:
        return None
    names, cost = [row.title for row in rows], [row.gradients / 1e6 for row in rows]
    reach = [(row.accuracy, row.low, row.high) for row in rows]
    said = "; ".join(f"{row.title} {words.percent(row.accuracy, row.n)}" for row in rows)
    alt = f"Accuracy under attack against the gradients of training, one point a recipe. {said}."
    axes = ("gradients of training, million (log scale)", "accuracy under attack, %")
    return shelf.svg("recipes", alt, [names, cost, reach], lambda: draw.scatter(names, cost, reach, axes))
