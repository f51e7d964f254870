"""Randomised smoothing, against closed forms and exact binomials."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
import torch
from scipy.stats import binom, binomtest
from torch import nn

from engine.blue.certification.smoothing import ABSTAINED, counts, lower_bound, radius_of, smooth, vote
from engine.blue.training.loop import sets
from engine.blue.training.noisy import noisy
from engine.core import unpack
from engine.core.bundle import arrays
from engine.networks import Strided
from tests.conftest import context
from tests.report import example_certification


class Plane(nn.Module):
    """Answers 3 on one side of a plane and 8 on the other, at ``distance`` from any image of zeros."""

    def __init__(self, distance: float) -> None:
        super().__init__()
        torch.manual_seed(0)
        way = torch.randn(784)
        self.way, self.distance = way / way.norm(), distance

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits = torch.full((len(x), 10), -1e9)
        logits[:, 3] = x.flatten(1) @ self.way + self.distance
        logits[:, 8] = 0.0
        return logits


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("distance", [0.1, 0.3, 0.6])
def test_the_radius_of_a_plane_is_the_distance_to_it(distance: float) -> None:
    settings = {"sigma": 0.5, "first": 100, "samples": 20000, "alpha": 0.001}
    found = vote(Plane(distance), torch.zeros(1, 28, 28), generator=generator(), **settings)
    assert found.answer == 3
    assert 0.9 * distance < found.radius <= distance


def test_a_close_vote_abstains() -> None:
    settings = {"sigma": 0.5, "first": 100, "samples": 1000, "alpha": 0.001}
    found = vote(Plane(0.0), torch.zeros(1, 28, 28), generator=generator(), **settings)
    assert (found.answer, found.radius) == (ABSTAINED, 0.0)


def test_votes_are_all_counted() -> None:
    found = counts(Plane(0.5), torch.zeros(1, 28, 28), 0.5, 1234, generator())
    assert found.sum() == 1234
    assert found[3] / 1234 == pytest.approx(NormalDist().cdf(1.0), abs=0.04)


@pytest.mark.parametrize("alpha", [0.001, 0.05])
def test_the_bound_is_scipys_exact_one(alpha: float) -> None:
    for hits, n in ((1, 10), (5, 10), (9, 10), (10, 10), (990, 1000), (99999, 100000)):
        exact = binomtest(hits, n, alternative="greater").proportion_ci(1 - alpha, "exact").low
        assert lower_bound(hits, n, alpha) == pytest.approx(exact, abs=1e-9)


def test_the_bound_solves_its_own_equation() -> None:
    for hits, n in ((3, 12), (11, 12), (12, 12)):
        p = lower_bound(hits, n, 0.01)
        tail = sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(hits, n + 1))
        assert tail == pytest.approx(0.01)
    assert lower_bound(50, 50, 0.001) == pytest.approx(0.001 ** (1 / 50))
    assert lower_bound(0, 50, 0.001) == 0.0


def test_the_bound_is_above_the_truth_no_more_often_than_alpha() -> None:
    n, alpha = 40, 0.05
    bound = np.array([lower_bound(hits, n, alpha) for hits in range(n + 1)])
    for p in np.linspace(0.02, 0.98, 49):
        assert binom.pmf(np.arange(n + 1), n, p)[bound > p].sum() <= alpha + 1e-12


@pytest.mark.parametrize(("hits", "n"), [(-1, 10), (11, 10), (0, 0)])
def test_what_is_no_rate_is_refused(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="is not a rate"):
        lower_bound(hits, n, 0.001)


def test_radii_follow_the_normal_quantile() -> None:
    assert radius_of(0.5, 0.5) == 0.0
    assert radius_of(0.2, 0.5) == 0.0
    assert radius_of(0.8413447460685429, 0.5) == pytest.approx(0.5)


def test_the_largest_radius_is_the_one_that_cohen_et_al_give() -> None:
    """Their §3.2.2: about 4σ for 100,000 samples at α = 0.001, so all of their MNIST radii end at 1.91 for σ 0.5."""
    assert radius_of(lower_bound(100_000, 100_000, 0.001), 0.5) == pytest.approx(1.91, abs=0.005)


@pytest.fixture(scope="module")
def noised(blob: bytes) -> dict:
    from engine.blue.training.train import train

    spec = {
        "model": "smoothed-0.25",
        "seed": 0,
        "network": "strided",
        "recipe": "noisy",
        "recipe_run": "engine.blue.training.noisy:noisy",
        "settings": {"epochs": 5, "batch": 50, "peak_rate": 4e-3, "sigma": 0.25},
        "train_images": 3000,
        "validation_images": 200,
        "poison": "",
    }
    return train(context(blob, spec))


SPEC = {
    "model": "smoothed-0.25",
    "seed": 0,
    "network": "strided",
    "images": 30,
    "sigma": 0.25,
    "first": 50,
    "samples": 500,
    "alpha": 0.001,
    "radii": [0.0, 0.25, 0.5, 2.0],
}


def test_the_job_counts_what_its_arrays_hold(blob: bytes, noised: dict, digits) -> None:
    made = smooth(context(blob, SPEC, {"train": noised}))
    rows, held = unpack.records(made)["certification"], arrays(made)
    right = held["answer"] == digits.test_y[held["index"]]
    assert np.array_equal(held["right"], right)
    for row in rows:
        assert row.successes == (right & (held["radius"] >= row.epsilon)).sum()
        assert row.abstained == (held["answer"] == ABSTAINED).sum()
    assert rows[0].accuracy > 0.7
    assert rows[0].successes >= rows[1].successes >= rows[2].successes
    assert rows[3].epsilon > rows[3].reach
    assert rows[3].successes == 0
    assert held["radius"].max() <= rows[0].reach


def test_an_image_is_voted_on_the_same_way_among_others(blob: bytes, noised: dict) -> None:
    few, more = (arrays(smooth(context(blob, {**SPEC, "images": n}, {"train": noised}))) for n in (10, 20))
    places = np.isin(more["index"], few["index"])
    assert places.sum() == 10
    assert np.array_equal(more["radius"][places], few["radius"])


def test_training_under_noise_helps_under_noise(digits) -> None:
    def fitted(sigma: float) -> float:
        torch.manual_seed(0)
        net = Strided()
        data = sets(digits.train_x[::2], digits.train_y[::2], digits.test_x[:200], digits.test_y[:200], "cpu")
        chosen = {"epochs": 5, "batch": 50, "peak_rate": 4e-3, "sigma": sigma}
        fit = noisy(net, data, chosen, lambda _done, _what: None)
        assert fit.epochs[fit.kept - 1].validation_robust_accuracy == max(
            point.validation_robust_accuracy for point in fit.epochs
        )
        x = torch.from_numpy(digits.test_x[::5]).float() / 255
        noise = 1.0 * torch.randn(x.shape, generator=generator(1))
        with torch.no_grad():
            return float((net.eval()(x + noise).argmax(1) == torch.from_numpy(digits.test_y[::5])).float().mean())

    assert fitted(1.0) > fitted(0.01) + 0.05


def test_more_certified_than_answered_cannot_be_recorded() -> None:
    with pytest.raises(ValueError, match="7 abstained"):
        example_certification.smoothed(0.5, 0.0, 1000)
