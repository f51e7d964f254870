"""What the demo answers, and that a visitor's values are not believed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.serve.models import Stamp
from engine.serve.predict import answer, fgsm

STAMP = Stamp(3, 25, 25, 85, 7)


@pytest.fixture(scope="module")
def digit(digits) -> np.ndarray:
    return digits.test_x[:1]


def test_without_an_attack_the_image_is_the_drawing(model, digit) -> None:
    found = answer(model, digit, None, 0)
    assert (found.image == digit[0, 0] / np.float32(255)).all()
    assert found.digit == found.before == int(model(torch.from_numpy(digit)).argmax())
    assert sum(found.scores) == pytest.approx(1, abs=1e-5)


def test_the_stamp_is_put_where_the_card_says(model, digit) -> None:
    found = answer(model, digit, STAMP, 0)
    assert (found.image[25:28, 25:28] == np.float32(85 / 255)).all()
    outside = found.image.copy()
    outside[25:28, 25:28] = digit[0, 0, 25:28, 25:28] / np.float32(255)
    assert (outside == digit[0, 0] / np.float32(255)).all()


def test_fgsm_is_the_attack_that_the_report_measures(model, images) -> None:
    from engine.red.evasion.fgsm import fgsm as measured

    x, _ = images
    with torch.no_grad():
        own = model(x).argmax(1)
    ours, theirs = fgsm(model, x, 0.1), measured(model, x, own, epsilon=0.1, seed=0).x
    assert float((ours - theirs).abs().gt(1e-6).float().mean()) < 1e-3
    assert float((ours - x).abs().max()) <= 0.1 + 1e-6
    assert 0 <= float(ours.min()) <= float(ours.max()) <= 1


def test_fgsm_makes_the_answer_less_sure(model, images) -> None:
    x, _ = images
    moved = fgsm(model, x, 0.1)
    with torch.no_grad():
        before = model(x).softmax(1).max(1)
        after = model(moved).softmax(1).gather(1, before.indices[:, None])[:, 0]
    assert float(after.mean()) < float(before.values.mean()) - 0.05


@pytest.mark.parametrize("epsilon", [-0.1, 1.1, float("nan")])
def test_a_size_out_of_range_is_refused(model, digit, epsilon: float) -> None:
    with pytest.raises(ValueError, match="ε is in"):
        answer(model, digit, None, epsilon)
