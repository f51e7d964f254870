"""Table cells: what they say, how they are coloured, and what stands in for a figure that is not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.core.records import Bracket, Certified, Evaluation, Evasion, Measured, Poisoning, Provenance
from engine.report import words
from engine.report.view import View


class Sourced(Protocol):
    """A record that says where it comes from."""

    @property
    def provenance(self) -> Provenance:
        """Its job."""
        ...


@dataclass(frozen=True)
class Cell:
    """``text`` is the figure, ``interval`` what stands in brackets, ``share`` its place in 0 … 1 for colour."""

    text: str
    interval: str = ""
    share: float | None = None
    remake: str = ""
    n: int = 0
    note: str = ""  # what the brackets are, where they are no 95 % interval
    record: object = None  # what it was read from, where that is one record

    @property
    def measured(self) -> bool:
        """Whether there is a figure."""
        return self.share is not None


def accuracy(row: Measured) -> Cell:
    """Return a record's accuracy with its interval."""
    return rate(row, row.accuracy, row.low, row.high, row.n)


def success(row: Poisoning) -> Cell:
    """Return how often the stamp brings the target."""
    return rate(row, row.success_rate, row.success_low, row.success_high, row.n)


def attack_success(row: Evasion) -> Cell:
    """Return the share of images right before the attack that are wrong after it."""
    return rate(row, row.success_rate, row.success_low, row.success_high, row.attacked)


def rate(row: Sourced, value: float, low: float, high: float, n: int) -> Cell:
    """Return a rate of a record with its interval."""
    return Cell(words.percent(value, n), words.interval(low, high, n), value, row.provenance.name, n, record=row)


def missing(view: View, family: str, **fields: object) -> Cell:
    """Return the cell for a figure that is not there, with the reason."""
    waiting = view.waiting(family, **fields)
    spared = view.spared(fields.get("model"), fields.get("subject"))
    return Cell(waiting.reason if waiting else spared or "not part of this profile")


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


def certified(view: View, model: str, epsilon: float) -> Cell:
    """Return the largest share of digits that a certificate proves, over the most digits that any looked at."""
    rows = view.select(Certified, model=model, norm="linf", epsilon=epsilon, seed=view.seed)
    best = max(rows, key=lambda row: (row.n, row.successes), default=None)
    return accuracy(best) if best else missing(view, "certification", model=model, epsilon=epsilon)


def bracket(view: View, model: str, epsilon: float) -> tuple[Cell, Cell]:
    """Return the shares of digits that every attack left and that are proved, of the same images."""
    row = view.first(Bracket, model=model, epsilon=epsilon, seed=view.seed)
    if row is None:
        waiting = missing(view, "certification", model=model, subject="bracket", epsilon=epsilon)
        return waiting, waiting
    return standing(row), proved(row)


def proved(row: Bracket) -> Cell:
    """Return the share of digits that no change within ε can turn, as far as it is proved."""
    return rate(row, row.certified_rate, row.certified_low, row.certified_high, row.n)


def standing(row: Bracket) -> Cell:
    """Return the share of the same digits that no attack broke."""
    return rate(row, row.standing_rate, row.standing_low, row.standing_high, row.n)


def triggered(view: View, model: str) -> Cell:
    """Return how often the stamp brings the target, or why that is not known."""
    row = view.trigger(model)
    return success(row) if row else missing(view, "poisoning", model=model)
