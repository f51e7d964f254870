from __future__ import annotations

import numpy as np
import pytest

from engine.measure import metrics


def test_scores_by_hand() -> None:
    labels = np.array([0, 0, 1, 1, 2])
    predicted = np.array([0, 1, 1, 1, 0])
    scores = metrics.scores(labels, predicted)
    assert scores.confusion[0][:3] == (1, 1, 0)
    assert scores.confusion[2][:3] == (1, 0, 0)
    zero, one, two = scores.classes[:3]
    assert (zero.precision, zero.recall) == (0.5, 0.5)
    assert one.precision == pytest.approx(2 / 3)
    assert one.recall == 1.0
    assert two.precision is None, "never predicted"
    assert (two.predicted, two.recall, two.f1) == (0, 0.0, 0.0)
    assert scores.macro_recall == pytest.approx((0.5 + 1 + 0) / 10)


def test_perturbation_by_hand() -> None:
    x = np.zeros((2, 1, 28, 28), np.float32)
    moved = x.copy()
    moved[0, 0, 0, :4] = 0.5
    moved[1, 0, 0, 0] = 0.1
    size = metrics.perturbation(x, moved)
    assert size.linf_max == pytest.approx(0.5)
    assert size.linf_mean == pytest.approx(0.3)
    assert size.l2_max == pytest.approx(1.0)
    assert size.l2_mean == pytest.approx(0.55)
    assert size.l0_mean == pytest.approx(2.5)
    assert metrics.perturbation(x[:0], x[:0]).l2_max == 0
