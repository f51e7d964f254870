"""What attackers may spend: evasion, poisoning and privacy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from engine.core.settings.kinds import FORBID, Count, Epsilon, Positive, Rate


@dataclass(frozen=True, kw_only=True)
class Badnets:
    """The backdoor: share of all training images that are stamped and relabelled."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    share: Rate
    target: Annotated[int, Field(ge=0, le=9)]


@dataclass(frozen=True, kw_only=True)
class Pgd:
    """PGD; the step is a share of ε and stays below it."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    steps: Positive
    step_ratio: Annotated[float, Field(gt=0, lt=1)]
    restarts: Positive


@dataclass(frozen=True, kw_only=True)
class Autoattack:
    """AutoAttack on its own sizes, ``images`` at each of them: it costs thousands of gradients an image that stands.

    ``whole`` names a model's sizes at which it is given all test images instead: those at which every image falls
    at once, so that many cost little and say much.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    epsilons: tuple[Epsilon, ...]
    images: tuple[Positive, ...]
    whole: dict[str, tuple[Epsilon, ...]]
    steps: Positive
    targets: Annotated[int, Field(ge=1, le=9)]
    queries: Positive


@dataclass(frozen=True, kw_only=True)
class Square:
    """Square by itself; ``queries`` an image."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    images: Positive
    epsilons: tuple[Epsilon, ...]
    queries: Positive


@dataclass(frozen=True, kw_only=True)
class Universal:
    """One change for all images, fitted in ``epochs`` looks at each."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    epochs: Positive
    epsilons: tuple[Epsilon, ...]


@dataclass(frozen=True, kw_only=True)
class Patch:
    """A patch; ``epsilons`` are its pixels, square numbers."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    images: Positive
    epsilons: tuple[Positive, ...]
    steps: Positive


@dataclass(frozen=True, kw_only=True)
class Spatial:
    """Rotation and shift; ``epsilons`` are shares of 30 degrees and 3 pixels, ``points`` an axis of the grid."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    images: Count
    epsilons: tuple[Epsilon, ...]
    points: Positive


@dataclass(frozen=True, kw_only=True)
class Minimal:
    """Attacks for the smallest change: images for those that see weights, and for those that only ask."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    images: Positive
    asking_images: Positive
    deepfool_steps: Positive
    carlini_steps: Positive
    carlini_searches: Positive
    hopskipjump_rounds: Positive
    simba_steps: Positive
    jsma_pixels: Positive


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Many small trainings of the second network: each poison, and a surface over rate and trigger size."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    train_images: Positive
    epochs: Positive
    batch: Positive
    peak_rate: Rate
    rates: tuple[Rate, ...]
    sizes: tuple[Annotated[int, Field(ge=1, le=28)], ...]
    seeds: tuple[Count, ...]


@dataclass(frozen=True, kw_only=True)
class Privacy:
    """What leaks: members against others, a stolen copy for so many answers, pictures of the classes."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    images: Positive  # members, and as many others
    overfitted_images: Positive
    overfitted_epochs: Positive
    answers: tuple[Positive, ...]
    copy_epochs: Positive
    inversion_steps: Positive
