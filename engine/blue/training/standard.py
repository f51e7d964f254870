"""Training on the images as they are: clean ones, or whatever a poison made of them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from torch import nn

from engine.blue.training.loop import Fit, Sets, fit


def standard(model: nn.Module, data: Sets, settings: dict[str, float], progress: Callable[[float, str], None]) -> Fit:
    """Fit ``model`` in place with cross-entropy; ``settings`` are those of a profile's ``plain``."""
    return fit(model, data, SimpleNamespace(**settings), progress)
