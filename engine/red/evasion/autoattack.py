"""AutoAttack: four attacks that need no tuning, each on the images that the ones before left standing.

Croce, Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free
attacks", https://arxiv.org/abs/2003.01690. Standard version: APGD on cross-entropy, targeted APGD,
targeted FAB, Square.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from engine.red.evasion.adversarial import Adversarial
from engine.red.evasion.apgd import apgd_ce, apgd_targeted
from engine.red.evasion.fab import fab_targeted
from engine.red.evasion.square import square

TOGETHER = 500  # images at a time: a climb with them takes some 700 MB


def autoattack(
    model: nn.Module, x: Tensor, y: Tensor, *, epsilon: float, seed: int, steps: int, targets: int, queries: int
) -> Adversarial:
    """Run the ensemble; the standard version has 100 steps, 9 targets and 5,000 queries.

    Many images are taken some hundred at a time, each time with the same random starts and squares.

    Args:
        model: Returns logits for float images; weights without gradients.
        x: float32 (N, 1, 28, 28) in [0, 1].
        y: True labels, int64 (N,).
        epsilon: L∞ size in (0, 1].
        seed: Chooses random starts and squares.
        steps: Moves of each APGD climb and of each FAB walk.
        targets: How many other labels the targeted attacks try.
        queries: Most answers that Square asks for, an image.
    """
    parts = [_ensemble(model, x[at], y[at], epsilon, seed, steps, targets, queries)
             for at in torch.arange(len(x)).split(TOGETHER)]  # fmt: skip
    return Adversarial(
        torch.cat([part.x for part in parts]),
        sum(part.gradients for part in parts),
        sum(part.queries for part in parts),
    )


def _ensemble(
    model: nn.Module, x: Tensor, y: Tensor, epsilon: float, seed: int, steps: int, targets: int, queries: int
) -> Adversarial:
    parts: list[Callable[[Tensor, Tensor], Adversarial]] = [
        lambda x, y: apgd_ce(model, x, y, epsilon=epsilon, seed=seed, steps=steps),
        lambda x, y: apgd_targeted(model, x, y, epsilon=epsilon, seed=seed, steps=steps, targets=targets),
        lambda x, y: fab_targeted(model, x, y, epsilon=epsilon, seed=seed, steps=steps, targets=targets),
        lambda x, y: square(model, x, y, epsilon=epsilon, seed=seed, queries=queries),
    ]
    found, standing, gradients, asked = x.clone(), torch.arange(len(x), device=x.device), 0, 0
    for part in parts:
        if not len(standing):
            break
        result = part(x[standing], y[standing])
        found[standing] = result.x
        with torch.no_grad():
            right = model(result.x).argmax(1) == y[standing]
        gradients, asked = gradients + result.gradients, asked + result.queries + len(standing)
        standing = standing[right]
    return Adversarial(found, gradients, asked)
