"""Uniform noise: a control. Nobody looks for an error here, so what it breaks is no attack's merit."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.core.seeds import derive
from engine.red.evasion.adversarial import Direction


def direction(_model: nn.Module, x: Tensor, _y: Tensor, *, seed: int) -> Direction:
    """Return a change drawn uniformly from [-1, 1] for each pixel; the model and labels are not looked at."""
    chance = torch.Generator().manual_seed(derive("noise", seed))
    return Direction(2 * torch.rand(x.shape, generator=chance).to(x) - 1, 0, 0)
