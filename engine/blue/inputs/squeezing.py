"""Feature squeezing: fewer grey levels.

Xu, Evans, Qi, "Feature Squeezing: Detecting Adversarial Examples in Deep Neural Networks",
https://arxiv.org/abs/1704.01155.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.blue.inputs.defence import Defence
from engine.core.errors import UserError


class Squeezing(Defence):
    """Round every pixel to the nearest of ``2 ** bits`` levels; `UserError` unless ``bits`` is in 1..8."""

    def __init__(self, *, bits: int) -> None:
        if not 1 <= bits <= 8:
            raise UserError(f"squeezing to {bits} bits is not possible", "choose squeezing_bits from 1 to 8")
        self.top = 2**bits - 1

    def __call__(self, x: Tensor, _chance: torch.Generator) -> Tensor:
        """Return the rounded images."""
        return torch.round(x * self.top) / self.top
