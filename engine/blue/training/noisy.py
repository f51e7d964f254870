"""Training under Gaussian noise, for a model that is to be smoothed: Cohen et al., https://arxiv.org/abs/1902.02918."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import torch
from torch import nn

from engine.blue.training.loop import Batch, Fit, Look, Sets, accuracy, fit, learnt
from engine.core.seeds import derive


def noisy(model: nn.Module, data: Sets, settings: dict[str, float], progress: Callable[[float, str], None]) -> Fit:
    """Fit ``model`` in place on noisy images; ``settings`` are those of a profile's ``noisy`` and ``sigma``.

    Images are not cut to [0, 1] after the noise: the certificate needs the noise whole. One noise on the
    validation images chooses the epoch.
    """
    chosen = SimpleNamespace(**settings)

    def objective(model: nn.Module, batch: Batch) -> Look:
        noisy = batch.x + chosen.sigma * torch.randn_like(batch.x)
        return learnt(model(noisy), batch.y, len(noisy))

    plain = data.validation_x.float() / 255
    generator = torch.Generator().manual_seed(derive("validation noise"))
    judged = plain + chosen.sigma * torch.randn(plain.shape, generator=generator).to(plain.device)

    def judge(model: nn.Module) -> tuple[float, int]:
        return accuracy(model, judged, data.validation_y), 0

    return fit(model, data, chosen, progress, objective, judge)
