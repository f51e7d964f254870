"""One run of ``build.py``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict

from engine.core.records.common import FORBID, Count, Seconds


@dataclass(frozen=True, kw_only=True)
class Build:
    """One run of ``build.py``: what it was asked for, on which data and machine, and how far it got."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["build"] = "build"
    profile: str
    title: str
    about: str
    dataset: str
    dataset_digests: dict[str, str]
    carrier: str
    packages: dict[str, str]
    machine: str
    cores: Count
    python: str
    revision: str  # git commit, empty outside a checkout
    started: str  # ISO 8601, UTC
    seconds: Seconds
    seeds: tuple[Count, ...]
    train_images: Count
    test_images: Count
    attack_images: Count
    jobs_total: Count
    jobs_done: Count
    settings: dict[str, Any]  # the profile as read
