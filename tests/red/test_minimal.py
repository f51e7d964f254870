"""Attacks for the smallest change: against a plane whose distance is known, and on a real model."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from art.attacks.evasion import CarliniL2Method
from torch import nn

from engine.art_bridge import classifier
from engine.core.registry import resolve
from engine.red.evasion.carlini import carlini
from engine.red.evasion.deepfool import deepfool
from engine.red.evasion.minimal import MINIMAL

SETTINGS = {
    "deepfool": {"steps": 20},
    "carlini": {"steps": 100, "searches": 5},
    "hopskipjump": {"rounds": 3},
    "simba": {"steps": 300, "step": 1.0},
    "jsma": {"pixels": 60},
}


def run(name: str, model: nn.Module, x: torch.Tensor, y: torch.Tensor):
    return resolve(MINIMAL[name].run)(model, x, y, seed=0, **SETTINGS[name])


class Plane(nn.Module):
    """Logits (0, w·(x - 0.5) - gap, -99, …): label 0 ends at L2 distance gap / |w|."""

    def __init__(self, gap: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(784, generator=torch.Generator().manual_seed(0)), requires_grad=False)
        self.gap = gap

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        lead = ((x - 0.5).flatten(1) @ self.weight)[:, None] - self.gap
        return torch.cat([0 * lead, lead, *[0 * lead - 99] * 8], dim=1)


@pytest.mark.parametrize(("attack", "slack"), [("deepfool", 0.03), ("carlini", 0.1)])
def test_the_distance_of_a_plane(attack: str, slack: float) -> None:
    model, x = Plane(20.0), torch.full((3, 1, 28, 28), 0.5)
    found = run(attack, model, x, torch.zeros(3, dtype=torch.int64))
    assert (model(found.x).argmax(1) == 1).all()
    size = (found.x - x).flatten(1).norm(dim=1)
    exact = 20.0 / model.weight.norm()
    assert ((size / exact >= 0.999) & (size / exact <= 1 + slack)).all(), size / exact


@pytest.mark.parametrize("name", [entry.name for entry in MINIMAL])
def test_on_a_real_model(name: str, model: nn.Module, images) -> None:
    x, y = images[0][::4], images[1][::4]
    with torch.no_grad():
        kept = model(x).argmax(1) == y
    x, y = x[kept], y[kept]
    found = run(name, model, x, y)
    assert found.x.shape == x.shape
    assert found.x.dtype == torch.float32
    assert 0 <= found.x.min() <= found.x.max() <= 1
    broken = model(found.x).argmax(1) != y
    assert broken.float().mean() >= 0.4, f"{name} hardly finds anything"
    assert (found.gradients > 0) == MINIMAL[name].needs_gradient
    assert torch.equal(run(name, model, x, y).x, found.x), "the same again"


def test_jsma_touches_no_more_pixels_than_it_may(model: nn.Module, images) -> None:
    x, y = images[0][:8], images[1][:8]
    found = resolve(MINIMAL["jsma"].run)(model, x, y, seed=0, pixels=10)
    assert ((found.x - x).abs() > 1 / 512).flatten(1).sum(1).max() <= 10


def median(found, x: torch.Tensor) -> float:
    return (found - x).flatten(1).norm(dim=1).median().item()


def test_carlini_finds_smaller_changes_than_deepfool_and_than_arts(model: nn.Module, images) -> None:
    x, y = images[0][::5], images[1][::5]
    with torch.no_grad():
        kept = model(x).argmax(1) == y
    x, y = x[kept], y[kept]
    ours = carlini(model, x, y, seed=0, steps=100, searches=5).x
    theirs = CarliniL2Method(
        classifier(model), learning_rate=0.05, initial_const=1.0, binary_search_steps=3, max_iter=20, batch_size=64,
        verbose=False,
    ).generate(x.numpy(), np.eye(10, dtype=np.float32)[y.numpy()])  # fmt: skip
    assert (model(ours).argmax(1) != y).all()
    assert median(ours, x) <= median(deepfool(model, x, y, seed=0, steps=20).x, x)
    assert median(ours, x) <= median(torch.from_numpy(theirs), x)


def test_every_class_gradient_is_counted(model: nn.Module, images) -> None:
    x, y = images[0][:4], images[1][:4]
    assert deepfool(model, x, y, seed=0, steps=1).gradients >= 10 * len(x)
