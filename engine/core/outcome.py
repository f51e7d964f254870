"""How a job ended, and what a runner tells while jobs run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.core.bundle import Bundle
from engine.core.jobs import Job


@dataclass(frozen=True)
class Outcome:
    """How a job ended: a bundle, or one line that says why there is none."""

    job: Job
    bundle: Bundle | None
    error: str = ""
    trace: str = ""


@dataclass
class Watch:
    """What the caller wants to hear about. Every call comes from the thread that called `run`."""

    moved: Callable[[str, float, str], None] = lambda _name, _done, _what: None
    ended: Callable[[Outcome], None] = lambda _outcome: None
    tick: Callable[[], None] = lambda: None
