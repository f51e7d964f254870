"""Carlini and Wagner's L2 attack: size and margin in one objective, weighed by bisection.

Carlini, Wagner, "Towards Evaluating the Robustness of Neural Networks", https://arxiv.org/abs/1608.04644,
§VI-A. Adam in the space of arctanh, where no point leaves [0, 1].
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.red.evasion.adversarial import BATCH, Adversarial
from engine.red.evasion.losses import margin

RATE, START, LARGEST = 0.05, 1.0, 1e6  # Adam's rate; first and largest weight of the margin
EDGE = 1 - 1e-6  # black and white have no finite arctanh


def carlini(model: nn.Module, x: Tensor, y: Tensor, *, seed: int, steps: int, searches: int) -> Adversarial:
    """Look for the smallest change in L2 that is misread.

    Args:
        model: Returns logits for float images; weights without gradients.
        x: float32 (N, 1, 28, 28) in [0, 1].
        y: True labels, int64 (N,).
        seed: Unused, the attack has no chance in it.
        steps: Descent steps for each weight of the margin.
        searches: Weights that the bisection tries.
    """
    del seed
    parts = [_search(model, *part, steps, searches) for part in zip(x.split(BATCH), y.split(BATCH), strict=True)]
    return Adversarial(torch.cat(parts), steps * searches * len(x), 0)


def _search(model: nn.Module, x: Tensor, y: Tensor, steps: int, searches: int) -> Tensor:
    """Bisect the weight of each image: smaller where the last descent found something, else larger."""
    best, best_size = x.clone(), torch.full((len(x),), torch.inf, device=x.device)
    weight, low = torch.full_like(best_size, START), torch.zeros_like(best_size)
    high = torch.full_like(best_size, torch.inf)
    for _ in range(searches):
        found, size = _descend(model, x, y, weight, steps)
        better = size < best_size
        best[better], best_size[better] = found[better], size[better]
        broken = size.isfinite()
        high, low = torch.where(broken, weight, high), torch.where(broken, low, weight)
        weight = torch.where(high.isfinite(), (low + high) / 2, 10 * weight).clamp(max=LARGEST)
    return best


def _descend(model: nn.Module, x: Tensor, y: Tensor, weight: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """Return the smallest misread images met on the way, and their squared sizes, infinite where there was none."""
    point = torch.atanh((2 * x - 1) * EDGE).requires_grad_(True)
    optimiser = torch.optim.Adam([point], RATE)
    best, best_size = x.clone(), torch.full((len(x),), torch.inf, device=x.device)
    for _ in range(steps):
        moved = (point.tanh() + 1) / 2
        lead = margin(model(moved), y)
        size = (moved - x).flatten(1).square().sum(1)
        better = (lead < 0) & (size < best_size)
        best[better], best_size[better] = moved[better].detach(), size[better].detach()
        loss = (size + weight * lead.clamp(min=0)).sum()
        (point.grad,) = torch.autograd.grad(loss, point)
        optimiser.step()
    return best, best_size
