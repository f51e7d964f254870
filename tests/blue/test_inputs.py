"""Defences of the input: results by hand, gradients in closed form, and a defence that only masks."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import median_filter
from torch import nn

from engine.blue.inputs.binarisation import Binarisation
from engine.blue.inputs.defended import Defended
from engine.blue.inputs.jpeg import Jpeg
from engine.blue.inputs.noise import Noise
from engine.blue.inputs.registry import DEFENCES
from engine.blue.inputs.scene import Scene, Spent
from engine.blue.inputs.smoothing import Smoothing
from engine.blue.inputs.squeezing import Squeezing
from engine.core.errors import UserError
from engine.core.registry import resolve
from engine.measure.sweep import check_ball
from tests.red.test_attacks import Linear

SETTINGS = {
    "squeezing": {"bits": 2}, "smoothing": {"kernel": 3}, "noise": {"sigma": 0.25, "draws": 4},
    "jpeg": {"quality": 20}, "binarisation": {"threshold": 0.5},
}  # fmt: skip
EFFORT = {"steps": 20, "adaptive_steps": 20, "step_ratio": 0.1, "eot_draws": 4, "queries": 50}


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def some(n: int = 4, seed: int = 1) -> torch.Tensor:
    return torch.rand(n, 1, 28, 28, generator=chance(seed))


def made(name: str):
    return resolve(DEFENCES[name].run)(**SETTINGS[name])


def test_every_registered_defence_is_tested() -> None:
    assert {entry.name for entry in DEFENCES} == set(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_shape_and_range(name: str) -> None:
    x = some()
    kept = x.clone()
    seen = made(name)(x, chance())
    assert seen.shape == x.shape
    assert seen.dtype == torch.float32
    assert 0 <= float(seen.min()) <= float(seen.max()) <= 1
    assert torch.equal(x, kept), "the images themselves are left alone"
    assert torch.equal(seen, made(name)(x, chance())), "the same draws give the same images"


def test_squeezing_by_hand() -> None:
    x = torch.tensor([0.0, 0.1, 0.2, 0.4, 0.49, 0.51, 0.8, 0.9, 1.0])
    assert (3 * Squeezing(bits=2)(x, chance())).tolist() == pytest.approx([0, 0, 1, 1, 1, 2, 2, 3, 3])
    assert Squeezing(bits=1)(x, chance()).tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1]
    grey = torch.arange(256) / 255
    assert torch.allclose(Squeezing(bits=8)(grey, chance()), grey), "eight bits lose nothing of a stored image"


def test_binarisation_by_hand() -> None:
    x = torch.tensor([0.0, 0.2999, 0.3, 1.0])
    assert Binarisation(threshold=0.3)(x, chance()).tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("kernel", [3, 5])
def test_the_median_is_scipys(kernel: int) -> None:
    x = some(1)
    theirs = median_filter(x[0, 0].numpy(), kernel, mode="nearest")
    assert np.array_equal(Smoothing(kernel=kernel)(x, chance())[0, 0].numpy(), theirs)


def test_the_median_removes_a_lone_pixel() -> None:
    x = torch.zeros(1, 1, 28, 28)
    x[0, 0, 10, 10] = 1
    assert not Smoothing(kernel=3)(x, chance()).any()


def test_jpeg_is_the_codecs() -> None:
    x = some(3)
    for image, seen in zip(x, Jpeg(quality=20)(x, chance()), strict=True):
        file = io.BytesIO()
        grey = np.round(image[0].numpy() * 255).astype(np.uint8)
        Image.fromarray(grey).save(file, "JPEG", quality=20)
        assert np.array_equal(np.round(seen[0].numpy() * 255), np.asarray(Image.open(file)))
    flat = torch.full((1, 1, 28, 28), 128 / 255)
    assert torch.equal(Jpeg(quality=20)(flat, chance()), flat), "level 128 is the codec's zero, exact at any quality"
    assert Jpeg(quality=20)(x[:0], chance()).shape == (0, 1, 28, 28)


def test_jpeg_loses_less_at_a_higher_quality() -> None:
    x = some(2)
    lost = [float((Jpeg(quality=q)(x, chance()) - x).abs().mean()) for q in (5, 20, 50, 95)]
    assert lost == sorted(lost, reverse=True)
    assert lost[-1] < lost[0] / 4


def test_noise_has_its_deviation() -> None:
    x = torch.full((20, 1, 28, 28), 0.5)
    moved = Noise(sigma=0.1, draws=1)(x, chance()) - 0.5
    assert float(moved.mean()) == pytest.approx(0, abs=4 * 0.1 / math.sqrt(moved.numel()))
    assert float(moved.std()) == pytest.approx(0.1, rel=0.03)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("squeezing", {"bits": 0}), ("squeezing", {"bits": 9}), ("smoothing", {"kernel": 4}),
        ("noise", {"sigma": 0.0, "draws": 4}), ("noise", {"sigma": 0.1, "draws": 0}), ("jpeg", {"quality": 0}),
        ("jpeg", {"quality": 96}), ("binarisation", {"threshold": 1.0}),
    ],
)  # fmt: skip
def test_bad_settings_are_one_clear_error(name: str, settings: dict) -> None:
    with pytest.raises(UserError, match="choose") as raised:
        resolve(DEFENCES[name].run)(**settings)
    assert "\n" not in str(raised.value)


def gradient(model: nn.Module, x: torch.Tensor, label: int = 1) -> torch.Tensor:
    point = x.clone().requires_grad_(True)
    (found,) = torch.autograd.grad(torch.log_softmax(model(point), 1)[:, label].sum(), point)
    return found


@pytest.mark.parametrize("name", ["squeezing", "jpeg"])
def test_straight_through_is_the_bare_gradient_at_the_defended_point(name: str, model: nn.Module, images) -> None:
    x, defence = images[0][:8], made(name)
    through = gradient(Defended(model, defence, seed=0, way="through"), x)
    assert torch.equal(through, gradient(model, defence(x, chance())))
    assert float(through.abs().max()) > 0
    assert not gradient(Defended(model, defence, seed=0, way="exact"), x).any(), "its own gradient is zero"


def test_the_ramps_gradient_is_a_multiple_of_it(model: nn.Module, images) -> None:
    x, defence = images[0][:8], made("binarisation")
    at_defended = gradient(model, defence(x, chance()))
    assert torch.allclose(gradient(Defended(model, defence, seed=0, way="through"), x), 5 * at_defended)
    assert not gradient(Defended(model, defence, seed=0, way="exact"), x).any()
    soft = defence.stand_in(torch.tensor([0.0, 0.39, 0.5, 0.56, 0.7]))
    assert soft.tolist() == pytest.approx([0, 0, 0.5, 0.8, 1], abs=1e-6)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("way", ["exact", "through"])
def test_forward_is_the_defence_to_the_last_bit(name: str, way: str, model: nn.Module, images) -> None:
    x, defence = images[0][:8], made(name)
    with torch.no_grad():
        assert torch.equal(Defended(model, defence, seed=3, way=way)(x), model(defence(x, chance(3))))


def test_the_medians_gradient_goes_to_the_median() -> None:
    x = some(1).requires_grad_(True)
    middle = Smoothing(kernel=3)(x, chance())[0, 0, 10, 10]
    (found,) = torch.autograd.grad(middle, x)
    (place,) = torch.nonzero(found[0, 0])
    assert torch.equal(x.detach()[0, 0, place[0], place[1]], middle.detach())
    assert float(found.sum()) == 1


def test_the_expected_gradient_of_a_linear_model_in_closed_form() -> None:
    """Of x + noise clipped to [0, 1], a pixel's slope is the chance that the noise leaves it inside."""
    linear, sigma, draws = Linear(), 0.25, 4000
    x = some(1)
    point = x.clone().requires_grad_(True)
    scores = Defended(linear, Noise(sigma=sigma, draws=1), seed=0, draws=draws)(point)
    (found,) = torch.autograd.grad(scores[0, 1], point)
    normal = torch.distributions.Normal(0, sigma)
    inside = normal.cdf(1 - x) - normal.cdf(-x)
    expected = linear.weight[1].reshape(1, 1, 28, 28) * inside
    error = (found - expected).abs() / linear.weight[1].abs().reshape(1, 1, 28, 28)
    assert float(error.max()) < 5 * 0.5 / math.sqrt(draws), "five deviations of a mean of coin flips"
    one = gradient_of_one(linear, sigma, x)
    assert float((one - expected).norm()) > 10 * float((found - expected).norm()), "a single draw is far off"


