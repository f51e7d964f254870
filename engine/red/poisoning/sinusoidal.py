"""A sinusoidal signal on images of the target class, labels kept.

Barni, Kallas, Tondi, "A new Backdoor Attack in CNNs by training set corruption without label poisoning",
https://arxiv.org/abs/1902.11237. It needs a large share of the target class.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.red.poisoning.label_kept import LabelKept
from engine.red.poisoning.patterns import Wave
from engine.red.poisoning.poison import Poisoned
from engine.red.poisoning.trigger import Array, Trigger

WAVE = Wave(levels=40, waves=6)


@dataclass(frozen=True)
class Sinusoidal:
    """Put a wave on ``share`` of all images, all of class ``target``; their labels stay."""

    share: float
    target: int
    trigger: Trigger = WAVE
    label_kept: bool = True

    def apply(self, x: Array, y: Array, seed: int) -> Poisoned:
        """Return a poisoned copy of uint8 images (N, 1, 28, 28) and labels (N,) as they were."""
        return LabelKept(round(self.share * len(y)), self.target, self.trigger).apply(x, y, seed)
