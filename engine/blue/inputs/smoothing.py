"""Median smoothing: every pixel becomes the median of its neighbourhood.

Xu, Evans, Qi, "Feature Squeezing: Detecting Adversarial Examples in Deep Neural Networks",
https://arxiv.org/abs/1704.01155.
"""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.blue.inputs.defence import Defence, Way
from engine.core.errors import UserError


class Smoothing(Defence):
    """The median of a square of ``kernel`` pixels; `UserError` unless ``kernel`` is 3, 5 or 7.

    The edge is continued outwards. Torch has the true gradient: it goes to the one pixel that is the median,
    and all others of the square get none. The stand-in, the mean of the square, gives each its part.
    """

    ways: ClassVar[tuple[Way, ...]] = ("exact", "through")
    differentiable: ClassVar[bool] = True

    def __init__(self, *, kernel: int) -> None:
        if kernel not in (3, 5, 7):
            raise UserError(f"a median over {kernel} × {kernel} pixels has no middle here", "choose 3, 5 or 7")
        self.kernel = kernel

    def __call__(self, x: Tensor, _chance: torch.Generator) -> Tensor:
        """Return the smoothed images."""
        squares = F.unfold(self._padded(x), self.kernel)  # (N, kernel², 784)
        return squares.median(dim=1).values.reshape(x.shape)

    def stand_in(self, x: Tensor) -> Tensor:
        """Return the mean of the square instead of its median."""
        return F.avg_pool2d(self._padded(x), self.kernel, stride=1)

    def _padded(self, x: Tensor) -> Tensor:
        reach = self.kernel // 2
        return F.pad(x, (reach, reach, reach, reach), mode="replicate")
