"""Training on interval bounds: the loss is that of the worst logits the bounds allow.

Gowal et al., https://arxiv.org/abs/1810.12715. Weights start as Shi et al. propose,
https://arxiv.org/abs/2103.17268 §3.2, so that intervals neither grow nor shrink from layer to layer.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.blue.certification.interval import interval
from engine.blue.training import loop
from engine.blue.training.loop import Fit, Sets
from engine.measure.metrics import BATCH
from engine.networks import Ramp

CLIP = 10.0  # largest norm of a step's gradient: early bounds are wild


def train_on_bounds(
    model: nn.Module, data: Sets, settings: dict[str, float], progress: Callable[[float, str], None]
) -> Fit:
    """Fit ``model`` in place; ``settings`` are those of a profile's ``interval``. Seed torch before.

    ε grows from 0 over the first part of training, while the weight of the loss on plain images falls from
    1 to ``clean_weight``. Of the epochs that began after it, the one is kept that is certified on most
    validation images; the last one if there is none.
    """
    chosen = SimpleNamespace(**settings)
    start(model, chosen.low, chosen.high)
    batches = len(data.x) // chosen.batch
    total = chosen.epochs * batches
    optimiser = torch.optim.Adam(model.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, chosen.peak_rate, total_steps=total)
    result, best, best_weights = Fit(), -1.0, {}

    for epoch in range(chosen.epochs):
        order = torch.randperm(len(data.x))
        loss_sum = right = seen = 0.0
        for step, picked in enumerate(order.split(chosen.batch)[:batches]):
            share = (epoch * batches + step) / total
            x, y = data.x[picked].float() / 255, data.y[picked]
            loss, hits, spent = _step(model, x, y, optimiser, chosen, share)
            schedule.step()
            loss_sum, right, seen = loss_sum + loss * len(y), right + hits, seen + len(y)
            result.gradients += spent
            if step % 20 == 0:
                progress(share, f"epoch {epoch + 1} of {chosen.epochs}, loss {loss:.3f}")
        point = loop._judged(
            model, data, lambda now: (certified(now, data, chosen.epsilon), 0), result, loss_sum / seen, right / seen
        )
        value = point.validation_robust_accuracy or 0.0
        if epoch < chosen.epochs - 1 and epoch < chosen.ramp * chosen.epochs:
            continue
        if value >= best:
            best, result.kept, best_weights = value, epoch + 1, copy.deepcopy(model.state_dict())

    model.load_state_dict(best_weights)
    return result


def start(model: nn.Module, low: float, high: float) -> None:
    """Set the ends of the network's ramp, and normal weights of mean size 2 / fan-in."""
    for module in model.modules():
        if isinstance(module, Ramp):
            module.low.fill_(low)
            module.high.fill_(high)
        elif isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.normal_(module.weight, std=math.sqrt(2 * math.pi) / module.weight[0].numel())
            assert module.bias is not None  # nosec B101 -- for the type checker
            nn.init.zeros_(module.bias)


def _step(
    model: nn.Module, x: Tensor, y: Tensor, optimiser: torch.optim.Optimizer, chosen: SimpleNamespace, share: float
) -> tuple[float, int, int]:
    """Learn from one batch; return loss, how many images were certified at this step's ε, gradients spent."""
    model.train()
    grown = min(1.0, share / chosen.ramp) if chosen.ramp else 1.0
    plain = 1 - (1 - chosen.clean_weight) * grown
    bound = interval(model, x, y, epsilon=chosen.epsilon * grown)
    loss = F.cross_entropy(bound, y)
    if plain:
        loss = plain * F.cross_entropy(model(x), y) + (1 - plain) * loss
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    optimiser.step()
    spent = (2 + (plain > 0)) * len(y)  # a bound is two passes: of the centres and of the radii
    return loss.item(), int((bound.argmax(1) == y).sum()), spent


@torch.no_grad()
def certified(model: nn.Module, data: Sets, epsilon: float) -> float:
    """Return the share of the validation images that are certified at ``epsilon``."""
    right = 0
    for x, y in zip(data.validation_x.split(BATCH), data.validation_y.split(BATCH), strict=True):
        bound = interval(model, x.float() / 255, y, epsilon=epsilon)
        right += int((bound.argmax(1) == y).sum())
    return right / len(data.validation_y)
