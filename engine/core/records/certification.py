"""What is proved of a model: certified accuracy in an L∞ ball, under smoothing, and beside the attacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from engine.core.records.common import FORBID, Count, Fraction, Measured, Norm, Provenance, Seconds


@dataclass(frozen=True, kw_only=True)
class Certified(Measured):
    """Images proved to be answered with their label wherever they move within ε: a lower bound for any attack.

    ``half`` is the ε up to which half of the images are certified, 0 where half are wrong without a change.
    """

    kind: Literal["certified"] = "certified"
    method: str
    right: Count  # images answered right without a change
    half: Annotated[float, Field(ge=0)]

    def __post_init__(self) -> None:
        """Raise ValueError when more images are certified than are right."""
        super().__post_init__()
        if self.successes > self.right:
            raise ValueError(f"{self.model}: {self.successes} certified, only {self.right} right")


@dataclass(frozen=True, kw_only=True)
class Smoothed(Measured):
    """A model smoothed with Gaussian noise: images right with a certified L2 radius of ``epsilon`` or more.

    Each image's radius holds with probability ``1 - alpha``. An image on which the vote abstains is not certified.
    """

    kind: Literal["smoothed"] = "smoothed"
    sigma: Annotated[float, Field(gt=0)]
    first: Count  # noisy copies that choose the answer
    samples: Count  # noisy copies that bound its share of the vote
    alpha: Annotated[float, Field(gt=0, lt=1)]
    abstained: Count
    reach: Annotated[float, Field(ge=0)]  # largest radius that so many samples can certify

    def __post_init__(self) -> None:
        """Raise ValueError when more images are certified than were answered."""
        super().__post_init__()
        if self.successes > self.n - self.abstained:
            raise ValueError(f"{self.model}: {self.successes} certified of {self.n}, {self.abstained} abstained")


@dataclass(frozen=True, kw_only=True)
class Bracket:
    """Robust accuracy from both sides on the same images: proved by a certificate, left standing by every attack.

    The truth lies between. Bounds are Wilson's, 95 %. A certified image that an attack broke is a contradiction,
    and a record with one cannot be made.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["bracket"] = "bracket"
    model: str
    norm: Norm
    epsilon: Annotated[float, Field(ge=0)]
    n: Annotated[int, Field(gt=0)]
    seed: Count
    dataset: str
    methods: tuple[str, ...]
    attacks: tuple[str, ...]  # those tried at this ε or a smaller one, each on all of the images
    certified: Count
    certified_rate: Fraction
    certified_low: Fraction
    certified_high: Fraction
    standing: Count
    standing_rate: Fraction
    standing_low: Fraction
    standing_high: Fraction
    contradictions: Count
    seconds: Seconds
    provenance: Provenance

    def __post_init__(self) -> None:
        """Raise ValueError when the lower bound exceeds the upper one, or a certificate was broken."""
        if self.contradictions:
            raise ValueError(f"{self.model}, ε {self.epsilon:g}: {self.contradictions} certified images were broken")
        if not self.certified <= self.standing <= self.n:
            raise ValueError(f"{self.model}, ε {self.epsilon:g}: {self.certified} certified, {self.standing} standing")
