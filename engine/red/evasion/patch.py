"""An adversarial patch: a square of any grey, the same for all images, through ART.

Brown et al., "Adversarial Patch", https://arxiv.org/abs/1712.09665. It lies in the upper left corner,
where digits seldom reach, so that it distracts and does not cover.
"""

from __future__ import annotations

import numpy as np
import torch
from art.attacks.evasion import AdversarialPatchPyTorch
from torch import Tensor, nn

from engine.art_bridge import BATCH, classifier, counting
from engine.core.seeds import derive
from engine.red.evasion.adversarial import Adversarial

CORNER = 1  # row and column of the patch
RATE = 0.1


def patch(model: nn.Module, x: Tensor, y: Tensor, *, epsilon: float, seed: int, steps: int) -> Adversarial:
    """Fit one patch of about ``epsilon`` pixels to these images, and put it on them.

    Args:
        model: Returns logits for float images; weights without gradients.
        x: float32 (N, 1, 28, 28) in [0, 1].
        y: True labels, int64 (N,).
        epsilon: Pixels that the patch covers, a square number.
        seed: Chooses the patch to begin with.
        steps: Rounds over the images.
    """
    side = round(epsilon**0.5)
    np.random.seed(derive("patch", seed))  # ART draws from the global generators
    torch.manual_seed(derive("patch", seed))
    with counting(model) as counts:
        attack = AdversarialPatchPyTorch(
            classifier(model), patch_shape=(1, side, side), patch_location=(CORNER, CORNER), learning_rate=RATE,
            max_iter=steps, batch_size=BATCH, optimizer="Adam", targeted=False, verbose=False,
        )  # fmt: skip
        pixels, _ = attack.generate(x.cpu().numpy(), np.eye(10, dtype=np.float32)[y.cpu().numpy()])
    found = x.clone()
    found[:, :, CORNER : CORNER + side, CORNER : CORNER + side] = torch.from_numpy(np.asarray(pixels)).to(x)
    return Adversarial(found.clamp(0, 1), counts.gradients, counts.queries)
