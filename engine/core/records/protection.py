"""A defence before and after on the same images, and training recipes beside what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from engine.core.records.common import FORBID, Count, Fraction, Measured, Norm, Provenance

Gap = Annotated[float, Field(ge=-1, le=1)]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two models on the same images under the same condition, each attacked for itself.

    ``change`` is ``after - before`` with its paired 95 % bounds; ``p`` is McNemar's, exact.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["comparison"] = "comparison"
    before: str  # models
    after: str
    condition: str  # "clean", an attack, or "worst" for the worst case over attacks an image
    norm: Norm
    epsilon: Annotated[float, Field(ge=0)]
    n: Annotated[int, Field(gt=0)]
    seed: Count
    dataset: str
    before_accuracy: Fraction
    before_low: Fraction
    before_high: Fraction
    after_accuracy: Fraction
    after_low: Fraction
    after_high: Fraction
    lost: Count  # images that only the first model got right
    gained: Count  # images that only the second got right
    change: Gap
    change_low: Gap
    change_high: Gap
    p: Fraction
    provenance: Provenance


@dataclass(frozen=True, kw_only=True)
class Trial(Measured):
    """A training recipe tried on the small network. ``accuracy`` is under the strong attacks named in ``attacks``.

    ``n`` images are attacked; clean and plain PGD accuracy are on the same ones. ``seconds``, ``gradients``
    are those of training.
    """

    kind: Literal["trial"] = "trial"
    title: str
    network: str
    recipe: str
    settings: dict[str, float | int | str | bool]
    attacks: tuple[str, ...]
    clean_accuracy: Fraction
    clean_low: Fraction
    clean_high: Fraction
    pgd_accuracy: Fraction
    pgd_low: Fraction
    pgd_high: Fraction
