"""Reads ``stride.toml`` into typed entries. What types cannot hold is in ``check.py``."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from engine.core.errors import UserError
from engine.core.records import Level, Source
from engine.threats import query

FILE = Path(__file__).with_name("stride.toml")
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
class ComponentEntry:
    """A component of the diagram."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    id: str
    title: str
    shape: Literal["process", "store", "external"]
    boundary: str
    description: str
    column: int
    row: int


@dataclass(frozen=True, kw_only=True)
class BoundaryEntry:
    """A trust boundary."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    id: str
    title: str
    description: str


@dataclass(frozen=True, kw_only=True)
class FlowEntry:
    """Data that moves."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    source: str
    target: str
    data: str


@dataclass(frozen=True, kw_only=True)
class ReferenceEntry:
    """The reference's rating of a category."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    category: Category
    likelihood: Level
    impact: Level
    level: Level


@dataclass(frozen=True, kw_only=True)
class ThreatEntry:
    """A threat; ``remains`` says what its controls do not cover."""

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
    controls: tuple[str, ...] = ()
    advised: tuple[str, ...] = ()
    remains: str = ""
    accepted: str = ""
    atlas: tuple[str, ...] = ()
    owasp: tuple[str, ...] = ()
    nist: tuple[str, ...] = ()
    notes: str = ""


@dataclass(frozen=True, kw_only=True)
class TermEntry:
    """A term of another catalogue."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    id: str
    title: str
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A piece of evidence; one of ``test, rule, cell, certificate, digest`` says where to look."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    test: str = ""  # a pytest id without parameters
    rule: str = ""  # of ``tool``
    tool: str = "semgrep"
    cell: str = ""  # a kind of record, chosen by ``where``, of which ``holds`` must be true
    certificate: str = ""  # the same, of something proved
    where: dict[str, query.Value] = field(default_factory=dict)
    holds: str = ""
    digest: str = ""  # a data file, whose digest must be ``sha256``
    sha256: str = ""

    @property
    def source(self) -> Source:
        """Where to look; the first of those named."""
        known: tuple[Source, ...] = ("test", "rule", "cell", "certificate", "digest")
        return next((name for name in known if getattr(self, name)), "test")

    @property
    def id(self) -> str:
        """The piece's name, the same wherever it is named."""
        if self.cell or self.certificate:
            return query.name(self.cell or self.certificate, self.where, self.holds)
        return f"{self.tool} {self.rule}" if self.rule else self.test or self.digest


@dataclass(frozen=True, kw_only=True)
class ControlEntry:
    """What is done, and by what it shows."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    id: str
    title: str
    does: str
    evidence: tuple[Piece, ...] = ()


@dataclass(frozen=True, kw_only=True)
class File:
    """The whole file."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    matrix: dict[Level, dict[Level, Level]]
    atlas: tuple[TermEntry, ...] = field(default=())
    owasp: tuple[TermEntry, ...] = field(default=())
    nist: tuple[TermEntry, ...] = field(default=())
    boundary: tuple[BoundaryEntry, ...] = field(default=())
    component: tuple[ComponentEntry, ...] = field(default=())
    flow: tuple[FlowEntry, ...] = field(default=())
    reference: tuple[ReferenceEntry, ...] = field(default=())
    control: tuple[ControlEntry, ...] = field(default=())
    threat: tuple[ThreatEntry, ...] = field(default=())

    def tests(self) -> list[str]:
        """Return every test that a control names, each once."""
        return list(dict.fromkeys(piece.test for c in self.control for piece in c.evidence if piece.test))


def read(path: Path = FILE) -> File:
    """Return the threat model as written; `UserError` names the first entry that is wrong."""
    from engine.threats.check import faults

    try:
        file = TypeAdapter(File).validate_json(json.dumps(tomllib.loads(path.read_text("utf-8"))))
    except FileNotFoundError:
        raise UserError(f"threat model {path} is missing", "restore it from version control") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"threat model {path.name} is not valid TOML: {error}", "mend that line") from None
    except ValidationError as error:
        first = error.errors()[0]
        entry = ".".join(str(part) for part in first["loc"])
        raise UserError(f"threat model {path.name}, {entry}: {first['msg'].lower()}", "mend that entry") from None
    for fault in faults(file):
        raise UserError(f"threat model {path.name}: {fault}", "mend that entry")
    return file
