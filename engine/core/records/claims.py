"""What the reference report's procedures give when they are repeated, and what correct ones give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.core.records.common import Measured


@dataclass(frozen=True, kw_only=True)
class Reading(Measured):
    """An accuracy under a named procedure, see `engine.measure.claims`."""

    kind: Literal["reading"] = "reading"
    procedure: str
    how: str  # a sentence
