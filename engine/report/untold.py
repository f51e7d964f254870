"""What a backdoor does to an attack that is not told of its trigger: how much stands, and what the rest is read as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.core.rates import wilson
from engine.core.records import Evasion
from engine.report import cells, words
from engine.report.cells import Cell
from engine.report.view import ModelLike, View

ATTACK, POISON, PLAIN = "pgd", "badnets", "clean"


@dataclass(frozen=True)
class Wrong:
    """Wrong answers to attacked images whose digit is not the target: how many, how many of them the target."""

    n: int
    hits: int

    @property
    def bounds(self) -> tuple[float, float]:
        """Wilson's interval of the share; everything is possible where nothing is wrong."""
        return wilson(self.hits, self.n) if self.n else (0.0, 1.0)


def untold(view: View) -> dict[str, Any] | None:
    """Return the table of models that are trained alike, and what it says; None without a backdoored model.

    ``rows`` are (title, what, whether it is an accuracy, a cell an ε).
    """
    trained = {model.name: model for model in view.planned_models()}
    victim = next((model for model in trained.values() if model.poison == POISON), None)
    stamp = view.trigger(victim.name) if victim else None
    if not victim or not stamp:
        return None
    sizes, target = view.sizes(ATTACK), stamp.target
    rows = []
    for model in (model for model in trained.values() if model.recipe == victim.recipe):
        kept = [cells.attacked(view, model.name, ATTACK, size) for size in sizes]
        shares = [_share(view, model, size, target) for size in sizes]
        rows += [(model.title, "still right", True, kept), (model.title, f"wrong, read as {target}", False, shares)]
    found = _weakest(view, victim, sizes)
    return {"sizes": sizes, "target": target, "rows": rows, "said": _said(*found, target) if found else None}


def wrong(row: Evasion, target: int) -> Wrong:
    """Count a cell's wrong answers, images of the target left out: they cannot be driven to it."""
    others = [(truth, line) for truth, line in enumerate(row.scores.confusion) if truth != target]
    return Wrong(sum(sum(line) - line[truth] for truth, line in others), sum(line[target] for _, line in others))


def _share(view: View, model: ModelLike, size: float, target: int) -> Cell:
    row = view.evasion(model.name, ATTACK, size)
    if not row:
        return cells.missing(view, "evasion", model=model.name, subject=ATTACK, epsilon=size)
    found = wrong(row, target)
    return cells.rate(row, found.hits / found.n, *found.bounds, found.n) if found.n else Cell("nothing is wrong")


def _weakest(view: View, victim: ModelLike, sizes: list[float]) -> tuple[Evasion, Evasion] | None:
    """Return the backdoored model's cell and the clean one's where their intervals are furthest apart.

    Not where the rates are: near 0 a smaller difference can be the clearer one, and "at no size" must be true.
    """
    pairs = [(view.evasion(victim.name, ATTACK, size), view.evasion(PLAIN, ATTACK, size)) for size in sizes]
    both = [(own, plain) for own, plain in pairs if own and plain]
    return max(both, key=lambda pair: pair[1].low - pair[0].high, default=None)


def _said(own: Evasion, plain: Evasion, target: int) -> dict[str, Any]:
    """Return the two cells in words, and which of the two conclusions their intervals allow."""
    counts = wrong(own, target), wrong(plain, target)
    return {
        "own": own,
        "plain": plain,
        "shares": [words.percent(c.hits / c.n, c.n) if c.n else "none" for c in counts],
        "weaker": own.high < plain.low,
        "drawn": counts[0].bounds[0] > counts[1].bounds[1],
    }
