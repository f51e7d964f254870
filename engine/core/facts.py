"""What is known of a build before anything has run."""

from __future__ import annotations

import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from engine.core import machine
from engine.core.profile import Profile
from engine.core.records import Build


class DataLike(Protocol):
    """What a build says of its data set."""

    @property
    def name(self) -> str:
        """Name on pages and in records."""
        ...

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 by file."""
        ...

    @property
    def carrier(self) -> str:
        """Where the files came from."""
        ...


def facts(name: str, profile: Profile, data: DataLike, images: tuple[int, int], jobs: int, root: Path) -> Build:
    """Return the build's record; ``images`` are the data set's training and test counts."""
    train, test = images
    return Build(
        profile=name,
        title=profile.title,
        about=profile.about,
        dataset=data.name,
        dataset_digests=data.digests,
        carrier=data.carrier,
        packages=machine.packages(),
        machine=machine.name(),
        cores=machine.cores(),
        python=platform.python_version(),
        revision=machine.revision(root),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=0.0,
        seeds=profile.seeds,
        train_images=min(profile.train_images or train, train),
        test_images=min(profile.test_images or test, test),
        attack_images=min(profile.attack_images or test, test),
        jobs_total=jobs,
        jobs_done=0,
        settings=asdict(profile),
    )
