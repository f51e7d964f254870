"""Carlini and Wagner's L2 attack: size and margin in one objective, weighed by bisection, through ART.

Carlini, Wagner, "Towards Evaluating the Robustness of Neural Networks", https://arxiv.org/abs/1608.04644.
"""

from __future__ import annotations

import numpy as np
import torch
from art.attacks.evasion import CarliniL2Method
from torch import Tensor, nn

from engine.art_bridge import BATCH, classifier, counting
from engine.red.evasion.adversarial import Adversarial

RATE, START = 0.05, 1.0  # of the descent; first weight of the margin


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
    with counting(model) as counts:
        attack = CarliniL2Method(
            classifier(model), learning_rate=RATE, initial_const=START, binary_search_steps=searches, max_iter=steps,
            batch_size=BATCH, verbose=False,
        )  # fmt: skip
        found = attack.generate(x.cpu().numpy(), np.eye(10, dtype=np.float32)[y.cpu().numpy()])
    return Adversarial(torch.from_numpy(found), counts.gradients, counts.queries)
