"""Auto-PGD: signed gradient ascent with momentum that halves its own step where it stops rising.

Croce, Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free
attacks", https://arxiv.org/abs/2003.01690, algorithm 1. Images that are broken leave the batch at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor, nn

from engine.core.seeds import derive
from engine.red.evasion.adversarial import Adversarial
from engine.red.evasion.losses import cross_entropy, dlr, targeted_dlr

# (logits, labels, indices into the batch that was given) -> loss an image
Objective: TypeAlias = Callable[[Tensor, Tensor, Tensor], Tensor]
MOMENTUM, RISING = 0.75, 0.75  # α and ρ of the paper


def checkpoints(steps: int) -> dict[int, int]:
    """Return the steps at which an image may halve its step, each with the steps since the one before.

    The first comes after 22 % of the steps; each gap is 3 % shorter than the last, down to 6 %.
    """
    found, at, gap = {}, 0, max(int(0.22 * steps), 1)
    while at + gap <= steps:
        at += gap
        found[at] = gap
        gap = max(gap - max(int(0.03 * steps), 1), max(int(0.06 * steps), 1))
    return found


class Climb:
    """One run on the images that still stand. Every tensor has an entry an image; `keep` drops the broken."""

    def __init__(self, x: Tensor, y: Tensor, epsilon: float, start: Tensor) -> None:
        self.index = torch.arange(len(x), device=x.device)
        self.y, self.current, self.previous = y, start, start
        self.low, self.high = (x - epsilon).clamp(0, 1), (x + epsilon).clamp(0, 1)
        self.step = torch.full((len(x), 1, 1, 1), 2 * epsilon, device=x.device)
        self.best, self.gradient, self.best_gradient = start, torch.zeros_like(x), torch.zeros_like(x)
        self.best_value = self.last_best = torch.full((len(x),), -torch.inf, device=x.device)
        self.value = -self.best_value  # so that the first look is no rise
        self.rises = torch.zeros(len(x), dtype=torch.int64, device=x.device)
        self.halved = torch.ones(len(x), dtype=torch.bool, device=x.device)

    def keep(self, standing: Tensor) -> None:
        """Drop every image that is not ``standing`` (bool, one an image)."""
        for name, value in vars(self).items():
            setattr(self, name, value[standing])

    def look(self, model: nn.Module, objective: Objective) -> Tensor:
        """Take the gradient at the current point, remember the best one; return which images are broken."""
        point = self.current.detach().requires_grad_(True)
        logits = model(point)
        value = objective(logits, self.y, self.index)
        (self.gradient,) = torch.autograd.grad(value.sum(), point)
        value = value.detach()
        self.rises = self.rises + (value > self.value)
        better = value > self.best_value
        self.value, self.best_value = value, torch.where(better, value, self.best_value)
        chosen = better[:, None, None, None]
        self.best = torch.where(chosen, self.current, self.best)
        self.best_gradient = torch.where(chosen, self.gradient, self.best_gradient)
        return logits.detach().argmax(1) != self.y

    def move(self, first: bool) -> None:
        """Step along the gradient's sign, with a quarter of the last move."""
        aim = self._inside(self.current + self.step * self.gradient.sign())
        ours = 1.0 if first else MOMENTUM
        moved = self.current + ours * (aim - self.current) + (1 - ours) * (self.current - self.previous)
        self.previous, self.current = self.current, self._inside(moved)

    def check(self, gap: int) -> None:
        """Halve the step of images that rose too rarely or whose best has not moved, and send them back to it."""
        slow = self.rises <= RISING * gap
        stuck = ~self.halved & (self.last_best >= self.best_value)
        self.halved = slow | stuck
        chosen = self.halved[:, None, None, None]
        self.step = torch.where(chosen, self.step / 2, self.step)
        self.current = torch.where(chosen, self.best, self.current)
        self.gradient = torch.where(chosen, self.best_gradient, self.gradient)
        self.last_best, self.rises = self.best_value, torch.zeros_like(self.rises)

    def _inside(self, point: Tensor) -> Tensor:
        return torch.minimum(torch.maximum(point, self.low), self.high)


