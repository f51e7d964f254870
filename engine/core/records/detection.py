"""What detectors of poison say, and what repairs do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from engine.core.records.common import FORBID, Count, Fraction, Provenance, Seconds


@dataclass(frozen=True, kw_only=True)
class Share:
    """``hits`` of ``n`` images, with Wilson's 95 % bounds."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    hits: Count
    n: Annotated[int, Field(gt=0)]
    rate: Fraction
    low: Fraction
    high: Fraction

    def __post_init__(self) -> None:
        """Raise ValueError when the share contradicts itself."""
        if self.hits > self.n or not math.isclose(self.rate, self.hits / self.n):
            raise ValueError(f"rate {self.rate} is not {self.hits}/{self.n}")
        if not self.low <= self.rate <= self.high:
            raise ValueError(f"rate {self.rate} outside [{self.low}, {self.high}]")


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A network that was trained on a poison, or without one as the control (``poison`` is "none")."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    model: str
    network: str
    poison: str
    target: Count
    control: bool  # no image of its training set was touched
    seed: Count
    dataset: str
    training_images: Count
    poisoned_images: Count
    trusted_images: Count  # the defender's own, in no training set
    reason: str  # why there is no rate where one is None; empty where all are there
    seconds: Seconds
    gradients: Count
    queries: Count
    provenance: Provenance


@dataclass(frozen=True, kw_only=True)
class Detection(Tried):
    """A detector on one network. ``true_positives`` and ``false_positives`` are shares of the images it judged."""

    kind: Literal["detection"] = "detection"
    detector: str
    judges: Literal["training images", "incoming images", "network"]
    flagged: bool | None  # None for a detector that judges images as they come, and no network
    flagged_classes: tuple[Count, ...]
    right_class: bool | None  # the target and nothing else; None for a control and where no class is named
    success: Share | None  # stamped test images of other digits, answered with the target
    true_positives: Share | None
    false_positives: Share | None
    strict_true_positives: Share | None  # at a second, stricter threshold, where the detector has one
    strict_false_positives: Share | None
    auc: Fraction | None
    threshold: float
    threshold_of: str
    values: dict[str, float]  # what the decision was made from


@dataclass(frozen=True, kw_only=True)
class Repair(Tried):
    """A repair of one network, the same test images before and after. ``p`` is McNemar's, exact and two-sided."""

    kind: Literal["repair"] = "repair"
    method: str
    follows: str  # the detector whose answer it uses, or empty
    alarmed: bool  # whether that detector had flagged the network
    removed_images: Count
    removed_poisoned: Count
    pruned_channels: Count
    success_before: Share | None
    success_after: Share | None
    accuracy_before: Share
    accuracy_after: Share
    lost: Count  # test images right only before
    gained: Count  # right only after
    p: Fraction
