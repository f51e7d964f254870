"""Profiles: which models, attacks, sizes and seeds a build has. TOML, checked, frozen."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from engine.core.errors import UserError
from engine.core.settings.attacks import (
    Autoattack,
    Badnets,
    Minimal,
    Patch,
    Pgd,
    Privacy,
    Spatial,
    Square,
    Universal,
    Workshop,
)
from engine.core.settings.defences import Detection, Inputs, Timing
from engine.core.settings.kinds import FORBID, Count, Epsilon, Positive
from engine.core.settings.training import Adversarial, Certification, Interval, Plain, Smoothing, Trades, Trials

FOLDER = Path(__file__).resolve().parents[1] / "profiles"


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
        raise UserError(f"profile {path.name}: {_first(error)}", "see engine/core/settings for the keys") from None
    if list(profile.epsilons) != sorted(set(profile.epsilons)) or not profile.epsilons:
        raise UserError(f"profile {path.name}: epsilons must grow and not repeat", "sort them")
    auto = profile.autoattack
    if len(auto.images) != len(auto.epsilons):
        raise UserError(f"profile {path.name}: autoattack.images needs a count for each of epsilons", "mend the list")
    if stray := sorted({size for sizes in auto.whole.values() for size in sizes} - set(auto.epsilons)):
        raise UserError(f"profile {path.name}: autoattack.whole has the sizes {stray}", "add them to epsilons there")
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
