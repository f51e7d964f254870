"""Attacks on training images that go on from where they ended an epoch before.

Zheng et al., "Efficient Adversarial Training with Transferable Adversarial Examples",
https://arxiv.org/abs/1912.11969.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.blue.training.loop import Batch


class Moves:
    """Where the last attack on every training image ended, as a share of its ε.

    The weights change little in an epoch, so few steps from an old end do what many did. It has a price: the
    model is asked about the same places again and again, and learns to hide others from the gradient. The trials
    show it, under an attack that needs none.
    """

    def __init__(self, images: Tensor, again: float) -> None:
        """Remember nothing yet; ``again`` is the share of known images in [0, 1] that go on from the last attack."""
        self.again = again
        if again:
            self.shares = torch.zeros(images.shape, dtype=torch.bfloat16, device=images.device)
            self.known = torch.zeros(len(images), dtype=torch.bool, device=images.device)

    def start(self, batch: Batch, epsilon: float) -> Tensor | None:
        """Return starts (N, 1, 28, 28): the last attack's end or, for the rest, anywhere in the ball by chance."""
        if not self.again:
            return None
        start = batch.x + epsilon * (2 * torch.rand_like(batch.x) - 1)
        old = self.known[batch.place] & (torch.rand(len(batch.x), device=batch.x.device) < self.again)
        start[old] = batch.x[old] + epsilon * self.shares[batch.place[old]].float()
        return start

    def keep(self, batch: Batch, moved: Tensor, epsilon: float) -> None:
        """Remember the attacked images (N, 1, 28, 28) of a batch."""
        if self.again and epsilon:
            self.shares[batch.place] = ((moved - batch.x) / epsilon).to(torch.bfloat16)
            self.known[batch.place] = True
