from __future__ import annotations

import pytest
import torch

from engine.blue.training.adversarial import THRESHOLDS, adversarial, start_as_thresholds
from engine.blue.training.average import Average
from engine.blue.training.loop import Batch, accuracy, sets
from engine.blue.training.moves import Moves
from engine.networks import SimpleCNN, Strided
from engine.red.evasion.ascent import ascend


def test_thresholds_ignore_small_moves_of_black_and_white() -> None:
    net = SimpleCNN()
    start_as_thresholds(net)
    low, high = THRESHOLDS
    with torch.no_grad():
        black = torch.relu(net.conv1(torch.full((1, 1, 28, 28), low - 0.01)))
        ramps = [torch.relu(net.conv1(torch.full((1, 1, 28, 28), p)))[0, :2, 5, 5] for p in (high + 0.01, 1.0)]
    assert (black == 0).all()
    steps = [float(first - second) for first, second in ramps]
    assert abs(steps[0] - steps[1]) < 1e-5


def test_hardening_raises_robust_accuracy(digits) -> None:
    def fitted(epsilon: float) -> torch.nn.Module:
        torch.manual_seed(0)
        net = Strided()  # SimpleCNN takes ten times as long
        chosen = {"epochs": 2, "batch": 50, "peak_rate": 3e-3, "steps": 2, "step_ratio": 0.6, "ramp": 0.4}
        data = sets(digits.train_x[::2], digits.train_y[::2], digits.test_x[:100], digits.test_y[:100], "cpu")
        fit = adversarial(net, data, {**chosen, "epsilon": epsilon}, lambda _done, _what: None)
        assert fit.epochs[0].validation_robust_accuracy is not None
        assert fit.gradients == 2 * (2000 * 3 + 100 * 10)
        return net.eval()

    hard, soft = fitted(0.3), fitted(0.01)
    x, y = torch.from_numpy(digits.test_x[::10]).float() / 255, torch.from_numpy(digits.test_y[::10])
    torch.manual_seed(1)
    robust = [accuracy(net, ascend(net, x, y, epsilon=0.2, steps=10, step=0.05), y) for net in (hard, soft)]
    assert robust[0] > robust[1] + 0.3


def test_ascent_restores_the_weights_gradients() -> None:
    net = SimpleCNN()
    ascend(net, torch.rand(2, 1, 28, 28), torch.tensor([0, 1]), epsilon=0.1, steps=1, step=0.1)
    assert all(parameter.requires_grad for parameter in net.parameters())


def _moves(again: float) -> tuple[Moves, Batch]:
    images = torch.rand(6, 1, 28, 28)
    batch = Batch(images[[4, 1]], torch.tensor([0, 1]), torch.tensor([4, 1]), 0.5)
    return Moves(images, again), batch


def test_an_attack_goes_on_from_its_end_as_a_share_of_epsilon() -> None:
    moves, batch = _moves(again=1.0)
    end = batch.x + 0.2 * torch.ones_like(batch.x)
    moves.keep(batch, end, epsilon=0.2)
    start = moves.start(batch, epsilon=0.3)
    assert start is not None
    assert torch.allclose(start, batch.x + 0.3, atol=1e-6), "the ball has grown since"
    other = Batch(batch.x, batch.y, torch.tensor([0, 2]), 0.5)
    fresh = moves.start(other, epsilon=0.3)
    assert fresh is not None
    assert ((fresh - batch.x).abs() <= 0.3 + 1e-6).all()
    assert (fresh - batch.x).std() > 0.1, "an image that was not attacked yet starts by chance"


def test_without_memory_the_attack_starts_by_chance() -> None:
    moves, batch = _moves(again=0.0)
    moves.keep(batch, batch.x + 0.1, epsilon=0.1)
    assert moves.start(batch, epsilon=0.3) is None


def test_the_mean_of_weights_follows_them() -> None:
    net = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(net.weight)
    average = Average(net, decay=0.5)
    torch.nn.init.ones_(net.weight)
    seen = []
    for _ in range(12):
        average.follow()
        seen.append(average.model.weight.item())
    decays = [min(0.5, step / (step + 9)) for step in range(1, 13)]
    left, expected = 1.0, []
    for decay in decays:
        left *= decay
        expected.append(1 - left)
    assert seen == pytest.approx(expected)
    assert net.weight.item() == 1.0, "the model itself is left alone"
