"""The attacks of AutoAttack: closed forms, ART as a second program, and what each of them is for."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from engine.measure.sweep import check_ball
from engine.red.evasion.apgd import apgd_ce, apgd_dlr, apgd_targeted, checkpoints, likeliest
from engine.red.evasion.autoattack import autoattack
from engine.red.evasion.fab import fab_targeted, onto_plane
from engine.red.evasion.losses import dlr, margin, targeted_dlr
from engine.red.evasion.pgd import pgd
from engine.red.evasion.square import side, square
from tests.red.test_attacks import Linear

ATTACKS = {
    "apgd_ce": lambda m, x, y, e: apgd_ce(m, x, y, epsilon=e, seed=0, steps=40),
    "apgd_dlr": lambda m, x, y, e: apgd_dlr(m, x, y, epsilon=e, seed=0, steps=40),
    "apgd_targeted": lambda m, x, y, e: apgd_targeted(m, x, y, epsilon=e, seed=0, steps=20, targets=3),
    "fab_targeted": lambda m, x, y, e: fab_targeted(m, x, y, epsilon=e, seed=0, steps=20, targets=3),
    "square": lambda m, x, y, e: square(m, x, y, epsilon=e, seed=0, queries=300),
    "autoattack": lambda m, x, y, e: autoattack(m, x, y, epsilon=e, seed=0, steps=10, targets=2, queries=50),
}


def right(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    with torch.no_grad():
        return float((model(x).argmax(1) == y).float().mean())


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("epsilon", [0.05, 0.3])
def test_ball_and_range(name: str, epsilon: float, model: nn.Module, images) -> None:
    x, y = images
    found = ATTACKS[name](model, x, y, epsilon)
    check_ball(x.numpy(), found.x.numpy(), epsilon)
    assert torch.equal(found.x, ATTACKS[name](model, x, y, epsilon).x), "the same seed gives the same images"


@pytest.mark.parametrize("name", ["apgd_ce", "apgd_dlr"])
def test_a_linear_models_optimum_is_reached(name: str) -> None:
    model = Linear()
    x = torch.rand(6, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    y = torch.zeros(6, dtype=torch.int64)
    model.bias[0] = 5.0  # far enough ahead that no image falls and leaves early
    best = (x + 0.1 * model.weight[1].sign().reshape(1, 1, 28, 28)).clamp(0, 1)
    assert torch.allclose(ATTACKS[name](model, x, y, 0.1).x, best, atol=1e-5)


def test_apgd_is_at_least_as_strong_as_arts(model: nn.Module, images) -> None:
    from art.attacks.evasion import AutoProjectedGradientDescent

    from engine.art_bridge import classifier

    x, y = images
    for epsilon in (0.05, 0.1):
        theirs = AutoProjectedGradientDescent(
            classifier(model), norm=np.inf, eps=epsilon, eps_step=2 * epsilon, max_iter=40, nb_random_init=1,
            batch_size=64, loss_type="cross_entropy", verbose=False,
        ).generate(x.numpy(), np.eye(10, dtype=np.float32)[y.numpy()])  # fmt: skip
        ours = apgd_ce(model, x, y, epsilon=epsilon, seed=0, steps=40).x
        assert right(model, ours, y) <= right(model, torch.from_numpy(theirs), y) + 1 / len(x)


def test_apgd_is_at_least_as_strong_as_pgd(model: nn.Module, images) -> None:
    x, y = images
    plain = pgd(model, x, y, epsilon=0.1, seed=0, steps=40, step_ratio=0.1).x
    assert right(model, apgd_ce(model, x, y, epsilon=0.1, seed=0, steps=40).x, y) <= right(model, plain, y) + 1 / len(x)


def test_the_ensemble_is_at_least_as_strong_as_its_parts(model: nn.Module, images) -> None:
    x, y = images
    whole = autoattack(model, x, y, epsilon=0.08, seed=0, steps=20, targets=9, queries=100)
    for part in (
        apgd_ce(model, x, y, epsilon=0.08, seed=0, steps=20),
        apgd_targeted(model, x, y, epsilon=0.08, seed=0, steps=20),
    ):
        assert right(model, whole.x, y) <= right(model, part.x, y)
    assert whole.gradients > 0
    assert whole.queries > 0


class Scaled(nn.Module):
    """Logits times a thousand: cross-entropy's gradient drowns, the answers stay the same."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 1000 * self.inner(x)


