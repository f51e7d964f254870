"""Random noise before the classifier, and the average of the scores over several draws.

The defence whose gradient changes with every draw. Athalye, Engstrom, Ilyas, Kwok, "Synthesizing Robust
Adversarial Examples", https://arxiv.org/abs/1707.07397, take the expectation over the draws instead.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from engine.blue.inputs.defence import Defence, Way
from engine.core.errors import UserError


class Noise(Defence):
    """Add Gaussian noise of deviation ``sigma`` and clip; an answer averages the scores of ``draws`` images.

    `UserError` unless ``sigma`` is in (0, 1] and ``draws`` positive.
    """

    ways: ClassVar[tuple[Way, ...]] = ("exact",)  # what makes it adaptive is the number of draws
    differentiable: ClassVar[bool] = True

    def __init__(self, *, sigma: float, draws: int) -> None:
        if not 0 < sigma <= 1:
            raise UserError(f"noise of deviation {sigma:g} is not possible", "choose noise_sigma in (0, 1]")
        if draws < 1:
            raise UserError(f"{draws} draws give no answer", "choose noise_draws from 1 up")
        self.sigma, self.draws = sigma, draws

    def __call__(self, x: Tensor, chance: torch.Generator) -> Tensor:
        """Return one noisy draw of every image."""
        return (x + self.sigma * torch.randn(x.shape, generator=chance)).clamp(0, 1)
