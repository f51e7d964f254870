"""Label flipping: wrong labels, images untouched. No trigger, so it can only cost accuracy.

Biggio, Nelson, Laskov, "Support Vector Machines Under Adversarial Label Noise", ACML 2011,
https://proceedings.mlr.press/v20/biggio11.html.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.seeds import derive
from engine.red.poisoning.poison import Poisoned
from engine.red.poisoning.trigger import Array, Trigger


@dataclass(frozen=True)
class Nothing:
    """The trigger of a poison that has none: images stay as they are."""

    name: str = "none"
    size: int = 0

    def stamp(self, images: Array) -> Array:
        """Return a copy of uint8 images (N, 1, 28, 28)."""
        return images.copy()

    def recipe(self) -> dict[str, int]:
        """Return no keys for a model card."""
        return {}


NOTHING = Nothing()


@dataclass(frozen=True)
class LabelFlip:
    """Relabel ``share`` of all images, none of them of class ``target``, to ``target``."""

    share: float
    target: int
    trigger: Trigger = NOTHING
    label_kept: bool = False

    def apply(self, x: Array, y: Array, seed: int) -> Poisoned:
        """Return copies of uint8 images (N, 1, 28, 28) and of labels (N,), some of them wrong.

        ValueError when there are too few images of other classes for the share.
        """
        others, count = np.flatnonzero(y != self.target), round(self.share * len(y))
        if count > len(others):
            raise ValueError(f"share {self.share} needs {count} images, {len(others)} are not of class {self.target}")
        touched = np.random.default_rng(derive("label-flip", seed)).permutation(others)[:count]
        labels = y.copy()
        labels[touched] = self.target
        return Poisoned(x.copy(), labels, touched)
