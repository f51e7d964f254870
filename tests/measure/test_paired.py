"""McNemar's exact test against hand counts and against scipy's binomial test."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from engine.measure.paired import Paired, mcnemar


def answers(both: int, lost: int, gained: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    counts = (both, lost, gained, neither)
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)


@pytest.mark.parametrize(
    ("lost", "gained", "p"),
    [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 2 / 32), (0, 6, 2 / 64), (3, 3, 1.0), (4, 1, 2 * 6 / 32)],
)
def test_cases_counted_by_hand(lost: int, gained: int, p: float) -> None:
    assert mcnemar(*answers(7, lost, gained, 2)) == Paired(9 + lost + gained, lost, gained, p)


@pytest.mark.parametrize(("lost", "gained"), [(k, m) for k in range(0, 40, 3) for m in range(0, 40, 7) if k + m])
def test_the_same_as_a_binomial_test(lost: int, gained: int) -> None:
    ours = mcnemar(*answers(5, lost, gained, 5)).p
    assert ours == pytest.approx(binomtest(lost, lost + gained, 0.5).pvalue, rel=1e-9)


def test_images_that_did_not_change_sides_do_not_count() -> None:
    assert mcnemar(*answers(0, 9, 2, 0)).p == mcnemar(*answers(9000, 9, 2, 900)).p


def test_many_changes_neither_overflow_nor_leave_the_range() -> None:
    assert mcnemar(*answers(0, 5000, 0, 0)).p == 0.0
    assert 0 < mcnemar(*answers(0, 2600, 2400, 0)).p < 0.01


def test_no_image_at_all_is_no_difference() -> None:
    none = np.zeros(0, bool)
    assert mcnemar(none, none) == Paired(0, 0, 0, 1.0)


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (np.ones(3, bool), np.ones(4, bool), "shapes"),
        (np.ones((2, 2), bool), np.ones((2, 2), bool), "shapes"),
        (np.ones(3, int), np.ones(3, bool), "not bool"),
    ],
)
def test_answers_that_do_not_pair_raise(before, after, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        mcnemar(before, after)
