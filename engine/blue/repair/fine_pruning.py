"""Fine-pruning: silence channels that clean images leave quiet, then fine-tune on clean images.

Liu, Dolan-Gavitt, Garg, "Fine-Pruning: Defending Against Backdooring Attacks on Deep Neural
Networks", https://arxiv.org/abs/1805.12185.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.blue.repair.patient import Patient, Repaired, copied, floats, tune
from engine.measure.metrics import BATCH, Array, predict


def fine_pruning(patient: Patient, *, tolerance: float, epochs: int, batch: int, rate: float) -> Repaired:
    """Prune the last convolution until trusted accuracy has dropped by more than ``tolerance``, then fine-tune.

    The channel that went too far is kept.
    """
    case, model = patient.case, copied(patient.case.model)
    last = [module for module in model.modules() if isinstance(module, nn.Conv2d)][-1]
    order = activity(model, last, case.trusted_x).argsort(stable=True).tolist()
    floor = _accuracy(model, case.trusted_x, case.trusted_y) - tolerance
    pruned = 0
    for channel in order[:-1]:
        kept = last.weight[channel].detach().clone(), _bias(last)[channel].detach().clone()
        silence(last, channel)
        if _accuracy(model, case.trusted_x, case.trusted_y) < floor:
            with torch.no_grad():
                last.weight[channel], _bias(last)[channel] = kept
            break
        pruned += 1
    x, y = floats(case.trusted_x), torch.from_numpy(case.trusted_y)
    spent = tune(model, x, y, epochs=epochs, batch=batch, rate=rate, seed=case.seed)
    return Repaired(model.eval(), spent, queries=(pruned + 3) * len(case.trusted_x), pruned=pruned)


def activity(model: nn.Module, layer: nn.Conv2d, images: Array) -> Tensor:
    """Return the mean of each channel's positive outputs, float (C,), for uint8 images (N, 1, 28, 28)."""
    sums: list[Tensor] = []
    hook = layer.register_forward_hook(lambda _m, _given, out: sums.append(out.clamp(min=0).sum((0, 2, 3)).cpu()))
    try:
        with torch.no_grad():
            for part in torch.from_numpy(images).split(BATCH):
                model(part.to(layer.weight.device))
    finally:
        hook.remove()
    return torch.stack(sums).sum(0) / len(images)


@torch.no_grad()
def silence(layer: nn.Conv2d, channel: int) -> None:
    """Make a channel's output zero. Behind a ReLU no gradient comes back to it, so it stays so."""
    layer.weight[channel] = 0
    _bias(layer)[channel] = 0


def _bias(layer: nn.Conv2d) -> Tensor:
    if layer.bias is None:
        raise ValueError("the last convolution has no bias to silence")
    return layer.bias


def _accuracy(model: nn.Module, x: Array, y: Array) -> float:
    return float((predict(model, x) == y).mean())
