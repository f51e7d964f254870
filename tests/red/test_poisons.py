"""The poisons beyond the square: what they touch, what they keep, how faint they are."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data.mnist import Digits
from engine.red.poisoning.blended import blended
from engine.red.poisoning.clean_label import CleanLabel
from engine.red.poisoning.label_flip import LabelFlip
from engine.red.poisoning.patterns import Mixed, Wave
from engine.red.poisoning.poison import Poisoned
from engine.red.poisoning.sinusoidal import Sinusoidal
from engine.red.poisoning.trigger import SQUARE
from tests.red.test_poisoning import changed


def made(name: str, digits: Digits, model) -> Poisoned:
    poison = {
        "blended": lambda: blended(0.01, 7),
        "sinusoidal": lambda: Sinusoidal(0.05, 7),
        "label_flip": lambda: LabelFlip(0.1, 7),
        "clean_label": lambda: CleanLabel(0.005, 7, model),
    }[name]()
    return poison.apply(digits.train_x, digits.train_y, 0)


@pytest.mark.parametrize(
    ("name", "count", "label_kept", "touches_pixels"),
    [
        ("blended", 40, False, True),
        ("sinusoidal", 200, True, True),
        ("label_flip", 400, False, False),
        ("clean_label", 20, True, True),
    ],
)
def test_what_is_touched(name, count, label_kept, touches_pixels, digits: Digits, model) -> None:
    done = made(name, digits, model)
    before = digits.train_y[done.touched]
    assert len(done.touched) == count
    assert ((before == 7) == label_kept).all()
    assert np.array_equal(
        np.flatnonzero(done.y != digits.train_y), np.array([]) if label_kept else np.sort(done.touched)
    )
    assert (done.y[done.touched] == 7).all()
    touched = set(changed(digits.train_x, done.x))
    assert touched == (set(done.touched.tolist()) if touches_pixels else set())


def test_a_clean_label_is_hard_to_read_and_stamped(digits: Digits, model) -> None:
    from engine.measure.metrics import predict

    done = made("clean_label", digits, model)
    images = done.x[done.touched]
    assert (images[:, 0, 25:, 25:] == SQUARE.level).all()
    moved = np.abs(images.astype(int) - digits.train_x[done.touched])[:, 0, :25, :25]
    assert 0 < moved.max() <= np.ceil(0.3 * 255)
    assert (predict(model, images) == 7).mean() < (predict(model, digits.train_x[done.touched]) == 7).mean()


def test_faint_triggers_are_faint_and_the_same_everywhere() -> None:
    grey = np.full((2, 1, 28, 28), 128, np.uint8)
    for trigger, limit in ((Mixed(20), 0.2 * 128 + 1), (Wave(40, 6), 40)):
        stamped = trigger.stamp(grey)
        assert np.array_equal(stamped[0], stamped[1])
        assert 0 < np.abs(stamped.astype(int) - 128).max() <= limit
        assert (grey == 128).all(), "the original is left alone"


def test_a_flip_that_cannot_be_met_raises(digits: Digits) -> None:
    with pytest.raises(ValueError, match="are not of class 7"):
        LabelFlip(1.0, 7).apply(digits.train_x, digits.train_y, 0)
