"""The fast gradient sign method, through ART.

Goodfellow, Shlens, Szegedy, "Explaining and Harnessing Adversarial Examples",
https://arxiv.org/abs/1412.6572.
"""

from __future__ import annotations

import numpy as np
import torch
from art.attacks.evasion import FastGradientMethod
from torch import Tensor, nn

from engine.art_bridge import BATCH, classifier, counting
from engine.red.evasion.adversarial import Adversarial


def fgsm(model: nn.Module, x: Tensor, y: Tensor, *, epsilon: float, seed: int) -> Adversarial:
    """Move every pixel by ``epsilon`` along the sign of the loss gradient, clipped to [0, 1].

    Args:
        model: Returns logits for float images; weights without gradients.
        x: float32 (N, 1, 28, 28) in [0, 1].
        y: True labels, int64 (N,).
        epsilon: L∞ size in (0, 1].
        seed: Unused, the attack has no chance in it.
    """
    del seed
    with counting(model) as counts:
        attack = FastGradientMethod(classifier(model), norm=np.inf, eps=epsilon, batch_size=BATCH)
        found = attack.generate(x.cpu().numpy(), y.cpu().numpy())
    return Adversarial(torch.from_numpy(found), counts.gradients, counts.queries)
