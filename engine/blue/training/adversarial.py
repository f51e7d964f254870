"""Adversarial training with PGD inside the loop.

Madry et al., "Towards Deep Learning Models Resistant to Adversarial Attacks",
https://arxiv.org/abs/1706.06083. Three things make it converge in a few epochs here: ε grows over
the first part of training, the first layer starts as thresholds, and the attack on an image may go on
from where it ended an epoch before (Zheng et al., https://arxiv.org/abs/1912.11969).
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from engine.blue.training.loop import Batch, Fit, Judge, Look, Sets, accuracy, fit, learnt
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


class Moves:
    """Where the last attack on every training image ended, as a share of its ε.

    The weights change little in an epoch, so an old attack is a good start: few steps then do what many did.
    """

    def __init__(self, images: Tensor, again: float) -> None:
        """Remember nothing yet; ``again`` is the share of known images in [0, 1] that go on from the last attack."""
        self.again = again
        if again:
            self.shares = torch.zeros(images.shape, dtype=torch.bfloat16, device=images.device)
            self.known = torch.zeros(len(images), dtype=torch.bool, device=images.device)

    def start(self, batch: Batch, epsilon: float) -> Tensor | None:
        """Return starts (N, 1, 28, 28): the last attack's end or, for the rest, anywhere in the ball by chance."""
        if not self.again:
            return None
        start = batch.x + epsilon * (2 * torch.rand_like(batch.x) - 1)
        old = self.known[batch.place] & (torch.rand(len(batch.x), device=batch.x.device) < self.again)
        start[old] = batch.x[old] + epsilon * self.shares[batch.place[old]].float()
        return start

    def keep(self, batch: Batch, moved: Tensor, epsilon: float) -> None:
        """Remember the attacked images (N, 1, 28, 28) of a batch."""
        if self.again and epsilon:
            self.shares[batch.place] = ((moved - batch.x) / epsilon).to(torch.bfloat16)
            self.known[batch.place] = True


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
