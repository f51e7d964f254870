"""The checks on models that hide their gradients, which must be flagged, and on honest ones, which must not."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor, nn

from engine.core import bundle, unpack
from engine.core.records.trust import Check
from engine.measure.trust import Bench, examine, trust
from tests.conftest import context

SETTINGS = {"steps": 20, "step_ratio": 0.1}


class Scaled(nn.Module):
    """Logits times a thousand: softmax saturates and the gradient of cross-entropy vanishes."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return 1000 * self.inner(x)


class Stepped(nn.Module):
    """Pixels rounded to black or white first: the same answers, and no gradient at all."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return self.inner((x > 0.5).float() + 0 * x)


def surrogate(model: nn.Module) -> nn.Module:
    """The model that an attacker would train: one whose gradients are not hidden."""
    return model.inner if isinstance(model, Scaled | Stepped) else model


def failed(model: nn.Module, images: tuple[Tensor, Tensor], epsilon: float = 0.15) -> set[str]:
    x, _ = images
    with torch.no_grad():
        y = model(x).argmax(1)
    checks, _, _ = examine(Bench(model, x, y, SETTINGS, surrogate(model)), epsilon, 1.0, 0, 300)
    return {check.name for check in checks if not check.passed}


def test_an_honest_model_passes(model: nn.Module, images) -> None:
    assert failed(model, images) == set()


def test_scaled_logits_are_flagged(model: nn.Module, images) -> None:
    assert "flat gradients" in failed(Scaled(model), images)


def test_a_hard_threshold_is_flagged(model: nn.Module, images) -> None:
    assert {"flat gradients", "full size"} <= failed(Stepped(model), images, 0.3)


def test_a_hidden_gradient_is_beaten_by_transfer(model: nn.Module, images) -> None:
    assert "transfer" in failed(Stepped(model), images, 0.3)


def test_accuracy_that_rises_with_the_size_is_flagged(model: nn.Module, images) -> None:
    x, y = images
    checks, accuracy, _ = examine(Bench(model, x, y, SETTINGS, surrogate(model)), 0.05, 0.1, 0, 5)
    assert accuracy > 0.1
    assert "larger ε" in {check.name for check in checks if not check.passed}


def test_the_job_gives_a_badge_a_size(blob: bytes, trained: dict) -> None:
    spec = {
        "model": "clean", "seed": 0, "network": "simplecnn", "images": 40, "epsilons": [0.1, 0.3], "queries": 60,
        "settings": SETTINGS, "surrogate": "simplecnn",
    }  # fmt: skip
    made = trust(context(blob, spec, {"train/clean/seed0": trained, "train/surrogate/seed0": trained}))
    rows, saved = unpack.records(made)["trust"], bundle.arrays(made)
    assert saved["0.1/adversarial"].shape == (40, 1, 28, 28)
    assert {check.name for check in rows[0].checks} >= {"saved images", "transfer", "black box", "flat gradients"}
    assert [(row.epsilon, row.n, row.sound) for row in rows] == [(0.1, 40, True), (0.3, 40, True)]
    assert all(row.gradients > 10 * 40 for row in rows)


def test_a_badge_cannot_contradict_its_checks(blob: bytes, trained: dict) -> None:
    spec = {
        "model": "clean", "seed": 0, "network": "simplecnn", "images": 20, "epsilons": [0.1], "queries": 5,
        "settings": {"steps": 2, "step_ratio": 0.5}, "surrogate": "simplecnn",
    }  # fmt: skip
    needs = {"train/clean/seed0": trained, "train/surrogate/seed0": trained}
    (row,) = unpack.records(trust(context(blob, spec, needs)))["trust"]
    bad = Check(name="x", passed=False, value=1, limit=0, evidence="")
    with pytest.raises(ValueError, match="contradicts its checks"):
        dataclasses.replace(row, sound=True, checks=(bad,))
