"""What the types of the threat model cannot hold: ids are unique and known, the matrix is whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

from engine.core.records import Level, Source
from engine.threats import query
from engine.threats.model import ControlEntry, File, Piece, ThreatEntry

LEVELS: tuple[Level, ...] = get_args(Level)
TEST = re.compile(r"tests/[\w/]+\.py::(\w+::)?test_\w+")
SHA256 = re.compile(r"[0-9a-f]{64}")
TOOLS = ("bandit", "semgrep")
CATALOGUES = {"atlas": "ATLAS", "owasp": "OWASP", "nist": "NIST"}


def faults(file: File) -> Iterator[str]:
    """Yield what is wrong, one line an entry."""
    for what in ("boundary", "component", "control", "threat", *CATALOGUES):
        ids = [entry.id for entry in getattr(file, what)]
        yield from (f"{what} {twice!r} is there twice" for twice in sorted({i for i in ids if ids.count(i) > 1}))
    if any(set(file.matrix.get(level, {})) != set(LEVELS) for level in LEVELS):
        yield "the matrix does not have a level for every likelihood and impact"
    boundaries, components = {b.id for b in file.boundary}, {c.id for c in file.component}
    for component in file.component:
        if component.boundary not in boundaries:
            yield f"component {component.id!r} is in the unknown boundary {component.boundary!r}"
    for flow in file.flow:
        for end in (flow.source, flow.target):
            if end not in components:
                yield f"a flow of {flow.data!r} names the unknown component {end!r}"
    for control in file.control:
        yield from _control(control, file)
    for threat in file.threat:
        yield from _threat(threat, file)


def _control(control: ControlEntry, file: File) -> Iterator[str]:
    if not any(control.id in threat.controls for threat in file.threat):
        yield f"control {control.id!r} is named by no threat"
    ids = [piece.id for piece in control.evidence]
    yield from (f"control {control.id!r} names {i!r} twice" for i in sorted({i for i in ids if ids.count(i) > 1}))
    for piece in control.evidence:
        yield from (f"control {control.id!r}: {fault}" for fault in _piece(piece))


def _piece(piece: Piece) -> Iterator[str]:
    kinds = [name for name in get_args(Source) if getattr(piece, name)]
    if len(kinds) != 1:
        yield f"evidence names {' and '.join(kinds) or 'nothing'}; it must name one thing"
        return
    if piece.test and not TEST.fullmatch(piece.test):
        yield f"{piece.test!r} is no test id such as 'tests/data/test_mnist.py::test_name'"
    if piece.rule and piece.tool not in TOOLS:
        yield f"rule {piece.rule!r} is of the unknown tool {piece.tool!r}"
    if piece.digest and not SHA256.fullmatch(piece.sha256):
        yield f"the digest of {piece.digest!r} is no SHA-256"
    kind = piece.cell or piece.certificate
    if piece.certificate in query.TYPES and query.family(kind) != "certification":
        yield f"a record of kind {kind!r} proves nothing; it is a cell"
    elif kind:
        yield from query.faults(kind, piece.where, piece.holds)


def _threat(threat: ThreatEntry, file: File) -> Iterator[str]:
    if threat.component not in {component.id for component in file.component}:
        yield f"threat {threat.id!r} names the unknown component {threat.component!r}"
    if (threat.override is None) != (not threat.override_reason):
        yield f"threat {threat.id!r} needs both an override and a reason, or neither"
    controls = {control.id for control in file.control}
    for name in threat.controls:
        if name not in controls:
            yield f"threat {threat.id!r} names the unknown control {name!r}"
    for catalogue, title in CATALOGUES.items():
        known = {term.id for term in getattr(file, catalogue)}
        for name in getattr(threat, catalogue):
            if name not in known:
                yield f"threat {threat.id!r} has the unknown {title} id {name!r}"
    if not threat.controls and not threat.advised:
        yield f"threat {threat.id!r} has neither a control nor advice"