def test_scaled_logits_fool_cross_entropy_but_not_the_ratio(model: nn.Module, images) -> None:
    x, y = images
    y = model(x).argmax(1)
    masked = Scaled(model)
    by_ratio = right(masked, apgd_dlr(masked, x, y, epsilon=0.15, seed=0, steps=20).x, y)
    assert by_ratio == pytest.approx(right(model, apgd_dlr(model, x, y, epsilon=0.15, seed=0, steps=20).x, y), abs=0.1)
    by_entropy = right(masked, apgd_ce(masked, x, y, epsilon=0.15, seed=0, steps=20).x, y)
    assert by_ratio < by_entropy


def test_broken_images_leave_the_batch(model: nn.Module, images) -> None:
    x, y = images
    wrong = (model(x).argmax(1) + 1) % 10
    assert apgd_ce(model, x, wrong, epsilon=0.1, seed=0, steps=40).gradients < 3 * len(x)
    spent = apgd_ce(model, x, y, epsilon=0.001, seed=0, steps=10).gradients
    assert 0.8 * 11 * len(x) <= spent <= 11 * len(x)


def test_checkpoints_are_the_papers() -> None:
    assert list(checkpoints(100)) == [22, 41, 57, 70, 80, 87, 93, 99]


def test_losses_tell_wrong_from_right() -> None:
    logits = torch.tensor([[3.0, 1.0, 0.5, 0.0], [1.0, 3.0, 0.5, 0.0]])
    y = torch.tensor([0, 0])
    assert margin(logits, y).tolist() == [2.0, -2.0]
    assert dlr(logits, y).tolist() == pytest.approx([-2 / 2.5, 2 / 2.5])
    assert dlr(1000 * logits, y).tolist() == pytest.approx(dlr(logits, y).tolist())
    aim = targeted_dlr(logits, y, torch.tensor([1, 1]))
    assert aim.tolist() == pytest.approx([-2 / 2.75, 2 / 2.75])


def test_likeliest_leaves_out_the_true_label(model: nn.Module, images) -> None:
    x, y = images
    rivals = likeliest(model, x, y)
    assert rivals.shape == (len(x), 9)
    assert not (rivals == y[:, None]).any()


def test_the_nearest_point_of_a_plane_in_closed_form() -> None:
    chance = torch.Generator().manual_seed(0)
    x = 0.4 + 0.2 * torch.rand(5, 20, generator=chance)
    w = torch.randn(5, 20, generator=chance)
    b = 0.5 - (w * x).sum(1)  # half a unit away, so that no pixel meets the box
    point = onto_plane(x, w, b)
    assert torch.allclose((w * point).sum(1) + b, torch.zeros(5), atol=1e-5)
    assert torch.allclose((point - x).abs().amax(1), 0.5 / w.abs().sum(1), atol=1e-5)


def test_square_asks_and_takes_no_gradient(model: nn.Module, images) -> None:
    x, y = images
    found = square(model, x, y, epsilon=0.2, seed=0, queries=200)
    assert found.gradients == 0
    assert len(x) < found.queries <= 200 * len(x)
    assert right(model, found.x, y) < right(model, x, y)


def test_autoattack_takes_many_images_a_part_at_a_time(
    model: nn.Module, images, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = images
    monkeypatch.setattr("engine.red.evasion.autoattack.TOGETHER", 7)
    whole = ATTACKS["autoattack"](model, x, y, 0.1)
    parts = [ATTACKS["autoattack"](model, x[at], y[at], 0.1) for at in torch.arange(len(x)).split(7)]
    assert torch.equal(whole.x, torch.cat([part.x for part in parts]))
    assert (whole.gradients, whole.queries) == tuple(
        sum(getattr(part, name) for part in parts) for name in ("gradients", "queries")
    )


class Counted(nn.Module):
    """Counts the images that it is asked about."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model, self.asked = model, 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.asked += len(x)
        return self.model(x)


def test_square_does_not_ask_what_it_knows(images) -> None:
    x, y = images[0].double(), torch.zeros(len(images[0]), dtype=torch.int64)
    model = Linear().double()
    model.bias[0] = 50.0  # nothing falls, so both try every square
    less, more = Counted(model), Counted(model)
    found = square(less, x, y, epsilon=0.2, seed=0, queries=400)
    always = square(more, x, y, epsilon=0.2, seed=0, queries=400, varies=True)
    assert torch.equal(found.x, always.x), "what is left out changes nothing"
    assert (found.queries, always.queries) == (less.asked, more.asked) == (less.asked, 400 * len(x))
    assert len(x) < less.asked < 0.9 * more.asked


def test_squares_shrink_on_the_papers_schedule() -> None:
    sides = [side(query, 5000, 784) for query in (1, 20, 60, 200, 400, 900, 1900, 2500, 3500, 4500)]
    assert sides == sorted(sides, reverse=True)
    assert sides[0] == 25
    assert sides[-1] == 1
