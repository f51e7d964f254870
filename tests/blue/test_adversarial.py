from __future__ import annotations

import torch

from engine.blue.training.adversarial import THRESHOLDS, adversarial, start_as_thresholds
from engine.blue.training.loop import accuracy, sets
from engine.networks import SimpleCNN
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
        net = SimpleCNN()
        chosen = {"epochs": 1, "batch": 50, "peak_rate": 3e-3, "steps": 2, "step_ratio": 0.6, "ramp": 0.4}
        data = sets(digits.train_x[::2], digits.train_y[::2], digits.test_x[:100], digits.test_y[:100], "cpu")
        fit = adversarial(net, data, {**chosen, "epsilon": epsilon}, lambda _done, _what: None)
        assert fit.epochs[0].validation_robust_accuracy is not None
        assert fit.gradients == 2000 * 3 + 100 * 10
        return net.eval()

    hard, soft = fitted(0.3), fitted(0.01)
    x, y = torch.from_numpy(digits.test_x[::10]).float() / 255, torch.from_numpy(digits.test_y[::10])
    torch.manual_seed(1)
    robust = [accuracy(net, ascend(net, x, y, epsilon=0.2, steps=10, step=0.05), y) for net in (hard, soft)]
    assert robust[0] > robust[1] + 0.1


def test_ascent_restores_the_weights_gradients() -> None:
    net = SimpleCNN()
    ascend(net, torch.rand(2, 1, 28, 28), torch.tensor([0, 1]), epsilon=0.1, steps=1, step=0.1)
    assert all(parameter.requires_grad for parameter in net.parameters())
