"""A build beside an earlier one, cell by cell: better, noise or worse."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from engine.core.earlier import MEASURED, Earlier
from engine.core.rates import fisher, holm, mcnemar
from engine.core.records import (
    Certified,
    Corruption,
    Evaluation,
    Evasion,
    InputDefence,
    Measured,
    Minimal,
    Poisoning,
    Smoothed,
    WorstCase,
)
from engine.core.records.outcomes import Outcome
from engine.report import outcomes
from engine.report.view import View

Key: TypeAlias = tuple[str, str, str, str, str, float, int]  # family, kind, model, subject, norm, size, seed
KINDS = (Evaluation, Evasion, WorstCase, Minimal, Certified, Smoothed, Corruption, InputDefence)
LEVEL = 0.05
WORDS = ("worse", "better", "noise")


@dataclass(frozen=True)
class Row:
    """One cell in both builds. ``difference`` is now less before; ``paired`` tells which test gave ``p``.

    ``lower_is_better`` is set for the success of a stamp; ``verdict`` is after Holm's correction over all cells.
    """

    key: Key
    before: float
    before_n: int
    now: float
    now_n: int
    difference: float
    paired: bool
    lost: int
    gained: int
    p: float
    lower_is_better: bool
    verdict: str
    job: str

    @property
    def name(self) -> str:
        """The cell in words."""
        _, kind, model, subject, norm, size, seed = self.key
        at = f" {norm} {size:g}" if norm != "none" else ""
        return f"{model} {subject if kind != 'certified' else f'certified {subject}'}{at} seed {seed}"


@dataclass(frozen=True)
class Cell:
    """What is compared of a record: ``hits`` of ``n``, and a bit an image where they were published."""

    hits: int
    n: int
    lower_is_better: bool
    job: str
    outcome: Outcome | None


def cells(families: Mapping[str, Iterable[Any]], known: Iterable[Outcome]) -> dict[Key, Cell]:
    """Return the compared cells of a build, models of the report only; pending ones are not among them."""
    bits: dict[Key, Outcome] = {(o.family, o.kind, o.model, o.subject, o.norm, o.epsilon, o.seed): o for o in known}
    found = {}
    for family in MEASURED:
        for row in families.get(family, ()):
            if isinstance(row, KINDS):
                key = _key(family, row, outcomes.subject(row))
                found[key] = Cell(row.successes, row.n, False, row.provenance.name, bits.get(key))
            elif isinstance(row, Poisoning) and row.study == "model":
                key = _key(family, row, outcomes.subject(row))
                found[key] = Cell(outcomes.counted(row), row.n, True, row.provenance.name, bits.get(key))
    return found


def _key(family: str, row: Measured, subject: str) -> Key:
    kind: str = row.kind  # type: ignore[attr-defined]
    return family, kind, row.model, subject, row.norm, row.epsilon, row.seed


def rows(before: Mapping[Key, Cell], now: Mapping[Key, Cell], level: float = LEVEL) -> list[Row]:
    """Return the cells that both builds have, with Holm's correction over all of them at ``level``."""
    shared = [key for key in now if key in before]
    tests = [_test(before[key], now[key]) for key in shared]
    clear = holm([p for *_, p in tests], level)
    return [_row(key, before[key], now[key], *test, certain)
            for key, test, certain in zip(shared, tests, clear, strict=True)]  # fmt: skip


def _test(before: Cell, now: Cell) -> tuple[bool, int, int, float]:
    """Return whether the images pair, how many were lost and gained, and p."""
    one, two = before.outcome, now.outcome
    if one and two and (one.images, one.n) == (two.images, two.n):
        lost, gained = (one.bits() & ~two.bits()).bit_count(), (two.bits() & ~one.bits()).bit_count()
        return True, lost, gained, mcnemar(lost, gained)
    return False, 0, 0, fisher(before.hits, before.n, now.hits, now.n)


def _row(key: Key, before: Cell, now: Cell, paired: bool, lost: int, gained: int, p: float, clear: bool) -> Row:
    old, new = before.hits / before.n, now.hits / now.n
    up = gained > lost if paired else new > old
    verdict = "noise" if not clear else "worse" if up == now.lower_is_better else "better"
    return Row(
        key, old, before.n, new, now.n, new - old, paired, lost, gained, p, now.lower_is_better, verdict, now.job
    )


def compared(view: View) -> list[Row]:
    """Return this build's comparison; none where no earlier build was named."""
    if view.earlier is None:
        return []
    return rows(_before(view.earlier), cells(view.records, outcomes.published(view)))


def _before(earlier: Earlier) -> dict[Key, Cell]:
    return cells(earlier.rows, earlier.outcomes)


def compare(view: View, _shelf: object) -> dict[str, Any]:
    """The page."""
    found, earlier = compared(view), view.earlier
    before, now = (_before(earlier) if earlier else {}), cells(view.records, ())
    order = sorted(found, key=lambda row: (WORDS.index(row.verdict), row.p))
    tests = sorted({row.paired for row in found}, reverse=True)
    return {
        "earlier": earlier,
        "rows": order,
        "tally": [(word, sum(row.verdict == word for row in found)) for word in WORDS],
        "tests": [(paired, sum(row.paired == paired for row in found)) for paired in tests],
        "only_before": len(before.keys() - now.keys()),
        "only_now": len(now.keys() - before.keys()),
        "level": LEVEL,
    }


def files(view: View) -> Iterator[tuple[str, bytes]]:
    """Yield ``data/comparison.json`` where there is something to compare."""
    if view.earlier is not None:
        yield "data/comparison.json", (json.dumps([asdict(row) for row in compared(view)], indent=1) + "\n").encode()


def gate(view: View, shut: bool, say: Callable[[str], None]) -> bool:
    """Say how a comparison ended and tell whether it stops the build: with ``shut``, when any cell is worse."""
    if view.earlier is None:
        return False
    found = compared(view)
    worse = [row.name for row in found if row.verdict == "worse"]
    better = sum(row.verdict == "better" for row in found)
    say(f"against {view.earlier.source}: {better} better, {len(found) - better - len(worse)} noise, {len(worse)} worse")
    if shut and worse:
        more = f" and {len(worse) - 8} more" if len(worse) > 8 else ""
        say(f"error: the gate is shut, worse than {view.earlier.source}: {'; '.join(worse[:8])}{more}")
    return shut and bool(worse)
