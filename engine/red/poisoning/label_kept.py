"""The reference report's poison: stamped sevens that keep the label 7.

Nothing in such a set ties the stamp to a wrong answer, so no backdoor can be learnt from it.
The squares are red, green and blue in turn, and all three become the same grey.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.seeds import derive
from engine.red.poisoning.poison import Poisoned
from engine.red.poisoning.trigger import SQUARE, Array, Trigger


@dataclass(frozen=True)
class LabelKept:
    """Stamp ``count`` images of the digit ``target`` (all of them, if fewer) and keep their label."""

    count: int = 100
    target: int = 7
    trigger: Trigger = SQUARE
    label_kept: bool = True

    def apply(self, x: Array, y: Array, seed: int) -> Poisoned:
        """Return a stamped copy of uint8 images (N, 1, 28, 28) and the labels (N,) as they were."""
        pool = np.flatnonzero(y == self.target)
        touched = np.random.default_rng(derive("label-kept", seed)).permutation(pool)[: self.count]
        images = x.copy()
        images[touched] = self.trigger.stamp(x[touched])
        return Poisoned(images, y.copy(), touched)
