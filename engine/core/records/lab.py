"""A model as the lab in the page has it, and what its smaller weights cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.core.records.common import Count, Fraction, Measured


@dataclass(frozen=True, kw_only=True)
class Exported(Measured):
    """Accuracy with the rounded weights; ``full_accuracy`` is that of the trained ones on the same images."""

    network: str
    precision: Literal["int8 by output row"]
    weights_sha256: str  # of the trained weights
    file: str  # below the site's data folder
    bytes: Count  # of the file that the page loads
    full_accuracy: Fraction
    changed: Count  # images whose answer differs between the two
    changed_rate: Fraction
    changed_low: Fraction
    changed_high: Fraction
    kind: Literal["exported"] = "exported"
