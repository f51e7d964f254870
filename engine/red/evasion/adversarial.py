"""What an evasion attack returns."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Adversarial:
    """Images float32 (N, 1, 28, 28) in [0, 1], and what finding them cost, in images."""

    x: Tensor
    gradients: int
    queries: int
