"""TRADES: clean accuracy, and answers that do not change when the image is moved.

Zhang et al., "Theoretically Principled Trade-off between Robustness and Accuracy",
https://arxiv.org/abs/1901.08573, eq. 5. ε grows and the first layer starts as in adversarial training.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.blue.training.adversarial import judge, ramped, start_as_thresholds
from engine.blue.training.loop import Batch, Fit, Look, Sets, fit
from engine.red.evasion.ascent import ascend


def trades(model: nn.Module, data: Sets, settings: dict[str, float], progress: Callable[[float, str], None]) -> Fit:
    """Fit ``model`` in place; ``settings`` are those of a profile's ``trades``."""
    chosen = SimpleNamespace(**settings)  # no dropout below: the penalty would be for its two masks, too
    start_as_thresholds(model)

    def objective(model: nn.Module, batch: Batch) -> Look:
        x, y, epsilon = batch.x, batch.y, ramped(chosen, batch.share)
        with torch.no_grad():
            aim = model.eval()(x).float().softmax(1)
        moved = ascend(model, x, aim, epsilon=epsilon, steps=chosen.steps, step=chosen.step_ratio * epsilon)
        clean, pressed = model.eval()(torch.cat([x, moved])).float().chunk(2)
        loss = F.cross_entropy(clean, y) + chosen.weight * divergence(clean, pressed)
        return Look(loss, int((pressed.argmax(1) == y).sum()), (chosen.steps + 2) * len(x))

    return fit(model, data, chosen, progress, objective, judge(data, chosen.epsilon))


def divergence(clean: Tensor, pressed: Tensor) -> Tensor:
    """Return the mean Kullback–Leibler divergence between the answers to two batches, from logits (N, 10)."""
    return F.kl_div(pressed.log_softmax(1), clean.softmax(1), reduction="batchmean")
