"""Reads ``stride.toml``, checks it, and computes what follows from it."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal, get_args

from pydantic import ConfigDict, TypeAdapter, ValidationError

from engine.core.errors import UserError
from engine.core.records import (
    Boundary,
    Component,
    Flow,
    Level,
    LevelCell,
    ReferenceRating,
    Threat,
    ThreatRecord,
)

FILE = Path(__file__).with_name("stride.toml")
LEVELS: tuple[Level, ...] = get_args(Level)
ATLAS, OWASP = re.compile(r"AML\.T\d{4}(\.\d{3})?"), re.compile(r"ML(0[1-9]|10):2023")
FORBID = ConfigDict(extra="forbid")
Category = Literal[
    "spoofing",
    "tampering",
    "repudiation",
    "information disclosure",
    "denial of service",
    "elevation of privilege",
]


@dataclass(frozen=True, kw_only=True)
class _Component:
    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    id: str
    title: str
    shape: Literal["process", "store", "external"]
    boundary: str
    description: str
    column: int
    row: int


@dataclass(frozen=True, kw_only=True)
class _Boundary:
    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    id: str
    title: str
    description: str


@dataclass(frozen=True, kw_only=True)
class _Flow:
    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    source: str
    target: str
    data: str


@dataclass(frozen=True, kw_only=True)
class _Reference:
    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    category: Category
    likelihood: Level
    impact: Level
    level: Level


@dataclass(frozen=True, kw_only=True)
class _Threat:
    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    id: str
    category: Category
    component: str
    title: str
    description: str
    likelihood: Level
    impact: Level
    override: Level | None = None
    override_reason: str = ""
    built_in: tuple[str, ...] = ()
    advised: tuple[str, ...] = ()
    atlas: tuple[str, ...] = ()
    owasp: tuple[str, ...] = ()
    notes: str = ""


@dataclass(frozen=True, kw_only=True)
class _File:
    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    matrix: dict[Level, dict[Level, Level]]
    boundary: tuple[_Boundary, ...] = field(default=())
    component: tuple[_Component, ...] = field(default=())
    flow: tuple[_Flow, ...] = field(default=())
    reference: tuple[_Reference, ...] = field(default=())
    threat: tuple[_Threat, ...] = field(default=())


def load(path: Path = FILE) -> list[ThreatRecord]:
    """Return the threat model's records; `UserError` names the entry that is wrong."""
    read = _read(path)
    _check(path, read)
    where = {component.id: component.boundary for component in read.component}
    matrix = read.matrix
    return [
        *(Boundary(id=b.id, title=b.title, description=b.description) for b in read.boundary),
        *(Component(**vars(component)) for component in read.component),
        *(Flow(**vars(flow), crosses=where[flow.source] != where[flow.target]) for flow in read.flow),
        *(LevelCell(likelihood=a, impact=b, level=matrix[a][b]) for a in LEVELS for b in LEVELS),
        *(ReferenceRating(**vars(r), matrix_level=matrix[r.likelihood][r.impact]) for r in read.reference),
        *(_threat(threat, matrix[threat.likelihood][threat.impact]) for threat in read.threat),
    ]


def _threat(read: _Threat, level: Level) -> Threat:
    return Threat(
        id=read.id,
        category=read.category,
        component=read.component,
        title=read.title,
        description=read.description,
        likelihood=read.likelihood,
        impact=read.impact,
        matrix_level=level,
        level=read.override or level,
        override_reason=read.override_reason,
        mitigations=(
            *(f"Built in: {line}" for line in read.built_in),
            *(f"Advised: {line}" for line in read.advised),
        ),
        atlas=read.atlas,
        owasp=read.owasp,
        notes=read.notes,
    )


def _read(path: Path) -> _File:
    try:
        return TypeAdapter(_File).validate_json(json.dumps(tomllib.loads(path.read_text("utf-8"))))
    except FileNotFoundError:
        raise UserError(f"threat model {path} is missing", "restore it from version control") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"threat model {path.name} is not valid TOML: {error}", "mend that line") from None
    except ValidationError as error:
        first = error.errors()[0]
        entry = ".".join(str(part) for part in first["loc"])
        raise UserError(f"threat model {path.name}, {entry}: {first['msg'].lower()}", "mend that entry") from None


def _check(path: Path, read: _File) -> None:
    """Hold what types cannot: ids are unique and known, the matrix is whole, overrides have a reason."""
    faults: list[str] = []
    boundaries, components = [b.id for b in read.boundary], [c.id for c in read.component]
    for what, ids in (
        ("boundary", boundaries),
        ("component", components),
        ("threat", [t.id for t in read.threat]),
    ):
        faults += [f"{what} {twice!r} is there twice" for twice in sorted({i for i in ids if ids.count(i) > 1})]
    if any(set(read.matrix.get(level, {})) != set(LEVELS) for level in LEVELS):
        faults.append("the matrix does not have a level for every likelihood and impact")
    for component in read.component:
        if component.boundary not in boundaries:
            faults.append(f"component {component.id!r} is in the unknown boundary {component.boundary!r}")
    for flow in read.flow:
        for end in (flow.source, flow.target):
            if end not in components:
                faults.append(f"a flow of {flow.data!r} names the unknown component {end!r}")
    for threat in read.threat:
        faults += _threat_faults(threat, components)
    if faults:
        raise UserError(f"threat model {path.name}: {faults[0]}", "mend that entry")


def _threat_faults(threat: _Threat, components: list[str]) -> list[str]:
    faults = []
    if threat.component not in components:
        faults.append(f"threat {threat.id!r} names the unknown component {threat.component!r}")
    if (threat.override is None) != (not threat.override_reason):
        faults.append(f"threat {threat.id!r} needs both an override and a reason, or neither")
    faults += [f"threat {threat.id!r} has the malformed ATLAS id {i!r}" for i in threat.atlas if not ATLAS.fullmatch(i)]
    faults += [f"threat {threat.id!r} has the malformed OWASP id {i!r}" for i in threat.owasp if not OWASP.fullmatch(i)]
    if not threat.built_in and not threat.advised:
        faults.append(f"threat {threat.id!r} has no mitigation")
    return faults
