"""Attacks against answers known without our code: a linear model's optimum is in closed form."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from art.attacks.evasion import FastGradientMethod, ProjectedGradientDescentPyTorch
from torch import nn

from engine.art_bridge import classifier
from engine.measure.sweep import check_ball
from engine.red.evasion.ascent import ascend
from engine.red.evasion.fgsm import fgsm
from engine.red.evasion.pgd import pgd

# AutoAttack stops at the first break, so it has no optimum to reach: see test_strong.py.
SETTINGS = {"fgsm": {}, "pgd": {"steps": 40, "step_ratio": 0.1, "stop": False}}
RUNS = {"fgsm": fgsm, "pgd": pgd}


class Linear(nn.Module):
    """Logits (0, w·x, -10, …): the loss of label 0 grows with w·x, whatever the loss."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        w = torch.randn(784, generator=torch.Generator().manual_seed(seed))
        self.weight = nn.Parameter(torch.zeros(10, 784), requires_grad=False)
        self.weight[1] = w / 100
        self.bias = nn.Parameter(torch.tensor([0.0, 0.0, *[-10.0] * 8]), requires_grad=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(1) @ self.weight.T + self.bias


def run(name: str, model: nn.Module, x: torch.Tensor, y: torch.Tensor, epsilon: float):
    """The attack without early stop, so that it has an optimum to reach."""
    return RUNS[name](model, x, y, epsilon=epsilon, seed=0, **SETTINGS[name])


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("epsilon", [0.05, 0.3, 1.0])
def test_linear_optimum_in_closed_form(name: str, epsilon: float) -> None:
    model = Linear()
    x = torch.rand(8, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    best = (x + epsilon * model.weight[1].sign().reshape(1, 1, 28, 28)).clamp(0, 1)
    found = run(name, model, x, torch.zeros(8, dtype=torch.int64), epsilon)
    assert torch.allclose(found.x, best, atol=1e-5)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("epsilon", [0.1, 0.3])
def test_ball_and_range_on_a_real_model(name: str, epsilon: float, model: nn.Module, images) -> None:
    x, y = images
    found = run(name, model, x, y, epsilon)
    check_ball(x.numpy(), found.x.numpy(), epsilon)
    moved = (found.x - x).abs().flatten(1).amax(1)
    assert (moved > 0.99 * epsilon).float().mean() > 0.9, "an attack that hardly moves is broken"


def right(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> int:
    return int((model(x).argmax(1) == y).sum())


def test_every_gradient_is_counted(model: nn.Module, images) -> None:
    x, y = images
    assert run("fgsm", model, x, y, 0.123).gradients == len(x)
    assert run("pgd", model, x, y, 0.1).gradients == 40 * len(x)


def test_pgd_leaves_broken_images_alone(model: nn.Module, images) -> None:
    """The model is asked about an image once after it broke, and never again."""
    x, y = images
    asked = []
    handle = model.register_forward_pre_hook(lambda _model, inputs: asked.append(len(inputs[0])))
    try:
        found = pgd(model, x, y, epsilon=0.3, seed=0, steps=40, step_ratio=0.1)
    finally:
        handle.remove()
    assert right(model, found.x, y) <= 2
    assert found.gradients + found.queries == sum(asked) < 40 * len(x) / 2
    assert asked == sorted(asked, reverse=True)


def test_restarts_only_help(model: nn.Module, images) -> None:
    x, y = images
    one, five = (pgd(model, x, y, epsilon=0.08, seed=0, steps=10, step_ratio=0.2, restarts=n) for n in (1, 5))
    assert right(model, five.x, y) <= right(model, one.x, y)
    assert five.gradients > one.gradients
    check_ball(x.numpy(), five.x.numpy(), 0.08)


def test_pgd_is_stronger_than_fgsm_and_repeatable(model: nn.Module, images) -> None:
    x, y = images
    assert right(model, run("pgd", model, x, y, 0.15).x, y) <= right(model, run("fgsm", model, x, y, 0.15).x, y)
    assert torch.equal(run("pgd", model, x, y, 0.15).x, run("pgd", model, x, y, 0.15).x)


@pytest.mark.parametrize("epsilon", [0.05, 0.3])
def test_fgsm_is_arts(epsilon: float, model: nn.Module, images) -> None:
    x, y = images
    theirs = FastGradientMethod(classifier(model), norm=np.inf, eps=epsilon).generate(x.numpy(), y.numpy())
    assert np.abs(run("fgsm", model, x, y, epsilon).x.numpy() - theirs).max() < 1e-6


@pytest.mark.parametrize("epsilon", [0.05, 0.1, 0.15])
def test_pgd_is_as_strong_as_arts(epsilon: float, model: nn.Module, images) -> None:
    x, y = images
    np.random.seed(0)
    theirs = ProjectedGradientDescentPyTorch(
        classifier(model), norm=np.inf, eps=epsilon, eps_step=epsilon / 10, max_iter=40, num_random_init=1,
        batch_size=64, verbose=False,
    ).generate(x.numpy(), y.numpy())  # fmt: skip
    ours = pgd(model, x, y, epsilon=epsilon, seed=0, steps=40, step_ratio=0.1)
    assert right(model, ours.x, y) <= right(model, torch.from_numpy(theirs), y) + 1


def test_pgd_agrees_with_the_ascent_of_training(model: nn.Module, images) -> None:
    x, y = images
    torch.manual_seed(0)
    other = ascend(model, x, y, epsilon=0.1, steps=40, step=0.01)
    ours = run("pgd", model, x, y, 0.1).x
    loss = nn.CrossEntropyLoss()
    assert loss(model(ours), y).item() == pytest.approx(loss(model(other), y).item(), rel=0.05)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda found: found + 0.5, "left"),
        (lambda found: found - 0.2, "left"),
        (lambda found: found[:1], "another shape"),
        (lambda found: found * np.nan, "not finite"),
    ],
)
def test_the_runner_refuses_images_outside_the_ball(spoil, said: str, images) -> None:
    x = images[0].numpy()
    check_ball(x, x, 0.1)
    with pytest.raises(ValueError, match=said):
        check_ball(x, spoil(x), 0.1)


def test_a_step_inside_the_ball_can_still_break_its_bound() -> None:
    x = np.full((1, 1, 28, 28), 0.5, np.float32)
    with pytest.raises(ValueError, match="left its ball"):
        check_ball(x, x + np.float32(0.2), 0.1)


def test_l0_counts_pixels_and_no_norm_bounds_only_the_range() -> None:
    x = np.full((1, 1, 28, 28), 0.5, np.float32)
    found = x.copy()
    found[0, 0, :3, 0] = 1
    check_ball(x, found, 3, "l0")
    with pytest.raises(ValueError, match=r"L0 size 3\.0 above 2"):
        check_ball(x, found, 2, "l0")
    check_ball(x, np.ones_like(x), 0, "none")
    with pytest.raises(ValueError, match=r"left \[0, 1\]"):
        check_ball(x, x + 1, 0, "none")
