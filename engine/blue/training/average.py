"""The mean of a model's weights over its last steps: smoother than the last one, and more robust.

Izmailov et al., https://arxiv.org/abs/1803.05407; for adversarial training Gowal et al.,
https://arxiv.org/abs/2010.03593, §4.3, from where the exponential decay comes.
"""

from __future__ import annotations

import copy

import torch
from torch import nn


class Average:
    """A copy of ``model`` whose weights follow those of the original slowly."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        """Start at the weights of now; ``decay`` in [0, 1) is what stays of the mean in a step, 0 follows at once."""
        self.model, self.source = copy.deepcopy(model), model
        self.decay, self.steps = decay, 0

    @torch.no_grad()
    def follow(self) -> None:
        """Take in the weights of now. The decay grows over the first steps, so that the start is soon forgotten."""
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + 9))
        for mean, weight in zip(self.model.parameters(), self.source.parameters(), strict=True):
            mean.lerp_(weight, 1 - decay)
