"""Adversarial training with PGD inside the loop.

Madry et al., "Towards Deep Learning Models Resistant to Adversarial Attacks",
https://arxiv.org/abs/1706.06083. Two things make it converge in a few epochs here: ε grows over
the first part of training, and the first layer starts as thresholds.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn

from engine.blue.training.loop import Batch, Fit, Judge, Look, Sets, accuracy, fit, learnt
from engine.blue.training.moves import Moves
from engine.red.evasion.ascent import ascend

JUDGED, JUDGE_STEPS = 500, 10  # validation images and steps of the attack that chooses the epoch
THRESHOLDS, SLOPE = (0.3, 0.7), 2.0


def adversarial(
    model: nn.Module, data: Sets, settings: dict[str, float], progress: Callable[[float, str], None]
) -> Fit:
    """Fit ``model`` in place on PGD images of its own; ``settings`` are those of a profile's ``adversarial``."""
    chosen = SimpleNamespace(**settings)  # not the profile's own type: a new key there would train every model again
    if settings.get("thresholds", True):
        start_as_thresholds(model)
    moves = Moves(data.x, settings.get("again", 0.0))

    def objective(model: nn.Module, batch: Batch) -> Look:
        x, y, epsilon = batch.x, batch.y, ramped(chosen, batch.share)
        start, step = moves.start(batch, epsilon), chosen.step_ratio * epsilon
        moved = ascend(model, x, y, epsilon=epsilon, steps=chosen.steps, step=step, start=start)
        moves.keep(batch, moved, epsilon)
        return learnt(model.train()(moved), y, (chosen.steps + 1) * len(x))

    return fit(model, data, chosen, progress, objective, judge(data, chosen.epsilon))


def ramped(settings: Any, share: float) -> float:
    """Return ε when ``share`` of training is done: it grows over the first ``ramp`` of it, then stays."""
    return float(settings.epsilon * min(1.0, share / settings.ramp if settings.ramp else 1.0))


def judge(data: Sets, epsilon: float) -> Judge:
    """Return what chooses the epoch: accuracy on the first validation images after a short PGD of size ``epsilon``."""
    x, y = data.validation_x[:JUDGED].float() / 255, data.validation_y[:JUDGED]

    def robust(model: nn.Module) -> tuple[float, int]:
        moved = ascend(model, x, y, epsilon=epsilon, steps=JUDGE_STEPS, step=epsilon / 4)
        return accuracy(model, moved, y), JUDGE_STEPS * len(x)

    return robust


def start_as_thresholds(model: nn.Module) -> None:
    """Set the first convolution to ``relu(slope * (pixel - threshold))``, the thresholds in turn.

    MNIST's pixels are almost all black or white, and the difference of two such ramps does not move
    when a pixel near 0 or 1 moves by less than 0.3. It is a start and not a constraint: training
    changes these weights like all others.
    """
    first = next(module for module in model.modules() if isinstance(module, nn.Conv2d))
    height, width = first.weight.shape[2:]
    with torch.no_grad():
        first.weight.zero_()
        first.weight[:, :, height // 2, width // 2] = SLOPE
        assert first.bias is not None  # nosec B101 -- for the type checker; the line below would fail as loudly
        thresholds = torch.tensor(THRESHOLDS).repeat(len(first.bias))[: len(first.bias)]
        first.bias.copy_(-SLOPE * thresholds)
