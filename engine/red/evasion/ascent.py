"""Signed gradient ascent inside an L∞ ball: the inner loop of adversarial training."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def ascend(
    model: nn.Module, x: Tensor, y: Tensor, *, epsilon: float, steps: int, step: float, start: Tensor | None = None
) -> Tensor:
    """Return images that raise the loss, after ``steps`` signed steps of size ``step``.

    Args:
        model: Returns logits; put in evaluation mode, so that dropout does not blur the gradient.
        x: float32 (N, 1, 28, 28) in [0, 1].
        y: Labels, int64 (N,), or what each answer should be, probabilities (N, 10): the climb leads away from them.
        epsilon: L∞ radius, 0 or more; the result stays within it and in [0, 1].
        steps: Gradients an image.
        step: Size of a step, in pixel values.
        start: Where to climb from, like ``x``, cut to the ball; else anywhere in it by chance.
    """
    model.eval()
    low, high = (x - epsilon).clamp(0, 1), (x + epsilon).clamp(0, 1)
    moved = low + (high - low) * torch.rand_like(x) if start is None else start.clamp(low, high)
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    for parameter in weights:  # their gradients are not wanted here and cost a third of the time
        parameter.requires_grad_(False)
    try:
        for _ in range(steps):
            moved.requires_grad_(True)
            loss = F.cross_entropy(model(moved).float(), y, reduction="sum")
            (gradient,) = torch.autograd.grad(loss, moved)
            moved = (moved.detach() + step * gradient.sign()).clamp(low, high)
    finally:
        for parameter in weights:
            parameter.requires_grad_(True)
    return moved.detach()
