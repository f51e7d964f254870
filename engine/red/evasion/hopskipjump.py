"""HopSkipJump: walks along the border by answers alone, no scores, through ART.

Chen, Jordan, Wainwright, "HopSkipJumpAttack: A Query-Efficient Decision-Based Attack",
https://arxiv.org/abs/1904.02144.
"""

from __future__ import annotations

import numpy as np
import torch
from art.attacks.evasion import HopSkipJump
from torch import Tensor, nn

from engine.art_bridge import BATCH, counting, scores
from engine.core.seeds import derive
from engine.red.evasion.adversarial import Adversarial

FIRST, MOST = 50, 500  # answers asked for to estimate a direction: in the first round and at most


def hopskipjump(model: nn.Module, x: Tensor, y: Tensor, *, seed: int, rounds: int) -> Adversarial:
    """Look for the smallest change in L2 that is misread, seeing labels only.

    Args:
        model: Returns logits for float images; weights without gradients.
        x: float32 (N, 1, 28, 28) in [0, 1].
        y: True labels, int64 (N,).
        seed: Chooses starts and directions.
        rounds: Estimates of the border's direction an image.
    """
    np.random.seed(derive("hopskipjump", seed))  # ART draws from the global one
    begin = strangers(model, x, y, seed)
    with counting(model) as counts:
        attack = HopSkipJump(
            scores(model), norm=2, max_iter=rounds, init_eval=FIRST, max_eval=MOST, batch_size=BATCH, verbose=False
        )
        found = attack.generate(x.cpu().numpy(), y.cpu().numpy(), x_adv_init=begin.cpu().numpy())
    return Adversarial(torch.from_numpy(found), counts.gradients, counts.queries)


@torch.no_grad()
def strangers(model: nn.Module, x: Tensor, y: Tensor, seed: int) -> Tensor:
    """Return for each image the nearest other one, or noise, that is answered differently: where the walk begins.

    ART would draw these from a generator that no seed reaches.
    """
    chance = torch.Generator().manual_seed(derive("hopskipjump", seed))
    pool = torch.cat([x, torch.rand((len(x), *x.shape[1:]), generator=chance).to(x)])
    answers = model(pool).argmax(1)
    apart = torch.cdist(x.flatten(1), pool.flatten(1))
    return pool[apart.masked_fill(answers[None] == y[:, None], torch.inf).argmin(1)]
