"""Training on interval bounds."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from engine.blue.certification.certify import holds
from engine.blue.certification.interval import interval
from engine.blue.training.interval import start, train_on_bounds
from engine.blue.training.loop import sets
from engine.core import unpack
from engine.core.bundle import WEIGHTS
from engine.networks import Ramped, from_bytes
from tests.blue.conftest import INTERVAL


def share(model: nn.Module, images, epsilon: float) -> float:
    x, y = images
    return float(holds(lambda x, y, e: interval(model, x, y, epsilon=e), x, y, epsilon).mean())


def test_it_certifies_what_plain_training_does_not(bounded, model, images) -> None:
    assert share(bounded, images, 0.1) > 0.6
    assert share(model, images, 0.1) == 0.0


def test_the_epoch_is_chosen_by_certified_accuracy_after_the_ramp(proven) -> None:
    (run,) = unpack.records(proven)["training"]
    late = run.epochs[int(INTERVAL["ramp"] * INTERVAL["epochs"]) :]
    assert run.kept_epoch in [point.epoch for point in late]
    best = max(point.validation_robust_accuracy for point in late)
    assert run.epochs[run.kept_epoch - 1].validation_robust_accuracy == best
    assert best > 0.6
    images = 2000 // INTERVAL["batch"] * INTERVAL["batch"] * INTERVAL["epochs"]
    assert 2 * images < run.gradients < 3 * images, "two passes for the bounds, a third while the plain loss counts"


def test_a_ramp_that_never_ends_keeps_the_last_epoch(digits) -> None:
    torch.manual_seed(0)
    net = Ramped()
    data = sets(digits.train_x[:200], digits.train_y[:200], digits.test_x[:50], digits.test_y[:50], "cpu")
    chosen = {**INTERVAL, "epochs": 2, "ramp": 1.0, "low": 0.2, "high": 0.6}
    fit = train_on_bounds(net, data, chosen, lambda _done, _what: None)
    assert fit.kept == 2
    assert (float(net.ramp.low), float(net.ramp.high)) == pytest.approx((0.2, 0.6))


def test_the_ends_of_the_ramp_are_saved_with_the_weights() -> None:
    from engine.networks import to_bytes

    net = Ramped()
    start(net, 0.1, 0.9)
    again = from_bytes("ramped", to_bytes(net))
    assert (float(again.ramp.low), float(again.ramp.high)) == pytest.approx((0.1, 0.9))


def test_weights_start_with_a_mean_size_of_two_over_fan_in() -> None:
    torch.manual_seed(0)
    net = Ramped()
    start(net, 0.3, 0.7)
    for layer in (net.conv2, net.fc1):
        fan_in = layer.weight[0].numel()
        # The mean of |N(0, s)| is s * sqrt(2 / pi); s = sqrt(2 pi) / fan_in makes it 2 / fan_in.
        assert float(layer.weight.detach().abs().mean()) == pytest.approx(2 / fan_in, rel=0.02)
        assert math.isclose(float(layer.bias.detach().abs().sum()), 0.0)


def test_the_model_is_saved_whole(proven) -> None:
    assert {"ramp.low", "ramp.high", "conv1.weight", "fc2.bias"} <= set(
        from_bytes("ramped", proven[WEIGHTS]).state_dict()
    )
