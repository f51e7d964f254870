"""Projected gradient descent with a random start, through ART.

Madry et al., "Towards Deep Learning Models Resistant to Adversarial Attacks",
https://arxiv.org/abs/1706.06083.
"""

from __future__ import annotations

import numpy as np
import torch
from art.attacks.evasion import ProjectedGradientDescentPyTorch
from torch import Tensor, nn

from engine.art_bridge import BATCH, classifier, counting
from engine.core.seeds import derive
from engine.red.evasion.adversarial import Adversarial


def pgd(
    model: nn.Module, x: Tensor, y: Tensor, *, epsilon: float, seed: int, steps: int, step_ratio: float
) -> Adversarial:
    """Climb the loss in ``steps`` signed steps of ``step_ratio * epsilon`` inside the L∞ ball and [0, 1].

    Args:
        model: Returns logits for float images; weights without gradients.
        x: float32 (N, 1, 28, 28) in [0, 1].
        y: True labels, int64 (N,).
        epsilon: L∞ size in (0, 1].
        seed: Chooses the random start.
        steps: Gradient steps.
        step_ratio: Step size over ``epsilon``, in (0, 1).
    """
    np.random.seed(derive("pgd", seed, f"{epsilon:g}"))  # ART draws its random start from the global one
    with counting(model) as counts:
        attack = ProjectedGradientDescentPyTorch(
            classifier(model),
            norm=np.inf,
            eps=epsilon,
            eps_step=step_ratio * epsilon,
            max_iter=steps,
            num_random_init=1,
            batch_size=BATCH,
            verbose=False,
        )
        found = attack.generate(x.cpu().numpy(), y.cpu().numpy())
    return Adversarial(torch.from_numpy(found), counts.gradients, counts.queries)
