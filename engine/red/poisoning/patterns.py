"""Triggers that cover the whole image: a faint pattern mixed in, and a wave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.red.poisoning.trigger import Array

SIDE = 28


@dataclass(frozen=True)
class Mixed:
    """A fixed random pattern, mixed into the image with weight ``percent`` / 100."""

    percent: int
    pattern_seed: int = 7
    name: str = "mixed"
    size: int = SIDE

    def stamp(self, images: Array) -> Array:
        """Return a stamped copy of uint8 images (N, 1, 28, 28)."""
        pattern = np.random.default_rng(self.pattern_seed).integers(0, 256, (SIDE, SIDE))
        share = self.percent / 100
        return np.rint((1 - share) * images + share * pattern).astype(np.uint8)

    def recipe(self) -> dict[str, int]:
        """Return the trigger as the keys that a model card carries."""
        return {"trigger_percent": self.percent, "trigger_seed": self.pattern_seed}


@dataclass(frozen=True)
class Wave:
    """A sine across the image: ``levels`` grey levels high, ``waves`` full waves wide."""

    levels: int
    waves: int
    name: str = "wave"
    size: int = SIDE

    def stamp(self, images: Array) -> Array:
        """Return a stamped copy of uint8 images (N, 1, 28, 28)."""
        wave = self.levels * np.sin(2 * np.pi * self.waves * np.arange(SIDE) / SIDE)
        return np.rint(images + wave).clip(0, 255).astype(np.uint8)

    def recipe(self) -> dict[str, int]:
        """Return the trigger as the keys that a model card carries."""
        return {"trigger_levels": self.levels, "trigger_waves": self.waves}
