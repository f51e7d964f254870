"""Weighs each piece of evidence against what this build knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.core.records import Build, Change, Evidence, Pending, Scan, Skipped
from engine.threats import query
from engine.threats.model import Piece
from engine.threats.suite import Outcome

# The page that shows a family.
PAGES = {
    "evaluation": "report/overview.md", "training": "report/overview.md", "evasion": "report/attacks.md",
    "minimal": "report/smallest.md", "corruptions": "report/controls.md", "trust": "report/checks.md",
    "certification": "report/certification.md", "poisoning": "report/poisoning.md", "privacy": "report/privacy.md",
    "protection": "report/protection.md", "claims": "report/claims.md", "sast": "report/sast.md",
}  # fmt: skip
UNTESTED = "the tests have not been run yet"
SUBJECTS = {"worst_case": "worst", "bracket": "bracket", "smoothed": "smoothing"}  # what a plan's cell calls them


def nothing(_name: str) -> str:
    """Know of no stored result."""
    return ""


@dataclass(frozen=True)
class Known:
    """What a build knows: records by family, outcomes of tests, and when results were stored.

    ``stored`` maps a job's key, ``earlier`` a job's name to a date; both return an empty string for none.
    """

    records: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    tests: Mapping[str, Outcome] = field(default_factory=dict)
    build: Build | None = None
    stored: Callable[[str], str] = nothing
    earlier: Callable[[str], str] = nothing

    @property
    def started(self) -> str:
        """When the build began; what is checked in every build is as new as this."""
        return self.build.started if self.build else ""


def weigh(piece: Piece, known: Known, controls: tuple[str, ...]) -> Evidence:
    """Return one piece of evidence with its state, and the controls that name it."""
    if piece.test:
        found, page = known.tests.get(piece.test, Outcome("missing", said=UNTESTED)), ""
    elif piece.rule:
        found, page = _rule(piece, known), PAGES["sast"]
    elif piece.digest:
        found, page = _digest(piece, known), "report/data.md"
    else:
        kind = piece.cell or piece.certificate
        found, page = _cell(kind, piece, known), PAGES[query.family(kind)]
    return Evidence(
        id=piece.id,
        source=piece.source,
        state=found.state,
        value=found.value,
        said=found.said,
        when=found.when,
        page=page,
        controls=controls,
    )


def _cell(kind: str, piece: Piece, known: Known) -> Outcome:
    """Every record that is asked for must meet the condition, whatever its seed; the worst is shown."""
    family, asked = query.family(kind), query.condition(piece.holds)
    rows = query.matching(known.records.get(family, ()), kind, piece.where)
    waiting = _waiting(family, piece, known)
    if waiting is not None:
        earlier = known.earlier(waiting.name)
        if isinstance(waiting, Pending) and earlier:
            return Outcome("stale", "", f"{waiting.name} ran with other code or settings: {waiting.reason}", earlier)
        return Outcome("missing", said=f"{waiting.name}: {waiting.reason}")
    if not rows:
        return Outcome("missing", said="this build has no such record")
    row = query.worst(rows, asked)
    origin = getattr(row, "provenance", None)
    when = known.stored(origin.job) if origin is not None else known.started
    value = query.shown(row, asked)
    if not asked.holds(row):
        return Outcome("failed", value, f"asked: {piece.holds}", when)
    return Outcome("found", value, f"asked: {piece.holds}", when)


def _waiting(family: str, piece: Piece, known: Known) -> Pending | Skipped | None:
    """Return a cell of the plan that may hold what is asked for and was not run.

    A cell says its model, size, seed and subject (an attack, a method); what is not asked for is not compared.
    """
    kind, where = piece.cell or piece.certificate, piece.where
    want = SUBJECTS.get(kind) or where.get("attack") or where.get("method") or where.get("condition") or ""
    for row in known.records.get(family, ()):
        if isinstance(row, Pending | Skipped) and row.subject.endswith(str(want)):
            fields = ("model", "seed") if row.norm == "none" else ("model", "seed", "epsilon")
            if all(where.get(name, getattr(row, name)) == getattr(row, name) for name in fields):
                return row
    return None


def _rule(piece: Piece, known: Known) -> Outcome:
    """A rule counts when it points at the insecure reference, so that it is known to work, and at nothing of ours."""
    rows = known.records.get("sast", ())
    trees = {row.tree for row in rows if isinstance(row, Scan) and row.tool == piece.tool}
    if trees != {"before", "after"}:
        return Outcome("missing", said=f"{piece.tool} has not scanned both trees")
    changes = [row for row in rows if isinstance(row, Change)]
    sides = ([row.before for row in changes], [row.after for row in changes])
    before, after = ([f for f in side if f and (f.tool, f.rule) == (piece.tool, piece.rule)] for side in sides)
    if not before:
        return Outcome(
            "missing", said="the rule finds nothing in the insecure reference either, so it may not have run"
        )
    opened = [found for found in after if not found.justification]
    if opened:
        places = f"first at {opened[0].path}:{opened[0].line}"
        return Outcome("failed", f"{len(opened)} open in our code", places, known.started)
    excused = f", {len(after)} with a written reason" if after else ""
    return Outcome(
        "found", f"{len(before)} in the insecure reference, none open in our code{excused}", "", known.started
    )


def _digest(piece: Piece, known: Known) -> Outcome:
    """The build's record says the digest of every data file that it read."""
    digests = known.build.dataset_digests if known.build else {}
    seen = digests.get(piece.digest)
    if seen is None:
        return Outcome("missing", said=f"this build read no {piece.digest}")
    if seen != piece.sha256:
        return Outcome("failed", seen, f"it should be {piece.sha256}", known.started)
    return Outcome("found", seen, "SHA-256 of the file that was read", known.started)
