"""The claim audit: each published figure of the reference beside what was measured, with a computed verdict."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.core.records import Change, Colour, Measured, Reading
from engine.report import cells, figures, words
from engine.report.figures import Figure, Shelf
from engine.report.view import View

TEXTS = Path(__file__).with_name("claims.toml")
HOLDS, OTHERWISE, FAILS, OPEN = "holds", "holds for another reason", "does not hold", "not measured yet"
SAME = 0.01  # rates this close are called the same
SLOWER = 1.9  # published: 0.0065 s against 0.0034 s a batch
LOADS = "B614"  # Bandit's rule for torch.load

Row = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What was measured, as (label, cell) pairs, and what follows."""

    repeated: tuple[tuple[str, cells.Cell], ...]
    correct: tuple[tuple[str, cells.Cell], ...]
    word: str


def claims(view: View, shelf: Shelf) -> dict[str, Any]:
    """Return the nine rows and the pictures of a wrapped image."""
    rows = []
    for text in tomllib.loads(TEXTS.read_text("utf-8"))["claim"]:
        found = JUDGES[text["number"]](view, text.get("value", 0.0))
        rows.append({**text, "found": found})
    return {"rows": rows, "picture": _picture(view, shelf)}


def _reading(view: View, procedure: str) -> Reading | None:
    return view.first(Reading, procedure=procedure, seed=view.seed)


def _pair(row: Measured | None, label: str) -> tuple[tuple[str, cells.Cell], ...]:
    return ((label, cells.accuracy(row)),) if row else ()


def _within(value: float, row: Measured | None) -> str:
    """Tell whether a published figure lies in what a correct procedure gives."""
    if row is None:
        return OPEN
    return HOLDS if row.low <= value <= row.high else FAILS


def _wraparound(view: View, value: float) -> Verdict:
    parts = [("with clip values", "pgd-clipped"), ("without", "pgd-unclipped"), ("and stored as uint8", "pgd-wrapped")]
    repeated = tuple(pair for label, name in parts for pair in _pair(_reading(view, name), label))
    correct = _reading(view, "pgd-correct")
    return Verdict(repeated, _pair(correct, "PGD"), _within(value, correct))


def _other_model(view: View, value: float) -> Verdict:
    correct = _reading(view, "fgsm-correct")
    repeated = _pair(_reading(view, "fgsm-retrained"), "retrained model, stored FGSM images")
    return Verdict(repeated, _pair(correct, "FGSM, clean model"), _within(value, correct))


def _no_backdoor(view: View, value: float) -> Verdict:
    accuracy, clean = view.evaluation("poisoned", "clean"), view.evaluation("clean", "clean")
    stamped, control = view.trigger("poisoned"), view.trigger("clean")
    if not (accuracy and clean and stamped and control):
        return Verdict((), (), OPEN)
    repeated = (("accuracy, poisoned", cells.accuracy(accuracy)), ("clean", cells.accuracy(clean)))
    correct = (("stamp brings 7, poisoned", cells.success(stamped)), ("clean", cells.success(control)))
    if abs(accuracy.accuracy - clean.accuracy) > SAME or abs(accuracy.accuracy - value) > SAME:
        return Verdict(repeated, correct, FAILS)
    learnt = stamped.success_rate - control.success_rate > SAME
    return Verdict(repeated, correct, HOLDS if learnt else OTHERWISE)


def _colour_lost(view: View, _value: float) -> Verdict:
    colours = view.select(Colour)
    levels = tuple((colour.colour, cells.Cell(f"grey {colour.mean_grey}")) for colour in colours)
    word = OPEN if not colours else FAILS if len({colour.mean_grey for colour in colours}) == 1 else HOLDS
    return Verdict(levels, (), word)


def _stale(view: View, value: float) -> Verdict:
    correct = view.evaluation("hardened", "clean")
    repeated = _pair(_reading(view, "retrained-clean"), "retrained on stored attacks")
    return Verdict(repeated, _pair(correct, "attacks made in every step"), _within(value, correct))


def _skew(view: View, _value: float) -> Verdict:
    skewed, straight = _reading(view, "skew"), view.evaluation("clean", "clean")
    if not (skewed and straight):
        return Verdict((), (), OPEN)
    apart = abs(skewed.accuracy - straight.accuracy) > SAME
    pairs = _pair(skewed, "scaled to −1 … 1"), _pair(straight, "scaled to 0 … 1")
    return Verdict(*pairs, FAILS if apart else OTHERWISE)


def _still_there(view: View, _value: float) -> Verdict:
    changes = view.select(Change)
    loads = sum(1 for c in changes if c.before is not None and c.before.rule == LOADS)
    ours = sum(1 for c in changes if c.after is not None and c.after.rule == LOADS)
    if not changes:
        return Verdict((), (), OPEN)
    repeated = ((f"findings of {LOADS}, same calls", cells.Cell(str(loads))),)
    return Verdict(repeated, (("our code", cells.Cell(str(ours))),), FAILS if loads else HOLDS)


def _step(view: View, _value: float) -> Verdict:
    theirs, ours = _reading(view, "pgd-clipped"), _reading(view, "pgd-correct")
    if not (theirs and ours):
        return Verdict((), (), OPEN)
    weaker = theirs.low > ours.high
    return Verdict(_pair(theirs, "step of ε"), _pair(ours, "step of ε / 10"), FAILS if weaker else HOLDS)


def _timing(view: View, _value: float) -> Verdict:
    medians = []
    for model in ("poisoned", "clean"):
        rows = view.latency(model)
        if not rows:
            return Verdict((), (), OPEN)
        medians.append(max(rows, key=lambda row: row.batch).median_ms)
    pairs = tuple(
        (name, cells.Cell(words.milliseconds(ms))) for name, ms in zip(("poisoned", "clean"), medians, strict=True)
    )
    ratio = medians[0] / medians[1]
    return Verdict((), (*pairs, ("ratio", cells.Cell(f"{ratio:.2f}"))), HOLDS if ratio >= SLOWER else FAILS)


JUDGES: dict[int, Callable[[View, float], Verdict]] = {
    1: _wraparound,
    2: _other_model,
    3: _no_backdoor,
    4: _colour_lost,
    5: _stale,
    6: _skew,
    7: _still_there,
    8: _step,
    9: _timing,
}


def _picture(view: View, shelf: Shelf) -> Figure | None:
    """Draw digits, what the reference stored of their attack, and a correct attack of the same size."""
    row = _reading(view, "pgd-wrapped")
    arrays = view.arrays(row.provenance.job) if row else {}
    if not row or "wrapped" not in arrays:
        return None
    alt = "Ten digits; the same after the reference's attack, speckled with wrapped pixels; after a correct attack."
    return figures.grey_sheet(shelf, "claims-wrapped", row.provenance.job, arrays, ("x", "wrapped", "correct"), alt)
