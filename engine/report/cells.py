"""Table cells: what they say, how they are coloured, and what stands in for a figure that is not there."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.records import Bracket, Evaluation, Evasion, Measured, Poisoning
from engine.report import words
from engine.report.view import View


@dataclass(frozen=True)
class Cell:
    """``text`` is the figure, ``interval`` what stands in brackets, ``share`` its place in 0 … 1 for colour."""

    text: str
    interval: str = ""
    share: float | None = None
    remake: str = ""
    n: int = 0
    note: str = ""  # what the brackets are, where they are no 95 % interval

    @property
    def measured(self) -> bool:
        """Whether there is a figure."""
        return self.share is not None


def accuracy(row: Measured) -> Cell:
    """Return a record's accuracy with its interval."""
    return _cell(row, row.accuracy, row.low, row.high, row.n)


def success(row: Poisoning) -> Cell:
    """Return how often the stamp brings the target."""
    return _cell(row, row.success_rate, row.success_low, row.success_high, row.n)


def attack_success(row: Evasion) -> Cell:
    """Return the share of images right before the attack that are wrong after it."""
    return _cell(row, row.success_rate, row.success_low, row.success_high, row.attacked)


def _cell(row: Measured, rate: float, low: float, high: float, n: int) -> Cell:
    return Cell(words.percent(rate, n), words.interval(low, high, n), rate, row.provenance.name, n)


def missing(view: View, family: str, **fields: object) -> Cell:
    """Return the cell for a figure that is not there, with the reason."""
    waiting = view.waiting(family, **fields)
    return Cell(waiting.reason if waiting else "not part of this profile")


def evaluated(view: View, model: str, condition: str) -> Cell:
    """Return a model's accuracy on clean or stamped images, or why there is none."""
    row: Evaluation | None = view.evaluation(model, condition)
    return accuracy(row) if row else missing(view, "evaluation", model=model, subject=condition)


def attacked(view: View, model: str, attack: str, epsilon: float) -> Cell:
    """Return one cell of the matrix, or why there is none."""
    row = view.evasion(model, attack, epsilon)
    if row:
        return accuracy(row)
    return missing(view, "evasion", model=model, subject=attack, epsilon=epsilon)


def worst(view: View, model: str, epsilon: float) -> Cell:
    """Return a model's accuracy in the worst case over attacks, or why there is none."""
    found = [row for row in view.worst(model) if row.epsilon == epsilon]
    return accuracy(found[0]) if found else missing(view, "evasion", model=model, subject="worst", epsilon=epsilon)


def proved(view: View, model: str, epsilon: float) -> Cell:
    """Return the share of digits that no change within ε can turn, as far as it is proved, or why it is not known."""
    row = view.first(Bracket, model=model, epsilon=epsilon, seed=view.seed)
    if row is None:
        return missing(view, "certification", model=model, subject="bracket", epsilon=epsilon)
    bounds = words.interval(row.certified_low, row.certified_high, row.n)
    return Cell(words.percent(row.certified_rate, row.n), bounds, row.certified_rate, row.provenance.name, row.n)


def triggered(view: View, model: str) -> Cell:
    """Return how often the stamp brings the target, or why that is not known."""
    row = view.trigger(model)
    return success(row) if row else missing(view, "poisoning", model=model)
