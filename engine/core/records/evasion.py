"""One attack on one model at one size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from engine.core.records.common import FORBID, Count, Fraction, Measured
from engine.core.records.evaluation import Scores


@dataclass(frozen=True, kw_only=True)
class Perturbation:
    """Sizes of ``adversarial - original`` over the attacked images, pixels in [0, 1]."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    linf_max: Annotated[float, Field(ge=0)]
    linf_mean: Annotated[float, Field(ge=0)]
    l2_max: Annotated[float, Field(ge=0)]
    l2_mean: Annotated[float, Field(ge=0)]
    l0_mean: Annotated[float, Field(ge=0)]  # pixels changed by more than 1/512


@dataclass(frozen=True, kw_only=True)
class Evasion(Measured):
    """One attack on one model at one size. Success rate is over the images right before it."""

    kind: Literal["evasion"] = "evasion"
    attack: str
    settings: dict[str, float | int | str | bool]
    attacked: Count  # images answered right before the attack
    broken: Count  # of these, answered wrong after it
    success_rate: Fraction
    success_low: Fraction
    success_high: Fraction
    perturbation: Perturbation
    scores: Scores
