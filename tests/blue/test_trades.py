"""TRADES: the penalty in closed form, and a fit that stands up better than a plain one."""

from __future__ import annotations

import pytest
import torch

from engine.blue.training.loop import accuracy, fit, sets
from engine.blue.training.trades import divergence, trades
from engine.networks import build
from engine.red.evasion.ascent import ascend


def test_the_penalty_is_the_divergence_of_the_two_answers() -> None:
    p, q = torch.tensor([[0.5, 0.5], [0.9, 0.1]]), torch.tensor([[0.25, 0.75], [0.9, 0.1]])
    by_hand = (0.5 * torch.log(torch.tensor(2.0)) + 0.5 * torch.log(torch.tensor(2 / 3))) / 2
    assert divergence(p.log(), q.log()).item() == pytest.approx(by_hand.item(), rel=1e-5)
    assert divergence(p.log(), p.log()).item() == pytest.approx(0, abs=1e-7)


def test_the_climb_from_soft_labels_follows_the_divergence() -> None:
    torch.manual_seed(0)
    net, x = build("strided"), torch.rand(3, 1, 28, 28)
    aim = net(x).softmax(1).detach()
    moved = x.clone().requires_grad_(True)
    (ours,) = torch.autograd.grad(torch.nn.functional.cross_entropy(net(moved + 0.05), aim, reduction="sum"), moved)
    (theirs,) = torch.autograd.grad(3 * divergence(aim.log(), net(moved + 0.05)), moved)
    assert torch.allclose(ours, theirs, atol=1e-6)


def test_it_stands_up_better_than_a_plain_fit(digits) -> None:
    data = sets(digits.train_x, digits.train_y, digits.test_x[:100], digits.test_y[:100], "cpu")
    x, y = torch.from_numpy(digits.test_x[::5]).float() / 255, torch.from_numpy(digits.test_y[::5])
    settings = {"epochs": 2, "batch": 50, "peak_rate": 3e-3, "epsilon": 0.2, "steps": 2, "step_ratio": 0.6,
                "ramp": 0.4, "weight": 6.0}  # fmt: skip
    robust = []
    for recipe in (trades, None):
        torch.manual_seed(0)
        net = build("strided")
        if recipe:
            done = recipe(net, data, settings, lambda _done, _what: None)
            assert done.gradients == 2 * (len(data.x) // 50 * 50) * 4 + 2 * 100 * 10
        else:
            fit(net, data, type("S", (), settings), lambda _done, _what: None)
        torch.manual_seed(1)
        robust.append(accuracy(net.eval(), ascend(net, x, y, epsilon=0.2, steps=10, step=0.05), y))
    assert robust[0] > robust[1] + 0.2
