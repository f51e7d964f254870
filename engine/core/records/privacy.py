"""What a model gives away: of its training images, of itself, of its classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import ConfigDict, Field

from engine.core.records.common import FORBID, Count, Fraction, Measured, Provenance, Seconds

Sees: TypeAlias = Literal["labels", "scores", "weights"]


@dataclass(frozen=True, kw_only=True)
class Membership:
    """How well one method tells training images from others; both are held-out halves of equal size.

    ``auc`` is 0.5 for guessing, bounds after Hanley and McNeil; ``caught`` is the share of members found
    when at most ``false_alarms`` of the others are called members, bounds after Wilson.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["membership"] = "membership"
    model: str
    method: str
    sees: Sees
    members: Annotated[int, Field(gt=0)]
    others: Annotated[int, Field(gt=0)]
    seed: Count
    dataset: str
    auc: Fraction
    auc_low: Fraction
    auc_high: Fraction
    false_alarms: Fraction
    caught: Fraction
    caught_low: Fraction
    caught_high: Fraction
    member_accuracy: Fraction
    other_accuracy: Fraction
    seconds: Seconds
    gradients: Count
    queries: Count
    provenance: Provenance


@dataclass(frozen=True, kw_only=True)
class Extraction(Measured):
    """A copy trained on a model's answers. ``accuracy`` is the copy's own; ``agreement`` is with the model."""

    kind: Literal["extraction"] = "extraction"
    sees: Sees
    answers: Count
    agreement: Fraction
    agreement_low: Fraction
    agreement_high: Fraction
    victim_accuracy: Fraction


@dataclass(frozen=True, kw_only=True)
class Inversion(Measured):
    """Pictures of the classes drawn from the weights; ``successes`` are those that another network reads so."""

    kind: Literal["inversion"] = "inversion"
    sees: Sees
    confidence: Fraction  # mean probability that the model itself gives to the class
