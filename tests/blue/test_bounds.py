"""Interval and linear bounds: against every corner of tiny nets, against random points in the boxes of real ones."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import nn

from engine.blue.certification.interval import bounds, box, interval, layers_of
from engine.blue.certification.linear import linear
from engine.networks import NETWORKS, Ramp, build

METHODS = [interval, linear]
SLACK = 1e-4  # float32 sums, in another order


class Tiny(nn.Module):
    """Any layers as a network."""

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__()
        self.parts = nn.Sequential(*parts)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.parts(x)

    def layers(self) -> list[nn.Module]:
        return list(self.parts)


def tiny(kind: str, seed: int) -> Tiny:
    """A network on 3x3 or, for pooling, 4x3 pixels with three logits."""
    torch.manual_seed(seed)
    flat, relu = nn.Flatten(), nn.ReLU()
    parts: dict[str, tuple[nn.Module, ...]] = {
        "plain": (flat, nn.Linear(9, 3)),
        "two": (nn.Conv2d(1, 2, 2), flat, nn.Linear(8, 4), nn.Linear(4, 3)),
        "relu": (nn.Conv2d(1, 2, 2), relu, flat, nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 3)),
        "ramp": (Ramp(0.3, 0.7), nn.Conv2d(1, 2, 3, stride=2, padding=1), relu, flat, nn.Linear(8, 3)),
        "pool": (nn.Conv2d(1, 2, 3, padding=1), nn.MaxPool2d(2), relu, flat, nn.Linear(4, 3)),
    }
    return Tiny(*parts[kind]).eval()


def size(kind: str) -> tuple[int, int]:
    return (4, 3) if kind == "pool" else (3, 3)


def corners(x: torch.Tensor, epsilon: float) -> torch.Tensor:
    """Every corner of the box around one image (1, 1, H, W)."""
    low, high = box(x, epsilon)
    signs = torch.tensor(list(itertools.product((0.0, 1.0), repeat=x.numel()))).view(-1, *x.shape[1:])
    return low + signs * (high - low)


def differences(model: nn.Module, points: torch.Tensor, y: int) -> torch.Tensor:
    """The largest logit k - logit y over points."""
    with torch.no_grad():
        logits = model(points)
    return (logits - logits[:, y : y + 1]).max(0).values


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["plain", "two", "relu", "ramp", "pool"])
def test_no_corner_leaves_the_bounds(kind: str, method) -> None:
    for seed in range(4):
        model = tiny(kind, seed)
        x = torch.rand(1, 1, *size(kind))
        for epsilon in (0.0, 0.05, 0.3, 1.0):
            with torch.no_grad():
                found = method(model, x, torch.tensor([1]), epsilon=epsilon)[0]
            worst = differences(model, corners(x, epsilon), 1)
            assert (worst <= found + 1e-5).all(), (kind, seed, epsilon)
            if epsilon == 0.0:
                assert torch.allclose(worst, found, atol=1e-5), "a box of one point loses nothing"


@pytest.mark.parametrize(("kind", "method"), [("plain", interval), ("plain", linear), ("two", linear)])
def test_a_linear_network_is_bounded_exactly_at_a_corner(kind: str, method) -> None:
    for seed in range(4):
        model, x = tiny(kind, seed), torch.rand(1, 1, 3, 3)
        with torch.no_grad():
            found = method(model, x, torch.tensor([2]), epsilon=0.2)[0]
        assert torch.allclose(found, differences(model, corners(x, 0.2), 2), atol=1e-5)


def test_a_network_that_only_grows_is_bounded_exactly_by_intervals() -> None:
    parts = (nn.Conv2d(1, 2, 2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2, 3))
    model = Tiny(*parts).eval()
    for parameter in model.parameters():
        parameter.data.abs_()
    x = torch.rand(1, 1, 3, 3)
    with torch.no_grad():
        low, high = bounds(model.layers(), *box(x, 0.1))
        assert torch.allclose(low, model((x - 0.1).clamp(0, 1)), atol=1e-6)
        assert torch.allclose(high, model((x + 0.1).clamp(0, 1)), atol=1e-6)


def test_linear_bounds_are_never_looser() -> None:
    torch.manual_seed(3)
    model, x, y = tiny("relu", 0), torch.rand(8, 1, 3, 3), torch.arange(8) % 3
    with torch.no_grad():
        narrow, wide = linear(model, x, y, epsilon=0.1), interval(model, x, y, epsilon=0.1)
    assert (narrow <= wide).all()
    assert (narrow < wide - 1e-3).any()


@pytest.mark.parametrize("name", [entry.name for entry in NETWORKS])
def test_layers_are_the_forward_pass(name: str) -> None:
    torch.manual_seed(0)
    model, x = build(name).eval(), torch.rand(3, 1, 28, 28)
    y = x
    for layer in layers_of(model):
        y = layer(y)
    assert torch.allclose(y, model(x), atol=1e-5)
    assert torch.allclose(model((x * 255).byte()), model((x * 255).byte().float() / 255), atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("which", ["model", "bounded"])
def test_no_random_point_leaves_the_bounds_of_a_real_network(which: str, method, images, request) -> None:
    model = request.getfixturevalue(which)
    x, y = images[0][:12], images[1][:12]
    generator = torch.Generator().manual_seed(0)
    for epsilon in (0.01, 0.1, 0.3):
        low, high = box(x, epsilon)
        with torch.no_grad():
            found = method(model, x, y, epsilon=epsilon)
            for turn in range(20):
                share = torch.rand(x.shape, generator=generator)
                logits = model(low + (share.round() if turn % 2 else share) * (high - low))
                moved = logits - logits.gather(1, y[:, None])
                assert (moved <= found + SLACK).all(), (epsilon, turn)


@pytest.mark.parametrize("which", ["model", "bounded"])
def test_no_attacked_point_leaves_the_bounds(which: str, images, request) -> None:
    from engine.red.evasion.ascent import ascend

    model = request.getfixturevalue(which)
    x, y = images[0][:12], images[1][:12]
    torch.manual_seed(0)
    moved = ascend(model, x, y, epsilon=0.1, steps=20, step=0.02)
    with torch.no_grad():
        logits = model(moved)
        for method in METHODS:
            assert (logits - logits.gather(1, y[:, None]) <= method(model, x, y, epsilon=0.1 + 1e-6) + SLACK).all()


def test_a_ramp_hides_small_moves_of_black_and_white() -> None:
    low, high = bounds([Ramp(0.3, 0.7)], *box(torch.tensor([0.0, 0.5, 1.0]), 0.3))
    assert torch.allclose(low, torch.tensor([0.0, 0.0, 1.0]), atol=1e-6)
    assert torch.allclose(high, torch.tensor([0.0, 1.0, 1.0]), atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((nn.Flatten(), nn.Linear(9, 3), nn.Sigmoid(), nn.Linear(3, 3)), "Sigmoid"),
        ((nn.Flatten(), nn.Linear(9, 3), nn.ReLU()), "last layer"),
    ],
)
def test_a_layer_without_a_bound_is_named(parts: tuple[nn.Module, ...], said: str, method) -> None:
    with pytest.raises(TypeError, match=said):
        method(Tiny(*parts), torch.rand(1, 1, 3, 3), torch.tensor([0]), epsilon=0.1)


def test_a_network_without_layers_and_overlapping_pools_are_refused() -> None:
    with pytest.raises(TypeError, match="does not say its layers"):
        interval(nn.Linear(9, 3), torch.rand(1, 9), torch.tensor([0]), epsilon=0.1)
    model = Tiny(nn.MaxPool2d(2, stride=1), nn.Flatten(), nn.Linear(4, 3))
    with pytest.raises(TypeError, match="side by side"):
        linear(model, torch.rand(1, 1, 3, 3), torch.tensor([0]), epsilon=0.1)
