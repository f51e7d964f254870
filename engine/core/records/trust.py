"""Whether an attack's figures can be believed: the checks, each with what it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from engine.core.records.common import FORBID, Count, Norm, Provenance, Seconds


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question with a number for an answer; ``value`` must not be above ``limit``."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    name: str
    passed: bool
    value: float
    limit: float
    evidence: str  # a sentence


@dataclass(frozen=True, kw_only=True)
class Trust:
    """The checks of one model under one attack at one size; a badge when all are passed.

    A model that hides its gradients looks robust to attacks that follow them. Each check catches one way
    of that: Athalye, Carlini, Wagner, https://arxiv.org/abs/1802.00420, §3.1.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["trust"] = "trust"
    model: str
    attack: str
    norm: Norm
    epsilon: Annotated[float, Field(ge=0)]
    n: Annotated[int, Field(gt=0)]
    seed: Count
    dataset: str
    sound: bool
    checks: tuple[Check, ...]
    seconds: Seconds
    gradients: Count
    queries: Count
    provenance: Provenance

    def __post_init__(self) -> None:
        """Raise ValueError when the badge contradicts its checks."""
        if self.sound != all(check.passed for check in self.checks):
            raise ValueError(f"{self.model}: the badge contradicts its checks")