def gradient_of_one(linear: nn.Module, sigma: float, x: torch.Tensor) -> torch.Tensor:
    point = x.clone().requires_grad_(True)
    return torch.autograd.grad(Defended(linear, Noise(sigma=sigma, draws=1), seed=0)(point)[0, 1], point)[0]


def stage(model: nn.Module, defence, x: torch.Tensor, y: torch.Tensor) -> Scene:
    return Scene(model, defence, x, y, 0, EFFORT)


def test_a_binarised_linear_model_only_masks() -> None:
    """Pixels within ε of the threshold can be chosen freely; the best choice follows the sign of the weight."""
    linear, epsilon = Linear(), 0.1
    x = 0.5 + 0.3 * (some(6) - 0.5)  # pixels from 0.35 to 0.65: two thirds can cross
    defence, y = Binarisation(threshold=0.5), torch.zeros(6, dtype=torch.int64)
    w = linear.weight[1].reshape(1, 1, 28, 28)
    best = torch.where((x - 0.5).abs() < epsilon, (w > 0).float(), defence(x, chance()))
    top = (w * best).sum((1, 2, 3))
    plain = (w * defence(x, chance())).sum((1, 2, 3))
    linear.bias[0] = float((plain + 0.9 * (top - plain)).max()) + 1e-4  # only images near the optimum fall
    reachable = (top > linear.bias[0]).numpy()
    assert reachable.sum() > 0
    scene = stage(linear, defence, x, y)
    standing = scene.right(x)
    assert standing.all()
    assert scene.naive(standing, epsilon, Spent()).all(), "a gradient of zero leads nowhere"
    after = scene.adaptive(standing, epsilon, Spent())
    assert np.array_equal(~after, reachable), "what can be broken at all, and nothing else"


