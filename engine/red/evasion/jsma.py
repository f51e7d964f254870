"""The saliency map attack: turns the most telling pixels to full, one after the other, through ART.

Papernot et al., "The Limitations of Deep Learning in Adversarial Settings", https://arxiv.org/abs/1511.07528.
"""

from __future__ import annotations

import numpy as np
import torch
from art.attacks.evasion import SaliencyMapMethod
from torch import Tensor, nn

from engine.art_bridge import BATCH, classifier, counting
from engine.red.evasion.adversarial import Adversarial

PIXELS, PAIR = 28 * 28, 2  # it turns two at a time, and one pair more than ART's share says


def jsma(model: nn.Module, x: Tensor, y: Tensor, *, seed: int, pixels: int) -> Adversarial:
    """Turn up to ``pixels`` pixels white towards the label with the next largest logit.

    Args:
        model: Returns logits for float images; weights without gradients.
        x: float32 (N, 1, 28, 28) in [0, 1].
        y: True labels, int64 (N,).
        seed: Unused: the target is chosen by the model.
        pixels: Most pixels that may change, an even number above 2.
    """
    del seed
    with torch.no_grad():
        rival = model(x).scatter(1, y[:, None], -torch.inf).argmax(1)
    with counting(model) as counts:
        attack = SaliencyMapMethod(
            classifier(model), theta=1.0, gamma=(pixels - PAIR) / PIXELS, batch_size=BATCH, verbose=False
        )
        found = attack.generate(x.cpu().numpy(), np.eye(10, dtype=np.float32)[rival.cpu().numpy()])
    return Adversarial(torch.from_numpy(found), counts.gradients, counts.queries + len(x))
