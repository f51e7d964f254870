"""Clean-label backdoor: images of the target class, first moved by PGD, then stamped; labels kept.

Turner, Tsipras, Madry, "Label-Consistent Backdoor Attacks", https://arxiv.org/abs/1912.02771. Moved away
from their own class, the digits are hard to learn, so that the stamp is the easier sign.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from engine.core.seeds import derive
from engine.red.evasion.pgd import pgd
from engine.red.poisoning.poison import Poisoned
from engine.red.poisoning.trigger import SQUARE, Array, Trigger

EPSILON, STEPS, STEP_RATIO = 0.3, 20, 0.1


@dataclass(frozen=True)
class CleanLabel:
    """Touch ``share`` of all images, all of class ``target``; ``model`` is what they are moved away from."""

    share: float
    target: int
    model: nn.Module
    trigger: Trigger = SQUARE
    label_kept: bool = True

    def apply(self, x: Array, y: Array, seed: int) -> Poisoned:
        """Return a poisoned copy of uint8 images (N, 1, 28, 28) and labels (N,) as they were."""
        pool, count = np.flatnonzero(y == self.target), round(self.share * len(y))
        touched = np.random.default_rng(derive("clean-label", seed)).permutation(pool)[:count]
        images, points = x.copy(), torch.from_numpy(x[touched].astype(np.float32) / np.float32(255))
        moved = pgd(
            self.model, points, torch.from_numpy(y[touched]),
            epsilon=EPSILON, seed=seed, steps=STEPS, step_ratio=STEP_RATIO, stop=False,
        )  # fmt: skip
        images[touched] = self.trigger.stamp(np.rint(moved.x.numpy().clip(0, 1) * 255).astype(np.uint8))
        return Poisoned(images, y.copy(), touched)
