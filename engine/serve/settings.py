"""What a worker is told by its supervisor; plain values, so that they can be sent to another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TRAIN = ("build.py", "--only", "train/clean/*", "--no-site")  # the command that makes the first model
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Limits:
    """How much one client and all clients together may ask for, in the words of the ``limits`` package."""

    client: str = "900 per 10 second"  # a page load is about 80 files, a stroke about 20 posts
    everyone: str = "4000 per 10 second"
    client_posts: str = "240 per 10 second"
    everyone_posts: str = "1200 per 10 second"
    client_drawings: str = "40 per 10 second"
    everyone_drawings: str = "200 per 10 second"
    client_logins: str = "10 per 5 minute"  # wrong passwords
    everyone_logins: str = "100 per 5 minute"
    client_open: int = 24  # answers under way at once; streams count
    everyone_open: int = 256
    body: int = 1 << 20  # bytes of any request
    call: int = 1 << 14  # bytes of a call with no picture in it
    body_seconds: float = 10.0


@dataclass(frozen=True)
class Settings:
    """Everything that a worker needs; the salt is drawn once a run and never written."""

    models: Path
    model: str | None
    show_scores: bool
    hosts: tuple[str, ...]
    journal: Path
    scratch: Path
    salt: bytes
    accounts: Mapping[str, str] = field(default_factory=dict)  # name -> hash of the password
    behind_proxy: bool = False
    debug: bool = False
    limits: Limits = Limits()
