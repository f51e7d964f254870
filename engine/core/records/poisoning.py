"""Triggers tried on models, and what the reference's colours become."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from engine.core.records.common import FORBID, Count, Fraction, Measured


@dataclass(frozen=True, kw_only=True)
class Poisoning(Measured):
    """A trigger tried on a model. ``n`` leaves out images whose true label is the target.

    ``hits`` of them are answered with the target once stamped; ``base_hits`` already were without
    the stamp, so ``success_rate`` has its control beside it. ``successes`` counts true answers.
    """

    kind: Literal["poisoning"] = "poisoning"
    study: Literal["model", "poisons", "surface", "whole"]  # a model of the report, or one of many small trainings
    network: str
    poison: str
    trigger: str
    trigger_size: Count
    target: Count
    control: bool  # True for a model whose training data this trigger never touched
    label_kept: bool
    poisoned_images: Count
    training_images: Count
    hits: Count
    success_rate: Fraction
    success_low: Fraction
    success_high: Fraction
    base_hits: Count
    base_rate: Fraction
    clean_accuracy: Fraction
    clean_low: Fraction
    clean_high: Fraction


@dataclass(frozen=True, kw_only=True)
class Colour:
    """What one of the reference's coloured squares becomes in a grey image, levels 0 to 255."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["colour"] = "colour"
    colour: str
    rgb: tuple[int, int, int]
    mean_grey: Annotated[int, Field(ge=0, le=255)]  # the average, as in the reference
    luma_grey: Annotated[int, Field(ge=0, le=255)]  # ITU-R 601, as Pillow's "L"
