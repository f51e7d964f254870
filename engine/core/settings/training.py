"""How models are trained, certified and smoothed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from engine.core.settings.kinds import FORBID, Epsilon, Positive, Rate


@dataclass(frozen=True, kw_only=True)
class Plain:
    """Training on images as they are."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    epochs: Positive
    batch: Positive
    peak_rate: Rate  # of Adam's one-cycle schedule


@dataclass(frozen=True, kw_only=True)
class Adversarial:
    """Training on images that PGD has just moved; ``ramp`` is the share of steps in which ε grows."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    epochs: Positive
    batch: Positive
    peak_rate: Rate
    epsilon: Epsilon
    steps: Positive
    step_ratio: Rate  # inner step size as a share of the current ε
    ramp: Annotated[float, Field(ge=0, le=1)]
    averaging: Annotated[float, Field(ge=0, lt=1)]  # decay of a mean of the weights, which is what is kept; 0: none


@dataclass(frozen=True, kw_only=True)
class Trades(Adversarial):
    """As adversarial training, with the penalty's ``weight`` against cross-entropy on plain images."""

    weight: Annotated[float, Field(gt=0)]


@dataclass(frozen=True, kw_only=True)
class Trials:
    """Training recipes side by side on the small network, attacked by APGD, plain and targeted, and by Square."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    epochs: Positive
    batch: Positive
    peak_rate: Rate
    images: Positive
    epsilon: Epsilon
    steps: Positive
    targets: Annotated[int, Field(ge=1, le=9)]
    queries: Positive


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Training on interval bounds; in the first part, ``ramp``, ε grows and the loss on plain images fades."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    epochs: Positive
    batch: Positive
    peak_rate: Rate
    epsilon: Epsilon
    ramp: Annotated[float, Field(ge=0, le=1)]
    clean_weight: Annotated[float, Field(ge=0, le=1)]  # of the loss on plain images, at the end
    low: Annotated[float, Field(ge=0, le=1)]  # pixels up to here are black to the network
    high: Annotated[float, Field(gt=0, le=1)]  # and from here on white


@dataclass(frozen=True, kw_only=True)
class Certification:
    """Certificates in L∞; ``half_images`` are those for which the largest certified ε is searched by halving."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    half_images: Positive
    halvings: Positive


@dataclass(frozen=True, kw_only=True)
class Smoothing:
    """Smoothing: one training a σ, then ``first`` noisy copies an image choose and ``samples`` bound."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    epochs: Positive
    batch: Positive
    peak_rate: Rate
    sigmas: tuple[Annotated[float, Field(gt=0)], ...]
    images: Positive
    first: Positive
    samples: Positive
    alpha: Annotated[float, Field(gt=0, lt=1)]
    radii: tuple[Annotated[float, Field(ge=0)], ...]
