"""Sentences whose figures lead to their records."""

from __future__ import annotations

from dataclasses import dataclass

from engine.report.cells import Sourced


@dataclass(frozen=True)
class Told:
    """A figure inside a sentence, and the job whose record it was read from."""

    text: str
    job: str


Sentence = tuple[str | Told, ...]


def told(row: Sourced, text: str) -> Told:
    """Return a figure read from ``row``, as it is written."""
    return Told(text, row.provenance.name)
