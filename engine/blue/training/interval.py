"""Training on interval bounds: the loss is that of the worst logits the bounds allow.

Gowal et al., https://arxiv.org/abs/1810.12715. Weights start as Shi et al. propose,
https://arxiv.org/abs/2103.17268 §3.2, so that intervals neither grow nor shrink from layer to layer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn

from engine.blue.certification.interval import interval
from engine.blue.training.adversarial import ramped
from engine.blue.training.loop import Batch, Fit, Look, Sets, fit
from engine.measure.metrics import BATCH
from engine.networks import Ramp

CLIP = 10.0  # largest norm of a step's gradient: early bounds are wild


def train_on_bounds(
    model: nn.Module, data: Sets, settings: dict[str, float], progress: Callable[[float, str], None]
) -> Fit:
    """Fit ``model`` in place; ``settings`` are those of a profile's ``interval``. Seed torch before.

    ε grows from 0 over the first part of training, while the weight of the loss on plain images falls from
    1 to ``clean_weight``. The epoch is kept that is certified on most validation images.
    """
    chosen = SimpleNamespace(**settings)
    start(model, chosen.low, chosen.high)

    def objective(model: nn.Module, batch: Batch) -> Look:
        x, y, epsilon = batch.x, batch.y, ramped(chosen, batch.share)
        plain = 1 - (1 - chosen.clean_weight) * epsilon / chosen.epsilon
        bound = interval(model, x, y, epsilon=epsilon).float()
        loss = F.cross_entropy(bound, y)
        if plain:
            loss = plain * F.cross_entropy(model(x).float(), y) + (1 - plain) * loss
        spent = (2 + (plain > 0)) * len(y)  # a bound is two passes: of the centres and of the radii
        return Look(loss, int((bound.argmax(1) == y).sum()), spent)

    def judge(model: nn.Module) -> tuple[float, int]:
        return certified(model, data, chosen.epsilon), 0

    return fit(model, data, chosen, progress, objective, judge, clip=CLIP)


def start(model: nn.Module, low: float, high: float) -> None:
    """Set the ends of the network's ramp, and normal weights of mean size 2 / fan-in."""
    for module in model.modules():
        if isinstance(module, Ramp):
            module.low.fill_(low)
            module.high.fill_(high)
        elif isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.normal_(module.weight, std=math.sqrt(2 * math.pi) / module.weight[0].numel())
            assert module.bias is not None  # nosec B101 -- for the type checker: the layer was built with it
            nn.init.zeros_(module.bias)


@torch.no_grad()
def certified(model: nn.Module, data: Sets, epsilon: float) -> float:
    """Return the share of the validation images that are certified at ``epsilon``."""
    right = 0
    for x, y in zip(data.validation_x.split(BATCH), data.validation_y.split(BATCH), strict=True):
        bound = interval(model, x.float() / 255, y, epsilon=epsilon)
        right += int((bound.argmax(1) == y).sum())
    return right / len(data.validation_y)