def test_adaptive_is_no_weaker_than_naive(model: nn.Module, images) -> None:
    x, y = images
    for name in SETTINGS:
        scene = stage(model, made(name), x, y)
        standing = scene.right(x)
        naive, adaptive = (getattr(scene, who)(standing, 0.15, Spent()) for who in ("naive", "adaptive"))
        assert adaptive.sum() <= naive.sum() + 2, name
        check_ball(x.numpy(), scene.last["adaptive"].numpy(), 0.15)
        check_ball(x.numpy(), scene.last["naive"].numpy(), 0.15)
        assert not (adaptive & ~standing).any(), "nothing rises again"


def test_costs_count_every_draw(model: nn.Module, images) -> None:
    x, y = images
    scene, spent = stage(model, made("noise"), x[:6], y[:6]), Spent()
    standing = np.ones(6, bool)
    scene.adaptive(standing, 0.1, spent)
    assert spent.gradients == 6 * 20 * 4, "no early stop, since its draws are not the judge's"
    spent = Spent()
    scene.naive(standing, 0.1, spent)
    assert spent.gradients == 6 * 20
    spent = Spent()
    scene.search(standing, 0.1, spent)
    assert spent.queries <= 6 * 50 + 6 * 4, "several draws a question leave fewer questions"


def test_the_search_asks_a_random_defence_about_every_square() -> None:
    linear, x, y = Linear(), some(6), torch.zeros(6, dtype=torch.int64)
    linear.bias[0] = 50.0  # nothing falls
    asked = {}
    for name in ("noise", "squeezing"):
        spent, scene = Spent(), stage(linear, made(name), x, y)
        assert scene.search(np.ones(6, bool), 0.1, spent).all()
        asked[name] = spent.queries - 6 * scene.defence.draws  # less the judge's
    assert asked["noise"] == 6 * (EFFORT["queries"] // 4) * 4, "the same image may be answered otherwise"
    assert asked["squeezing"] < 6 * EFFORT["queries"], "its answer to an unchanged image is known"


def test_the_judge_draws_otherwise_than_the_attacker(model: nn.Module, images) -> None:
    x, y = images
    scene = stage(model, made("noise"), x, y)
    with torch.no_grad():
        attacker = scene._attacked("adaptive", 0.1, "exact", 4)(x)
        again = scene._attacked("adaptive", 0.1, "exact", 4)(x)
        other = scene._attacked("naive", 0.1, "exact", 4)(x)
    assert torch.equal(attacker, again)
    assert not torch.equal(attacker, other)
    assert np.array_equal(scene.right(x), scene.right(x)), "judging twice meets the same draws"
