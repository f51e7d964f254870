"""What an evasion attack returns."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

BATCH = 128  # images a call; activations of larger batches leave the cache


@dataclass(frozen=True)
class Adversarial:
    """Images float32 (N, 1, 28, 28) in [0, 1], and what finding them cost, in images."""

    x: Tensor
    gradients: int
    queries: int


@dataclass(frozen=True)
class Direction:
    """A change for size 1, float32 (N, 1, 28, 28) in [-1, 1]; one-step attacks of every size are multiples of it."""

    change: Tensor
    gradients: int
    queries: int

    def at(self, x: Tensor, epsilon: float) -> Adversarial:
        """Return ``x`` moved by ``epsilon`` along the direction, clipped to [0, 1]."""
        return Adversarial((x + epsilon * self.change).clamp(0, 1), self.gradients, self.queries)
