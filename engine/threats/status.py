"""What follows from the evidence: proved controls, the status of each threat, the risk that is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.core.records import (
    Boundary,
    Component,
    Control,
    Evidence,
    Flow,
    Level,
    LevelCell,
    ReferenceRating,
    Status,
    Term,
    Threat,
    ThreatRecord,
)
from engine.threats.check import CATALOGUES, LEVELS
from engine.threats.evidence import Known, weigh
from engine.threats.model import File, ThreatEntry

TITLES = {"atlas": "MITRE ATLAS", "owasp": "OWASP ML Top 10", "nist": "NIST AI 100-2 E2025"}
NO_EVIDENCE = "no evidence names it"


def judge(file: File, known: Known) -> list[ThreatRecord]:
    """Return the threat model's records as this build sees them."""
    where = {component.id: component.boundary for component in file.component}
    evidence = {row.id: row for row in _evidence(file, known)}
    controls = {row.id: row for row in _controls(file, evidence)}
    return [
        *(Boundary(id=b.id, title=b.title, description=b.description) for b in file.boundary),
        *(Component(**vars(component)) for component in file.component),
        *(Flow(**vars(flow), crosses=where[flow.source] != where[flow.target]) for flow in file.flow),
        *(LevelCell(likelihood=a, impact=b, level=file.matrix[a][b]) for a in LEVELS for b in LEVELS),
        *(ReferenceRating(**vars(r), matrix_level=file.matrix[r.likelihood][r.impact]) for r in file.reference),
        *(
            Term(catalogue=TITLES[name], id=term.id, title=term.title, link=term.link)
            for name in CATALOGUES
            for term in getattr(file, name)
        ),
        *evidence.values(),
        *controls.values(),
        *(_threat(entry, file, controls, evidence) for entry in file.threat),
    ]


def _evidence(file: File, known: Known) -> Iterator[Evidence]:
    """Yield each piece once, in the order in which controls name them."""
    pieces = {piece.id: piece for control in file.control for piece in control.evidence}
    for name, piece in pieces.items():
        users = tuple(c.id for c in file.control if any(other.id == name for other in c.evidence))
        yield weigh(piece, known, users)


def _controls(file: File, evidence: Mapping[str, Evidence]) -> Iterator[Control]:
    for entry in file.control:
        names = tuple(piece.id for piece in entry.evidence)
        yield Control(
            id=entry.id,
            title=entry.title,
            does=entry.does,
            proved=bool(names) and all(evidence[name].state == "found" for name in names),
            evidence=names,
            threats=tuple(threat.id for threat in file.threat if entry.id in threat.controls),
        )


def _threat(
    entry: ThreatEntry, file: File, controls: Mapping[str, Control], evidence: Mapping[str, Evidence]
) -> Threat:
    named = [controls[name] for name in entry.controls]
    gaps = tuple(gap for control in named for gap in _gaps(control, evidence))
    status = _status(entry, gaps)
    kinds = {evidence[name].source for control in named for name in control.evidence}
    level = file.matrix[entry.likelihood][entry.impact]
    likelihood = lowered(entry.likelihood, steps(status, len(kinds)))
    raised = LEVELS.index(entry.override or level) - LEVELS.index(level)
    residual = LEVELS.index(file.matrix[likelihood][entry.impact]) + raised
    return Threat(
        id=entry.id,
        category=entry.category,
        component=entry.component,
        title=entry.title,
        description=entry.description,
        likelihood=entry.likelihood,
        impact=entry.impact,
        matrix_level=level,
        level=entry.override or level,
        override_reason=entry.override_reason,
        status=status,
        reasons=_reasons(entry, status, gaps),
        residual_likelihood=likelihood,
        residual_level=LEVELS[max(0, min(residual, len(LEVELS) - 1))],
        controls=entry.controls,
        advised=entry.advised,
        remains=entry.remains,
        accepted=entry.accepted,
        atlas=entry.atlas,
        owasp=entry.owasp,
        nist=entry.nist,
        notes=entry.notes,
    )


def _gaps(control: Control, evidence: Mapping[str, Evidence]) -> Iterable[str]:
    """Return why a control is not proved, a sentence a piece of evidence."""
    if not control.evidence:
        return [f"{control.title}: {NO_EVIDENCE}."]
    rows = [evidence[name] for name in control.evidence]
    return [f"{control.title}: {row.id} is {row.state}." for row in rows if row.state != "found"]


def _status(entry: ThreatEntry, gaps: tuple[str, ...]) -> Status:
    if gaps:
        return "open"
    if entry.accepted:
        return "accepted"
    if not entry.controls:
        return "open"
    return "partly" if entry.remains else "mitigated"


def _reasons(entry: ThreatEntry, status: Status, gaps: tuple[str, ...]) -> tuple[str, ...]:
    if status == "open":
        return gaps or ("No control is named.",)
    return tuple(text for text in (entry.remains, entry.accepted) if text)


def steps(status: Status, kinds: int) -> int:
    """Return by how many steps the likelihood falls.

    Mitigated counts one, and evidence of two kinds or more (a test and a scanner's rule, say) counts one more.
    Open and accepted threats fall by none. The impact never falls.
    """
    if status in ("open", "accepted"):
        return 0
    return int(status == "mitigated") + int(kinds > 1)


def lowered(level: Level, by: int) -> Level:
    """Return a level ``by`` steps lower, low at least."""
    return LEVELS[max(0, LEVELS.index(level) - by)]
