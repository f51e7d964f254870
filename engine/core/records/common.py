"""What records of several families share: units, origin, the measured rate, and "not run"."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import ConfigDict, Field

FORBID = ConfigDict(extra="forbid", allow_inf_nan=False)
Fraction = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]
Norm: TypeAlias = Literal["none", "linf", "l2", "l1", "l0"]
Level: TypeAlias = Literal["low", "medium", "high"]


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a record comes from: enough to remake it with ``build.py --only NAME``."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    name: str  # the job's name, e.g. "attack/clean/pgd/0.1/seed0"
    job: str  # the job's key, a SHA-256
    profile: str
    packages: dict[str, str]
    device: str
    cores: int


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What every measured record carries: ``accuracy = successes / n``, with Wilson's 95 % bounds."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    model: str
    norm: Norm
    epsilon: Annotated[float, Field(ge=0)]
    n: Annotated[int, Field(gt=0)]
    seed: Count
    dataset: str
    successes: Count  # images answered with their true label
    accuracy: Fraction
    low: Fraction
    high: Fraction
    seconds: Seconds
    gradients: Count  # images through a forward and backward pass
    queries: Count  # images through a forward pass only
    flags: tuple[str, ...]
    provenance: Provenance

    def __post_init__(self) -> None:
        """Raise ValueError when the record contradicts itself."""
        if self.successes > self.n or not math.isclose(self.accuracy, self.successes / self.n):
            raise ValueError(f"{self.model}: accuracy {self.accuracy} is not {self.successes}/{self.n}")
        if not self.low <= self.accuracy <= self.high:
            raise ValueError(f"{self.model}: accuracy {self.accuracy} outside [{self.low}, {self.high}]")


@dataclass(frozen=True, kw_only=True)
class Unmeasured:
    """A cell of the plan without a figure, and the reason."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    family: str
    name: str
    model: str
    subject: str
    norm: Norm
    epsilon: float
    seed: Count
    reason: str


@dataclass(frozen=True, kw_only=True)
class Skipped(Unmeasured):
    """A cell that will not be run."""

    kind: Literal["skipped"] = "skipped"


@dataclass(frozen=True, kw_only=True)
class Pending(Unmeasured):
    """A cell that has not been run yet, or whose job failed (then ``reason`` says so)."""

    kind: Literal["pending"] = "pending"
