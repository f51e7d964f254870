"""Projected gradient descent with random starts and restarts.

Madry et al., "Towards Deep Learning Models Resistant to Adversarial Attacks",
https://arxiv.org/abs/1706.06083. Images that are broken leave the batch at once, so the cost follows
how many still stand.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.core.seeds import derive
from engine.red.evasion.adversarial import BATCH, Adversarial
from engine.red.evasion.losses import slope


def pgd(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    epsilon: float,
    seed: int,
    steps: int,
    step_ratio: float,
    restarts: int = 1,
    stop: bool = True,
) -> Adversarial:
    """Climb the loss in ``steps`` signed steps of ``step_ratio * epsilon`` inside the L∞ ball and [0, 1].

    Args:
        model: Returns logits for float images; weights without gradients.
        x: float32 (N, 1, 28, 28) in [0, 1].
        y: True labels, int64 (N,).
        epsilon: L∞ size in (0, 1].
        seed: Chooses the random starts.
        steps: Gradient steps of a climb.
        step_ratio: Step size over ``epsilon``, in (0, 1).
        restarts: Climbs an image, each from another start, as long as it stands.
        stop: Leave an image alone once it is broken. Without it every image takes all steps.
    """
    chance = torch.Generator().manual_seed(derive("pgd", seed, f"{epsilon:g}"))
    low, high = (x - epsilon).clamp(0, 1), (x + epsilon).clamp(0, 1)
    found, standing = x.clone(), torch.arange(len(x), device=x.device)
    gradients = queries = 0
    for _ in range(restarts):
        shift = epsilon * (2 * torch.rand(x.shape, generator=chance).to(x) - 1)
        found[standing] = (x + shift).clamp(0, 1)[standing]
        for _ in range(steps):
            if not len(standing):
                break
            gradients += len(standing)
            standing = _step(model, found, y, standing, step_ratio * epsilon, low, high, stop)
        queries += len(standing)
        standing = _standing(model, found, y, standing)
    return Adversarial(found, gradients, queries)


def _step(
    model: nn.Module, found: Tensor, y: Tensor, standing: Tensor, step: float, low: Tensor, high: Tensor, stop: bool
) -> Tensor:
    """Move the images that still stand by one step, in place; return those that stood before it."""
    left = []
    for part in standing.split(BATCH):
        gradient, right = slope(model, found[part], y[part])
        if stop:
            part, gradient = part[right], gradient[right]
        moved = found[part] + step * gradient.sign()
        found[part] = torch.minimum(torch.maximum(moved, low[part]), high[part])
        left.append(part)
    return torch.cat(left)


@torch.no_grad()
def _standing(model: nn.Module, found: Tensor, y: Tensor, standing: Tensor) -> Tensor:
    """Return those of the images that are still answered right."""
    left = [part[model(found[part]).argmax(1) == y[part]] for part in standing.split(BATCH)]
    return torch.cat(left)
