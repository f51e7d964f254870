"""A model on images that nobody optimised against it, and how fast it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from engine.core.records.common import FORBID, Count, Fraction, Measured, Provenance


@dataclass(frozen=True, kw_only=True)
class ClassScore:
    """One digit's scores. Precision is None exactly when the digit was never predicted."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    label: Count
    support: Count
    predicted: Count
    precision: Fraction | None
    recall: Fraction
    f1: Fraction


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Confusion matrix, rows true and columns predicted, and what follows from it.

    A digit that is never predicted counts as precision 0 in the macro mean.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    confusion: tuple[tuple[Count, ...], ...]
    classes: tuple[ClassScore, ...]
    macro_precision: Fraction
    macro_recall: Fraction
    macro_f1: Fraction


@dataclass(frozen=True, kw_only=True)
class Evaluation(Measured):
    """A model on a set of images that nobody optimised against it: ``clean`` or ``stamped``."""

    kind: Literal["evaluation"] = "evaluation"
    condition: Literal["clean", "stamped"]
    scores: Scores


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Time of a forward pass after warm-up, synchronised, one process and ``threads`` threads."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["latency"] = "latency"
    model: str
    seed: Count
    batch: Annotated[int, Field(gt=0)]
    warmup: Count
    repeats: Annotated[int, Field(gt=0)]
    threads: Annotated[int, Field(gt=0)]
    median_ms: Annotated[float, Field(gt=0)]  # per batch
    p95_ms: Annotated[float, Field(gt=0)]  # per batch
    provenance: Provenance
