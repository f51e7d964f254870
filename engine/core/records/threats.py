"""The threat model: components, flows, threats with their levels, controls and their evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from pydantic import ConfigDict

from engine.core.records.common import FORBID, Count, Level

Status: TypeAlias = Literal["mitigated", "partly", "open", "accepted"]
Source: TypeAlias = Literal["test", "cell", "rule", "certificate", "digest"]


@dataclass(frozen=True, kw_only=True)
class Component:
    """A box of the data-flow diagram, inside one trust boundary."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["component"] = "component"
    id: str
    title: str
    shape: Literal["process", "store", "external"]
    boundary: str
    description: str
    column: Count  # place in the diagram, from the left
    row: Count  # place in the diagram, from the top


@dataclass(frozen=True, kw_only=True)
class Boundary:
    """A trust boundary: what is inside is believed as much as the rest of it."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["boundary"] = "boundary"
    id: str
    title: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Data that goes from one component to another."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["flow"] = "flow"
    source: str
    target: str
    data: str
    crosses: bool  # computed: the ends lie in different boundaries


@dataclass(frozen=True, kw_only=True)
class LevelCell:
    """One cell of the likelihood × impact matrix."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["level_cell"] = "level_cell"
    likelihood: Level
    impact: Level
    level: Level


@dataclass(frozen=True, kw_only=True)
class ReferenceRating:
    """How the reference report rates a whole category, beside what our matrix gives for the same."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["reference_rating"] = "reference_rating"
    category: str
    likelihood: Level
    impact: Level
    level: Level
    matrix_level: Level


@dataclass(frozen=True, kw_only=True)
class Term:
    """A term of another catalogue that threats are mapped to."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["term"] = "term"
    catalogue: str
    id: str
    title: str
    link: str


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One thing that a build looked for, to see whether a control works.

    ``stale`` is a result of older code or settings; ``missing`` is none at all. Only ``found`` counts.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["evidence"] = "evidence"
    id: str
    source: Source
    state: Literal["found", "failed", "missing", "stale"]
    value: str  # what was seen, empty where nothing was
    said: str  # what was asked of it, or why it does not count
    when: str  # ISO 8601 date and time, UTC; empty where nothing was seen
    page: str  # the page that shows it, below docs; empty where none does
    controls: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Control:
    """What is done against threats. Proved when it names evidence and all of it is found."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["control"] = "control"
    id: str
    title: str
    does: str
    proved: bool  # computed
    evidence: tuple[str, ...]
    threats: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Threat:
    """One threat. ``level`` is inherent: the matrix's unless an override with its reason says otherwise.

    ``status`` is computed: open while a control is unproved or none is named, partly where something
    ``remains`` although all are proved, accepted where a reason says so, else mitigated.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["threat"] = "threat"
    id: str
    category: Literal[
        "spoofing",
        "tampering",
        "repudiation",
        "information disclosure",
        "denial of service",
        "elevation of privilege",
    ]
    component: str
    title: str
    description: str
    likelihood: Level
    impact: Level
    matrix_level: Level
    level: Level
    override_reason: str  # empty where level is the matrix's
    status: Status
    reasons: tuple[str, ...]  # why the status is no better, a sentence each
    residual_likelihood: Level
    residual_level: Level
    controls: tuple[str, ...]
    advised: tuple[str, ...]  # left to whoever deploys it
    remains: str  # what the controls do not cover
    accepted: str  # why the rest is accepted, empty where it is not
    atlas: tuple[str, ...]  # MITRE ATLAS ids
    owasp: tuple[str, ...]  # OWASP ML Top 10 ids
    nist: tuple[str, ...]  # NIST AI 100-2 E2025 ids
    notes: str
