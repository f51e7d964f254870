"""DeepFool: the nearest border of the linearised model, again and again, through ART.

Moosavi-Dezfooli, Fawzi, Frossard, "DeepFool: a simple and accurate method to fool deep neural networks",
https://arxiv.org/abs/1511.04599.
"""

from __future__ import annotations

import torch
from art.attacks.evasion import DeepFool
from torch import Tensor, nn

from engine.art_bridge import BATCH, classifier, counting
from engine.red.evasion.adversarial import Adversarial

OVERSHOOT = 0.02  # the paper's η: how far beyond the border


def deepfool(model: nn.Module, x: Tensor, y: Tensor, *, seed: int, steps: int) -> Adversarial:
    """Walk to the nearest border in L2.

    Args:
        model: Returns logits for float images; weights without gradients.
        x: float32 (N, 1, 28, 28) in [0, 1].
        y: True labels, int64 (N,).
        seed: Unused, the attack has no chance in it.
        steps: Most linearisations an image.
    """
    del seed
    with counting(model) as counts:
        attack = DeepFool(classifier(model), max_iter=steps, epsilon=OVERSHOOT, batch_size=BATCH, verbose=False)
        found = attack.generate(x.cpu().numpy(), y.cpu().numpy())
    return Adversarial(torch.from_numpy(found), counts.gradients, counts.queries)
