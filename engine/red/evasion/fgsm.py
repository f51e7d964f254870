"""The fast gradient sign method.

Goodfellow, Shlens, Szegedy, "Explaining and Harnessing Adversarial Examples",
https://arxiv.org/abs/1412.6572.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.red.evasion.adversarial import BATCH, Adversarial, Direction
from engine.red.evasion.losses import slope


def fgsm(model: nn.Module, x: Tensor, y: Tensor, *, epsilon: float, seed: int) -> Adversarial:
    """Move every pixel by ``epsilon`` along the sign of the loss gradient, clipped to [0, 1].

    Args:
        model: Returns logits for float images; weights without gradients.
        x: float32 (N, 1, 28, 28) in [0, 1].
        y: True labels, int64 (N,).
        epsilon: L∞ size in (0, 1].
        seed: Unused, the attack has no chance in it.
    """
    return direction(model, x, y, seed=seed).at(x, epsilon)


def direction(model: nn.Module, x: Tensor, y: Tensor, *, seed: int) -> Direction:
    """Return the sign of the loss gradient at ``x``: the same for every size, so it is taken once."""
    del seed
    signs = [slope(model, *part)[0].sign() for part in zip(x.split(BATCH), y.split(BATCH), strict=True)]
    return Direction(torch.cat(signs), len(x), 0)
