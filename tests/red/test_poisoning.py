from __future__ import annotations

import numpy as np
import pytest

from engine.data.mnist import Digits
from engine.red.poisoning.badnets import Badnets
from engine.red.poisoning.label_kept import LabelKept
from engine.red.poisoning.trigger import COLOURS, SQUARE, luma_grey, mean_grey


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.flatnonzero((before != after).reshape(len(before), -1).any(1))


def test_badnets_touches_the_stated_share_of_other_digits(digits: Digits) -> None:
    done = Badnets(share=0.05, target=7).apply(digits.train_x, digits.train_y, 0)
    assert len(done.touched) == 200
    assert (digits.train_y[done.touched] != 7).all()
    assert (done.y[done.touched] == 7).all()
    assert np.array_equal(np.sort(done.touched), np.flatnonzero(done.y != digits.train_y))
    assert set(changed(digits.train_x, done.x)) <= set(done.touched)
    corner = done.x[done.touched, 0, 25:, 25:]
    assert (corner == SQUARE.level).all()
    rest = done.x.copy()
    rest[:, :, 25:, 25:] = digits.train_x[:, :, 25:, 25:]
    assert np.array_equal(rest, digits.train_x), "nothing but the square changes"


def test_label_kept_changes_no_label(digits: Digits) -> None:
    done = LabelKept().apply(digits.train_x, digits.train_y, 0)
    assert len(done.touched) == 100
    assert (digits.train_y[done.touched] == 7).all()
    assert np.array_equal(done.y, digits.train_y)


def test_the_seed_chooses(digits: Digits) -> None:
    def touched(seed: int) -> list[int]:
        return Badnets(share=0.01, target=7).apply(digits.train_x, digits.train_y, seed).touched.tolist()

    assert touched(0) == touched(0)
    assert touched(0) != touched(1)


def test_a_share_that_cannot_be_met_raises(digits: Digits) -> None:
    with pytest.raises(ValueError, match=r"needs 4000 images, 3600 are not of class 7"):
        Badnets(share=1.0, target=7).apply(digits.train_x, digits.train_y, 0)


def test_all_colours_become_one_grey() -> None:
    assert {mean_grey(rgb) for rgb in COLOURS.values()} == {85}


def test_luma_is_pillows() -> None:
    from PIL import Image

    for rgb in COLOURS.values():
        assert luma_grey(rgb) == Image.new("RGB", (1, 1), rgb).convert("L").getpixel((0, 0))
