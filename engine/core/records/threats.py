"""The threat model: components, flows, and threats with their levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict

from engine.core.records.common import FORBID, Count, Level


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
class Threat:
    """One threat. ``level`` is the matrix's unless an override with its reason says otherwise."""

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
    mitigations: tuple[str, ...]
    atlas: tuple[str, ...]  # MITRE ATLAS ids
    owasp: tuple[str, ...]  # OWASP ML Top 10 ids
    notes: str