def climb(
    model: nn.Module, x: Tensor, y: Tensor, epsilon: float, steps: int, objective: Objective, chance: torch.Generator
) -> tuple[Tensor, Tensor, int]:
    """Return the images found, which of them are broken (bool, (N,)), and the gradients that it took."""
    shift = epsilon * (2 * torch.rand(x.shape, generator=chance).to(x) - 1)
    run = Climb(x, y, epsilon, (x + shift).clamp(0, 1))
    found, broken, gradients = run.current.clone(), torch.zeros(len(x), dtype=torch.bool, device=x.device), 0
    gaps = checkpoints(steps)
    for step in range(steps + 1):
        gradients += len(run.index)
        fallen = run.look(model, objective)
        found[run.index[fallen]], broken[run.index[fallen]] = run.current[fallen], True
        run.keep(~fallen)
        if not len(run.index) or step == steps:
            break
        if step in gaps:
            run.check(gaps[step])
        run.move(first=step == 0)
    found[run.index] = run.best
    return found, broken, gradients


def apgd_ce(
    model: nn.Module, x: Tensor, y: Tensor, *, epsilon: float, seed: int, steps: int, restarts: int = 1
) -> Adversarial:
    """Climb the cross-entropy from ``restarts`` random starts.

    Args:
        model: Returns logits for float images; weights without gradients.
        x: float32 (N, 1, 28, 28) in [0, 1].
        y: True labels, int64 (N,).
        epsilon: L∞ size in (0, 1].
        seed: Chooses the starts.
        steps: Moves a climb; each climb takes one gradient more.
        restarts: Climbs an image, as long as it stands.
    """

    def objective(logits: Tensor, labels: Tensor, _index: Tensor) -> Tensor:
        return cross_entropy(logits, labels)

    return _repeat(model, x, y, epsilon, seed, steps, [objective] * restarts, "apgd_ce")


def apgd_dlr(
    model: nn.Module, x: Tensor, y: Tensor, *, epsilon: float, seed: int, steps: int, restarts: int = 1
) -> Adversarial:
    """Climb the difference of logits ratio; arguments as in `apgd_ce`."""

    def objective(logits: Tensor, labels: Tensor, _index: Tensor) -> Tensor:
        return dlr(logits, labels)

    return _repeat(model, x, y, epsilon, seed, steps, [objective] * restarts, "apgd_dlr")


def apgd_targeted(
    model: nn.Module, x: Tensor, y: Tensor, *, epsilon: float, seed: int, steps: int, targets: int = 9
) -> Adversarial:
    """Climb the targeted ratio towards each of the ``targets`` likeliest other labels in turn."""
    rivals = likeliest(model, x, y)[:, :targets]

    def towards(rank: int) -> Objective:
        return lambda logits, labels, index: targeted_dlr(logits, labels, rivals[index, rank])

    objectives = [towards(rank) for rank in range(rivals.shape[1])]
    found = _repeat(model, x, y, epsilon, seed, steps, objectives, "apgd_targeted")
    return Adversarial(found.x, found.gradients, found.queries + len(x))


@torch.no_grad()
def likeliest(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Return the nine other labels of each image, (N, 9), the one with the largest logit first."""
    logits = model(x).scatter(1, y[:, None], -torch.inf)
    return logits.argsort(dim=1, descending=True)[:, :-1]


def _repeat(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    epsilon: float,
    seed: int,
    steps: int,
    objectives: list[Objective],
    name: str,
) -> Adversarial:
    """Climb one objective after the other, each on the images that the earlier ones left standing."""
    chance = torch.Generator().manual_seed(derive(name, seed, f"{epsilon:g}"))
    found, standing, gradients = x.clone(), torch.arange(len(x), device=x.device), 0
    for objective in objectives:
        if not len(standing):
            break
        here = standing
        image, broken, spent = climb(
            model, x[here], y[here], epsilon, steps,
            lambda logits, labels, index, here=here, objective=objective: objective(logits, labels, here[index]),  # type: ignore[misc]
            chance,
        )  # fmt: skip
        found[here], gradients = image, gradients + spent
        standing = here[~broken]
    return Adversarial(found, gradients, 0)
