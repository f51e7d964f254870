"""SimBA: tries one pixel after the other and keeps what lowers the score of the label, through ART.

Guo et al., "Simple Black-box Adversarial Attacks", https://arxiv.org/abs/1905.07121.
"""

from __future__ import annotations

import numpy as np
import torch
from art.attacks.evasion import SimBA
from torch import Tensor, nn

from engine.art_bridge import counting, scores
from engine.core.seeds import derive
from engine.red.evasion.adversarial import Adversarial


def simba(model: nn.Module, x: Tensor, y: Tensor, *, seed: int, steps: int, step: float) -> Adversarial:
    """Change random pixels by ±``step``, seeing scores only.

    Args:
        model: Returns logits for float images; weights without gradients.
        x: float32 (N, 1, 28, 28) in [0, 1].
        y: True labels, int64 (N,).
        seed: Chooses the order of the pixels.
        steps: Most pixels tried an image.
        step: Change of a pixel.
    """
    np.random.seed(derive("simba", seed))  # ART draws from the global one
    with counting(model) as counts:
        attack = SimBA(scores(model), attack="px", max_iter=steps, epsilon=step, verbose=False)
        found = attack.generate(x.cpu().numpy(), np.eye(10, dtype=np.float32)[y.cpu().numpy()])
    return Adversarial(torch.from_numpy(np.clip(found, 0, 1).astype(np.float32)), counts.gradients, counts.queries)
