"""Sentences whose figures lead to their records."""

from __future__ import annotations

from dataclasses import dataclass

from engine.report.cells import Sourced


@dataclass(frozen=True)
class Figure:
    """A figure inside a sentence, and the job whose record it was read from."""

    text: str
    job: str


Sentence = tuple[str | Figure, ...]


def figure(row: Sourced, text: str) -> Figure:
    """Return a figure read from ``row``, as it is written."""
    return Figure(text, row.provenance.name)


def wording(said: Sentence) -> str:
    """Return a sentence without its links."""
    return "".join(part if isinstance(part, str) else part.text for part in said)
