"""A classifier behind a defence of its input."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.blue.inputs.defence import Defence, Way


class Defended(nn.Module):
    """A classifier that sees every image through a defence; the scores of ``draws`` looks are averaged.

    Forward applies the defence exactly, unless ``way`` is "soft"; ``way`` says what gradient comes back.
    With several draws the gradient is that of the mean score, so an average over the draws: expectation
    over randomness, Athalye et al., https://arxiv.org/abs/1707.07397.

    Args:
        model: Returns logits (N, 10) for float32 (N, 1, 28, 28) in [0, 1]; in evaluation mode.
        defence: The step before it.
        seed: Starts the draws; whoever judges must not use the attacker's.
        way: See `engine.blue.inputs.defence.Way`.
        draws: Looks at an image, each with a new draw; 1 is enough where nothing is random.
    """

    def __init__(self, model: nn.Module, defence: Defence, *, seed: int, way: Way = "exact", draws: int = 1) -> None:
        super().__init__()
        self.model, self.defence, self.way, self.draws = model, defence, way, draws
        self.chance = torch.Generator().manual_seed(seed)

    def forward(self, x: Tensor) -> Tensor:
        """Return mean logits (N, 10)."""
        scores = [self.model(self.defence.step(x, self.chance, self.way)) for _ in range(self.draws)]
        return torch.stack(scores).mean(0) if self.draws > 1 else scores[0]
