"""What the scanners found, and what changed between the two trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import ConfigDict, Field

from engine.core.records.common import FORBID, Count, Level

Severity: TypeAlias = Literal["low", "medium", "high"]
ChangeState: TypeAlias = Literal["new", "fixed", "unchanged", "moved", "suppressed"]


@dataclass(frozen=True, kw_only=True)
class Scan:
    """One run of one tool on one tree; ``files`` were parsed, none was skipped."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["scan"] = "scan"
    tool: str
    version: str
    tree: Literal["before", "after"]
    paths: tuple[str, ...]
    rules: Count  # 0 where the tool does not say
    config: str
    files: Count
    lines: Count
    findings: Count
    suppressed: Count


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One place that one rule of one tool points at."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    tool: str
    rule: str
    severity: Severity
    confidence: Level
    cwe: Count  # 0 where the rule names none
    path: str
    line: Annotated[int, Field(ge=1)]
    end_line: Annotated[int, Field(ge=1)]
    column: Annotated[int, Field(ge=1)]
    message: str
    help: str  # a link or a hint, may be empty
    snippet: str
    justification: str  # the written reason of a suppression, empty where not suppressed


@dataclass(frozen=True, kw_only=True)
class Change:
    """A finding across the two trees: before is None when new, after is None when fixed."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["change"] = "change"
    state: ChangeState
    before: Finding | None
    after: Finding | None
    answer: str  # what our code does in place of a fixed flaw, empty where nothing is to be said
