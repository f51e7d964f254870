"""Drawings become images by MNIST's own geometry, so MNIST's images come back as they were."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.canvas import CENTRE, to_mnist


def paper(side: int = 280) -> np.ndarray:
    return np.full((side, side), 255, np.uint8)


def enlarged(digit: np.ndarray, times: int = 10) -> np.ndarray:
    return 255 - np.kron(digit, np.ones((times, times), np.uint8))


def centre(image: np.ndarray) -> tuple[float, float]:
    mass = image[0, 0].astype(float)
    every = np.arange(28)
    return mass.sum(1) @ every / mass.sum(), mass.sum(0) @ every / mass.sum()


def test_blank_and_faint_paper_is_no_digit() -> None:
    assert to_mnist(paper()) is None
    assert to_mnist(np.full((280, 280), 240, np.uint8)) is None


def test_an_enlarged_test_image_comes_back(digits) -> None:
    for digit in digits.test_x[:100, 0]:
        rows, columns = (np.flatnonzero((digit > 26).any(axis=axis)) for axis in (1, 0))
        if max(np.ptp(rows), np.ptp(columns)) != 19:
            continue  # faint rims: its box is not 20 any more
        back = to_mnist(enlarged(digit))
        assert back is not None
        assert back.shape == (1, 1, 28, 28)
        assert back.dtype == np.uint8
        apart = min(
            np.abs(np.roll(back[0, 0].astype(int), (dy, dx), (0, 1)) - digit).mean()
            for dy in (-1, 0, 1) for dx in (-1, 0, 1)
        )  # fmt: skip
        assert apart < 2.5, "more than faint rims and one pixel of shift differ"


def test_the_model_reads_enlarged_digits_as_well_as_the_originals(model, digits) -> None:
    from engine.measure.metrics import predict

    some = digits.test_x[:200]
    drawn = np.concatenate([to_mnist(enlarged(digit[0])) for digit in some])
    labels = digits.test_y[:200]
    assert (predict(model, drawn) == labels).mean() >= (predict(model, some) == labels).mean() - 0.03


@given(st.integers(0, 180), st.integers(0, 180), st.integers(4, 90), st.integers(4, 90))
def test_place_and_size_on_the_paper_do_not_matter(top: int, left: int, height: int, width: int) -> None:
    drawing = paper()
    drawing[top : top + height, left : left + width] = 0
    image = to_mnist(drawing)
    assert image is not None
    rows, columns = (np.flatnonzero(image[0, 0].any(axis=axis)) for axis in (1, 0))
    assert max(np.ptp(rows), np.ptp(columns)) == 19
    assert all(abs(place - CENTRE) <= 0.51 for place in centre(image))
    other = paper()
    other[:height, :width] = 0
    assert (to_mnist(other) == image).all()


def test_one_dot_fills_the_box() -> None:
    drawing = paper()
    drawing[3, 7] = 0
    assert (to_mnist(drawing)[0, 0] > 0).sum() == 400


@pytest.mark.parametrize(
    "drawing",
    [
        np.zeros((280, 280), np.float32),
        np.zeros((280, 280, 3), np.uint8),
        np.zeros((0, 5), np.uint8),
        np.zeros((1025, 2), np.uint8),
    ],
)
def test_what_is_no_drawing_is_refused(drawing: np.ndarray) -> None:
    with pytest.raises(ValueError, match="a drawing is uint8"):
        to_mnist(drawing)


def test_resizing_is_a_mean_of_what_is_covered() -> None:
    drawing = paper()
    drawing[50:90, 60:100] = np.tile(np.array([0, 100], np.uint8), 20)
    image = to_mnist(drawing)
    assert image is not None
    assert set(np.unique(image)) == {0, (255 + 155) // 2}
