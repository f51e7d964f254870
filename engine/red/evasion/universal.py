"""A universal perturbation: one change for all images.

Moosavi-Dezfooli et al., "Universal adversarial perturbations", https://arxiv.org/abs/1610.08401; found by
gradient ascent over batches, as in Shafahi et al., "Universal Adversarial Training",
https://arxiv.org/abs/1811.11304. It needs no look at the image that it is added to.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.core.seeds import derive
from engine.red.evasion.adversarial import BATCH, Adversarial
from engine.red.evasion.losses import margin

STEP = 0.1  # of ε
REACH = 10.0  # logits: an image this far beyond the border pulls no more


def universal(model: nn.Module, x: Tensor, y: Tensor, *, epsilon: float, seed: int, epochs: int) -> Adversarial:
    """Find one change within ``epsilon`` that lowers the margin of as many of the images as it can.

    Args:
        model: Returns logits for float images; weights without gradients.
        x: float32 (N, 1, 28, 28) in [0, 1]. The change is fitted to these images and added to these.
        y: True labels, int64 (N,).
        epsilon: L∞ size in (0, 1].
        seed: Chooses the order of the images.
        epochs: Times that each image is looked at.
    """
    chance = torch.Generator().manual_seed(derive("universal", seed, f"{epsilon:g}"))
    change = torch.zeros_like(x[:1])
    for _ in range(epochs):
        for part in torch.randperm(len(x), generator=chance).split(BATCH):
            shift = change.detach().requires_grad_(True)
            loss = -margin(model((x[part] + shift).clamp(0, 1)), y[part]).clamp(min=-REACH).sum()
            (gradient,) = torch.autograd.grad(loss, shift)
            change = (change + STEP * epsilon * gradient.sign()).clamp(-epsilon, epsilon)
    return Adversarial((x + change).clamp(0, 1), epochs * len(x), 0)
