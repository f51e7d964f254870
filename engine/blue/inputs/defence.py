"""What a defence of the input is: an exact step before the classifier, and ways to send a gradient through it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal, TypeAlias

import torch
from torch import Tensor

# "exact": the step and whatever gradient torch has for it. "through": the step forward, the gradient of a
# stand-in backward. "soft": the stand-in both ways, so that loss and gradient belong together.
Way: TypeAlias = Literal["exact", "through", "soft"]


class Defence(ABC):
    """A step from float32 (N, 1, 28, 28) in [0, 1] to the same, before the classifier.

    ``ways`` are tried one after the other by the attacker who knows the defence. A step that ``draws``
    at random is taken so often for an answer, and the scores are averaged.
    """

    ways: ClassVar[tuple[Way, ...]] = ("through",)
    differentiable: ClassVar[bool] = False  # torch has a gradient for the step that is not zero everywhere
    draws: int = 1

    @abstractmethod
    def __call__(self, x: Tensor, chance: torch.Generator) -> Tensor:
        """Return the images as the classifier sees them; ``chance`` is used by random steps only."""

    def stand_in(self, x: Tensor) -> Tensor:
        """Return something close to the step that has a useful gradient; the images themselves unless told."""
        return x

    def step(self, x: Tensor, chance: torch.Generator, way: Way) -> Tensor:
        """Return the step with the gradient of ``way``."""
        if way == "soft":
            return self.stand_in(x)
        if way == "through":
            return through(self.stand_in(x), self(x.detach(), chance))
        return self(x, chance) if self.differentiable else through(0 * x, self(x.detach(), chance))


class _Through(torch.autograd.Function):
    @staticmethod
    def forward(_context: Any, _soft: Tensor, exact: Tensor) -> Tensor:
        return exact.clone()

    @staticmethod
    def backward(_context: Any, *gradients: Any) -> Any:
        return gradients[0], None


def through(soft: Tensor, exact: Tensor) -> Tensor:
    """Return ``exact``, to the last bit, with the gradient of ``soft``.

    Athalye, Carlini, Wagner, "Obfuscated Gradients Give a False Sense of Security",
    https://arxiv.org/abs/1802.00420, call this backward pass differentiable approximation; with the images
    themselves as ``soft`` it is the straight-through gradient.
    """
    result: Tensor = _Through.apply(soft, exact)
    return result
