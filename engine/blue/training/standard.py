"""Training on the images as they are: clean ones, or whatever a poison made of them."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from engine.blue.training.loop import Fit, Sets, fit
from engine.core.profile import Plain


def standard(
    model: nn.Module, data: Sets, settings: dict[str, float], progress: Callable[[float, str], None]
) -> Fit:
    """Fit ``model`` in place with cross-entropy; ``settings`` are those of `Plain`."""
    return fit(model, data, Plain(**settings), progress)  # type: ignore[arg-type]
