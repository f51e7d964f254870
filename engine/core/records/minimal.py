"""The smallest change that an attack found, image by image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from engine.core.records.common import FORBID, Count, Fraction, Measured


@dataclass(frozen=True, kw_only=True)
class Point:
    """Accuracy when no change is larger than ``size``, with Wilson's 95 % bounds."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    size: Annotated[float, Field(ge=0)]
    accuracy: Fraction
    low: Fraction
    high: Fraction


@dataclass(frozen=True, kw_only=True)
class Minimal(Measured):
    """One attack for the smallest change on one model; ``accuracy`` is the one at the budget ``epsilon``.

    ``tenths`` are the sizes that break 10, 20, … 90 % of the images; None where the attack breaks fewer.
    An image that was wrong before counts as broken at size 0.
    """

    kind: Literal["minimal"] = "minimal"
    attack: str
    settings: dict[str, float | int | str | bool]
    attacked: Count  # images answered right before the attack
    found: Count  # of these, broken at any size
    tenths: tuple[Annotated[float, Field(ge=0)] | None, ...]
    curve: tuple[Point, ...]
