"""The worst case over attacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.core.records.common import Count, Measured


@dataclass(frozen=True, kw_only=True)
class WorstCase(Measured):
    """A model's robust accuracy: an image counts as right when no attack of this norm and size broke it.

    Over the images that every one of the ``attacks`` was given. ``broken_by`` counts what each of them
    broke; ``only_by`` what it alone broke, so what the others would have missed.
    """

    kind: Literal["worst_case"] = "worst_case"
    attacks: tuple[str, ...]
    attacked: Count  # images answered right before any attack
    broken_by: dict[str, int]
    only_by: dict[str, int]
