"""What a detector is shown, and what it says. It is never told which images are poisoned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from torch import nn

from engine.measure.metrics import Array


@dataclass(frozen=True)
class Case:
    """A network in evaluation mode, the training set that made it, and images of the defender's own.

    Images are uint8 (N, 1, 28, 28), labels int64 (N,). The ``trusted`` images were chosen by the
    defender and took no part in training. ``incoming`` ones come to the finished network, unlabelled.
    """

    model: nn.Module
    x: Array
    y: Array
    trusted_x: Array
    trusted_y: Array
    incoming: Array
    seed: int


@dataclass(frozen=True)
class Verdict:
    """A detector's answer.

    ``classes`` are those that it holds to be attacked. ``scores`` and ``images`` (bool) are one an image
    that it judged, more suspect where higher; None where it judges the whole network and no image.
    ``incoming`` says which images: those that come in, or those of the training set.
    """

    classes: tuple[int, ...]
    threshold: float
    what: str  # what the threshold is a limit of
    scores: Array | None = None
    images: Array | None = None
    incoming: bool = False
    gradients: int = 0
    queries: int = 0
    values: Mapping[str, float] = field(default_factory=dict)  # the figures that decided
    arrays: Mapping[str, Array] = field(default_factory=dict)


Detector: TypeAlias = Callable[..., Verdict]  # (Case, **settings)
