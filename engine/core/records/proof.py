"""What is shown beside the findings: proofs, advisories for dependencies, saved files, precision of our rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import ConfigDict, Field

from engine.core.records.common import FORBID, Count

Line = Annotated[int, Field(ge=1)]
Holding: TypeAlias = Literal["numbers only", "may run code", "not readable"]
Judgement: TypeAlias = Literal["true", "false"]


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One finding of the insecure version: a test that runs it, its fix, a test that shows it refused.

    The tests are pytest ids. ``missing`` names those of the three that are not there; none is there by claim.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["proof"] = "proof"
    path: str
    rule: str
    exploit: tuple[str, ...]
    fix: str  # the file
    anchor: str  # the function or class in it
    line: Count  # 0 where the anchor is not found
    end_line: Count
    source: str  # those lines
    regression: tuple[str, ...]
    missing: tuple[Literal["exploit", "fix", "regression"], ...]


@dataclass(frozen=True, kw_only=True)
class Audit:
    """One check of the installed packages against known advisories, which took place."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["audit"] = "audit"
    tool: str
    version: str
    packages: Count
    advisories: Count


@dataclass(frozen=True, kw_only=True)
class Advisory:
    """One published advisory that names an installed version."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["advisory"] = "advisory"
    package: str
    version: str
    id: str
    fixed: tuple[str, ...]  # versions, may be empty
    about: str


@dataclass(frozen=True, kw_only=True)
class Saved:
    """One file in the folder of models, or the control: a harmless trap that the scanner has to see."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["saved"] = "saved"
    path: str
    bytes: Count
    tool: str
    holds: Holding
    why: str
    control: bool


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One package that our rules were run over."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["sample"] = "sample"
    package: str
    version: str
    files: Count
    lines: Count
    rules: Count
    earlier_hits: Count = 0  # before rules were narrowed on what was read in these packages


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One hit of one of our rules in foreign code, read by hand."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["verdict"] = "verdict"
    package: str
    rule: str
    path: str
    line: Line
    verdict: Judgement
    why: str
