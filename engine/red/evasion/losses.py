"""What an attack climbs. Each takes logits (N, 10) and labels (N,) and returns a loss an image, (N,)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FLOOR = 1e-12  # keeps the ratio finite where three logits are equal


def cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """Return the cross-entropy of the true label."""
    return F.cross_entropy(logits, y, reduction="none")


def dlr(logits: Tensor, y: Tensor) -> Tensor:
    """Return the difference of logits ratio, positive exactly where the answer is wrong.

    Croce, Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse
    parameter-free attacks", https://arxiv.org/abs/2003.01690, eq. 6. Unlike cross-entropy it does not
    change when all logits are multiplied by a number, so scaled logits cannot hide its gradient.
    """
    ranked, order = logits.sort(dim=1, descending=True)
    true = logits.gather(1, y[:, None])[:, 0]
    rival = torch.where(order[:, 0] == y, ranked[:, 1], ranked[:, 0])
    return (rival - true) / (ranked[:, 0] - ranked[:, 2] + FLOOR)


def targeted_dlr(logits: Tensor, y: Tensor, target: Tensor) -> Tensor:
    """Return the targeted form of `dlr` (eq. 7): how far ``target`` (N,) has overtaken the true label."""
    ranked = logits.sort(dim=1, descending=True).values
    true, aim = (logits.gather(1, label[:, None])[:, 0] for label in (y, target))
    return (aim - true) / (ranked[:, 0] - (ranked[:, 2] + ranked[:, 3]) / 2 + FLOOR)


def margin(logits: Tensor, y: Tensor) -> Tensor:
    """Return by how much the true label leads the best other one; 0 or less where the answer is wrong."""
    true = logits.gather(1, y[:, None])[:, 0]
    others = logits.scatter(1, y[:, None], -torch.inf)
    return true - others.max(dim=1).values


def slope(model: nn.Module, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradient of the cross-entropy at ``x`` (N, 1, 28, 28), and which answers are right, bool (N,)."""
    point = x.detach().requires_grad_(True)
    logits = model(point)
    (gradient,) = torch.autograd.grad(cross_entropy(logits, y).sum(), point)
    return gradient, logits.detach().argmax(1) == y
