"""What every poison is: a trigger, a target, and a way to touch a training set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.red.poisoning.trigger import Array, Trigger


@dataclass(frozen=True)
class Poisoned:
    """A training set after poisoning: uint8 images, int64 labels, and the indices that were touched."""

    x: Array
    y: Array
    touched: Array


class Poison(Protocol):
    """A poison with its settings."""

    @property
    def trigger(self) -> Trigger:
        """The stamp."""

    @property
    def target(self) -> int:
        """The answer that the stamp shall bring."""

    @property
    def label_kept(self) -> bool:
        """Whether touched images keep their true label, so that there is nothing to learn."""

    def apply(self, x: Array, y: Array, seed: int) -> Poisoned:
        """Return a poisoned copy of uint8 images (N, 1, 28, 28) and int64 labels (N,)."""
