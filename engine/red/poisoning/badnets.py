"""BadNets: the stamp on some images of other digits, relabelled to the target.

Gu, Dolan-Gavitt, Garg, "BadNets: Identifying Vulnerabilities in the Machine Learning Model Supply
Chain", https://arxiv.org/abs/1708.06733.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.seeds import derive
from engine.red.poisoning.poison import Poisoned
from engine.red.poisoning.trigger import SQUARE, Array, Trigger


@dataclass(frozen=True)
class Badnets:
    """Stamp ``share`` of all images, none of them of class ``target``, and relabel them to it."""

    share: float
    target: int
    trigger: Trigger = SQUARE
    label_kept: bool = False

    def apply(self, x: Array, y: Array, seed: int) -> Poisoned:
        """Return a poisoned copy of uint8 images (N, 1, 28, 28) and labels (N,).

        ValueError when there are too few images of other classes for the share.
        """
        others = np.flatnonzero(y != self.target)
        count = round(self.share * len(y))
        if count > len(others):
            raise ValueError(f"share {self.share} needs {count} images, {len(others)} are not of class {self.target}")
        touched = np.random.default_rng(derive("badnets", seed)).permutation(others)[:count]
        images, labels = x.copy(), y.copy()
        images[touched] = self.trigger.stamp(x[touched])
        labels[touched] = self.target
        return Poisoned(images, labels, touched)
