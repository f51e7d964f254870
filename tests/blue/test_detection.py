"""Detectors where the answer is known without them: planted groups, planted directions, planted triggers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from engine.blue.detection.activation_clustering import activation_clustering, split
from engine.blue.detection.case import Case
from engine.blue.detection.hidden import hidden, leading, rounded
from engine.blue.detection.neural_cleanse import anomaly, neural_cleanse, reverse
from engine.blue.detection.spectral import spectral
from engine.blue.detection.strip import sameness, strip
from engine.measure.metrics import BATCH


class Corner(nn.Module):
    """Reads the label from one bright row of pixels; a lit corner pixel means 7 whatever else is there."""

    def __init__(self, backdoor: bool) -> None:
        super().__init__()
        self.fc = nn.Linear(11, 10)
        with torch.no_grad():
            self.fc.weight.zero_()
            self.fc.bias.zero_()
            self.fc.weight[:, :10] = 8 * torch.eye(10)
            self.fc.weight[7, 10] = 60.0 if backdoor else 0.0

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = images.float() / 255 if images.dtype == torch.uint8 else images
        seen = x[:, 0, ::2, :].mean(2)[:, :10]  # even rows: one a digit
        return self.fc(torch.cat([seen * 4, x[:, 0, 27, 27:28]], 1))


def drawn(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng, labels = np.random.default_rng(seed), np.arange(count) % 10
    images = rng.integers(0, 30, (count, 1, 28, 28)).astype(np.uint8)
    images[:, 0, 27, 27] = 0
    images[np.arange(count), 0, 2 * labels] = rng.integers(150, 256, (count, 28))
    return images, labels


def case(poisoned: int = 0, backdoor: bool = True) -> tuple[Case, np.ndarray]:
    x, y = drawn(2000, 1)
    touched = np.flatnonzero(y != 7)[:poisoned]
    x[touched, 0, 27, 27], y[touched] = 255, 7
    shown, _ = drawn(200, 3)
    shown[100:, 0, 27, 27] = 255
    found = Case(Corner(backdoor).eval(), x, y, *drawn(1000, 2), shown, 0)
    return found, np.isin(np.arange(len(y)), touched)


def settings(detector) -> dict:
    return {"directions": 5, "starts": 2} if detector is activation_clustering else {}


@pytest.mark.parametrize("detector", [activation_clustering, spectral])
@pytest.mark.parametrize("poisoned", [30, 180])  # a seventh and nearly half of the class
def test_a_planted_group_is_found_in_its_class(detector, poisoned: int) -> None:
    seen, truth = case(poisoned)
    verdict = detector(seen, **settings(detector))
    assert verdict.classes == (7,)
    assert verdict.images[truth].mean() > 0.95
    assert verdict.images[~truth].mean() < 0.01


@pytest.mark.parametrize("detector", [activation_clustering, spectral])
def test_nothing_is_flagged_where_nothing_was_planted(detector) -> None:
    verdict = detector(case()[0], **settings(detector))
    assert verdict.classes == ()
    assert not verdict.images.any()


def test_the_suspect_group_is_the_one_without_trusted_points_and_not_the_small_one() -> None:
    rng = np.random.default_rng(0)
    far, near = rng.normal(8, 1, (300, 4)), rng.normal(0, 1, (100, 4))
    share, expected, chance, toward, part = split(np.concatenate([far, near]), rng.normal(0, 1, (80, 4)), 3, 2, 0)
    assert (share, expected) == (0.75, 0.0)
    assert chance < 1e-20
    assert part[:300].all() and not part[300:].any()
    assert toward[:300].min() > toward[300:].max()


def test_hidden_is_what_the_last_layer_sees_and_rounding_makes_it_round() -> None:
    model, (x, _) = Corner(True).eval(), drawn(400, 5)
    seen = hidden(model, x)
    with torch.no_grad():
        direct = model(torch.from_numpy(x)).numpy()
    weight, bias = (part.detach().numpy() for part in (model.fc.weight, model.fc.bias))
    assert np.allclose(seen @ weight.T + bias, direct, atol=1e-4)
    rng = np.random.default_rng(0)
    points = rng.normal(size=(5000, 3)) * [1, 5, 20] + np.arange(5000)[:, None] % 10
    labels = np.arange(5000) % 10
    scale = rounded(points, labels)
    out = np.concatenate([scale.of(points[labels == k], k) for k in range(10)])
    spread = out.std(axis=0)
    assert spread.max() <= 1.01
    assert spread.min() > 0.15
    assert np.abs(np.corrcoef(out.T) - np.eye(3)).max() < 0.02


def test_rounding_without_an_image_of_each_class_raises() -> None:
    with pytest.raises(ValueError, match=r"no trusted image of class \[3\]"):
        rounded(np.ones((9, 2)), np.array([0, 1, 2, 4, 5, 6, 7, 8, 9]))


def test_leading_directions_are_those_of_a_known_matrix() -> None:
    points = np.diag([3.0, -7.0, 1.0])
    assert np.allclose(leading(points, 2), np.eye(3)[:, [1, 0]])


def test_strip_sees_what_no_overlay_changes() -> None:
    seen, _ = case()
    verdict = strip(seen, overlays=10, images=300)
    assert verdict.incoming
    assert verdict.images[100:].all()
    assert verdict.images[:100].mean() < 0.15
    blind = strip(case(backdoor=False)[0], overlays=10, images=300)
    assert blind.images[100:].mean() < 0.15, "without a backdoor the corner says nothing"


def test_entropy_of_a_model_that_always_or_never_knows() -> None:
    x, _ = drawn(20, 1)
    flat = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    with torch.no_grad():
        flat[1].weight.zero_(), flat[1].bias.zero_()
    assert np.allclose(sameness(flat, x, x, 4, 0), -np.log(10))
    with torch.no_grad():
        flat[1].bias[3] = 100.0
    assert np.allclose(sameness(flat, x, x, 4, 0), 0, atol=1e-6)


def test_overlays_do_not_pass_the_network_all_at_once() -> None:
    x, _ = drawn(20, 1)
    seen, flat = [], nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    flat.register_forward_pre_hook(lambda _model, given: seen.append(len(given[0])))
    sameness(flat, x, x, 40, 0)
    assert sum(seen) == 20 * 40
    assert max(seen) <= BATCH


def test_a_one_pixel_backdoor_is_reversed_to_about_one_pixel() -> None:
    seen, _ = case()
    found = reverse(seen.model, seen.trusted_x, steps=150, batch=16, seed=0)
    assert found.size[7] < 3
    assert found.mask[7, 0].argmax() == 27 * 28 + 27
    assert np.median(found.size) > 5 * found.size[7]
    assert found.success[7] == 1.0
    assert found.gradients == 150 * 16 * 10


def test_neural_cleanse_flags_the_answer_and_needs_a_small_change() -> None:
    seen, _ = case()
    assert neural_cleanse(seen, steps=150, batch=16, limit=8.0).classes == (7,)
    assert neural_cleanse(seen, steps=150, batch=16, limit=0.01).classes == ()
    assert neural_cleanse(case(backdoor=False)[0], steps=150, batch=16, limit=8.0).classes == ()


def test_the_index_counts_robust_deviations_below_the_median() -> None:
    index = anomaly(np.array([10.0, 11, 12, 13, 14, 3]))
    assert index[5] == pytest.approx((11.5 - 3) / (1.4826 * 1.5))
    assert index[4] < 0
