"""Binarisation: black and white, nothing between. The smallest form of squeezing, with a threshold to choose.

Xu, Evans, Qi, https://arxiv.org/abs/1704.01155, find it the best squeezer for MNIST.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from engine.blue.inputs.defence import Defence, Way, through
from engine.core.errors import UserError

SLOPE = 5.0  # of the ramp: grey for pixels within a tenth of the threshold


class Binarisation(Defence):
    """Pixels at or above ``threshold`` become 1, others 0; `UserError` unless it lies between 0 and 1.

    The stand-in is a ramp of slope 5 through the threshold. Its gradient is kept outside the ramp too: with
    none there, an attacker could not push a pixel towards the threshold.
    """

    ways: ClassVar[tuple[Way, ...]] = ("through", "soft")

    def __init__(self, *, threshold: float) -> None:
        if not 0 < threshold < 1:
            raise UserError(f"threshold {threshold:g} is no grey", "choose binarisation_threshold between 0 and 1")
        self.threshold = threshold

    def __call__(self, x: Tensor, _chance: torch.Generator) -> Tensor:
        """Return images of zeros and ones."""
        return (x >= self.threshold).to(x.dtype)

    def stand_in(self, x: Tensor) -> Tensor:
        """Return a ramp from black to white around the threshold."""
        ramp = SLOPE * (x - self.threshold) + 0.5
        return through(ramp, ramp.detach().clamp(0, 1))
