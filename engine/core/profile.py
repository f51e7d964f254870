"""Profiles: which models, attacks, sizes and seeds a build has. TOML, checked, frozen."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from engine.core.errors import UserError

FOLDER = Path(__file__).resolve().parents[1] / "profiles"
FORBID = ConfigDict(extra="forbid", strict=True)
Epsilon = Annotated[float, Field(gt=0, le=1)]
Positive = Annotated[int, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
Rate = Annotated[float, Field(gt=0, le=1)]


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
    """AutoAttack on its own count of images and its own sizes: it costs a thousand gradients an image."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    images: Positive
    epsilons: tuple[Epsilon, ...]
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
class Detection:
    """Detectors and repairs of poison, on the workshop's trainings and on the report's models."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    seeds: tuple[Count, ...]  # in standard other ones than those that the detectors were tuned on
    trusted_images: Positive  # the defender's own, in no training set
    incoming_images: Positive  # clean ones shown to STRIP, and as many stamped
    model_images: Positive  # training images looked at for each of the report's models
    directions: Positive  # of Activation Clustering
    starts: Positive  # of its clustering
    overlays: Positive  # of STRIP
    reverse_steps: Positive  # of Neural Cleanse, and its batch
    reverse_batch: Positive
    model_reverse_steps: Positive  # on the report's models, which are ten times as large
    tune_epochs: Positive  # of fine-pruning and unlearning
    tune_batch: Positive
    tune_rate: Rate
    tolerance: Rate  # of trusted accuracy that pruning may cost before fine-tuning
    patched: Rate  # share of images that unlearning patches


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


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Defences of the input. A key that starts with a defence's name is a setting of it."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    images: Positive
    hardened_images: Positive  # on the hardened model few images fall, so each costs all steps
    epsilons: tuple[Epsilon, ...]
    adaptive_steps: Positive
    eot_draws: Positive  # an attacker's draws a gradient, where the defence is random
    queries: Positive  # of random search, an image
    squeezing_bits: Annotated[int, Field(ge=1, le=8)]
    smoothing_kernel: Annotated[int, Field(ge=3, le=7)]
    noise_sigma: Rate
    noise_draws: Positive
    jpeg_quality: Annotated[int, Field(ge=1, le=95)]
    binarisation_threshold: Annotated[float, Field(gt=0, lt=1)]


@dataclass(frozen=True, kw_only=True)
class Timing:
    """How often a forward pass is timed."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    warmup: Positive
    repeats: Positive


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One build's choices. A count of images of 0 means all of them."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    title: str
    about: str
    seeds: tuple[Count, ...]
    train_images: Count
    validation_images: Positive
    test_images: Count
    claim_images: Positive  # training images of the audit's retrained model
    attack_images: Count  # for iterative attacks; one-step attacks use test_images
    epsilons: tuple[Epsilon, ...]
    models: tuple[str, ...]
    attacks: tuple[str, ...]
    plain: Plain
    adversarial: Adversarial
    trades: Trades
    trials: Trials
    interval: Interval
    certification: Certification
    smoothing: Smoothing
    badnets: Badnets
    pgd: Pgd
    autoattack: Autoattack
    square: Square
    universal: Universal
    patch: Patch
    spatial: Spatial
    minimal: Minimal
    workshop: Workshop
    detection: Detection
    privacy: Privacy
    inputs: Inputs
    latency: Timing


def available() -> list[str]:
    """Return the names of the profiles that come with the project."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(name: str, first: int | None = None) -> Profile:
    """Read a profile by name or by the path of a TOML file; `UserError` names the key that is wrong.

    ``first`` counts the seeds from there, as many as the profile has.
    """
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not path.is_file():
        raise UserError(f"unknown profile {name!r}", f"known: {', '.join(available())}, or a path ending in .toml")
    try:
        profile = TypeAdapter(Profile).validate_json(json.dumps(tomllib.loads(path.read_text("utf-8"))))
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"profile {path.name} is not valid TOML: {error}", "mend that line") from None
    except ValidationError as error:
        raise UserError(f"profile {path.name}: {_first(error)}", "see engine/core/profile.py for the keys") from None
    if list(profile.epsilons) != sorted(set(profile.epsilons)) or not profile.epsilons:
        raise UserError(f"profile {path.name}: epsilons must grow and not repeat", "sort them")
    if not profile.seeds or len(set(profile.seeds)) != len(profile.seeds):
        raise UserError(f"profile {path.name}: seeds must be given once each", "mend the list")
    return profile if first is None else replace(profile, seeds=tuple(range(first, first + len(profile.seeds))))


def _first(error: ValidationError) -> str:
    detail = error.errors()[0]
    where = ".".join(str(part) for part in detail["loc"])
    if detail["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"unknown key {where!r}"
    if detail["type"] in ("missing", "missing_argument"):
        return f"key {where!r} is missing"
    return f"key {where!r}: {detail['msg'].lower()} (found {detail['input']!r})"
