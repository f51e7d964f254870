from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from engine.core.rates import fisher, holm, mcnemar, wilson
from engine.measure import paired


@given(st.integers(1, 20000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_against_scipy(case: tuple[int, int]) -> None:
    successes, n = case
    low, high = wilson(successes, n)
    peer = binomtest(successes, n).proportion_ci(0.95, method="wilson")
    assert low == pytest.approx(peer.low, abs=1e-12)
    assert high == pytest.approx(peer.high, abs=1e-12)
    assert low <= successes / n <= high


@pytest.mark.parametrize("case", [(1, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_nonsense(case: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="is not a rate"):
        wilson(*case)


@pytest.mark.parametrize(("lost", "gained", "p"), [(0, 0, 1.0), (0, 5, 2 / 32), (1, 9, 22 / 1024), (4, 4, 1.0)])
def test_mcnemar_is_the_binomial_tail(lost: int, gained: int, p: float) -> None:
    assert mcnemar(lost, gained) == pytest.approx(p)
    assert mcnemar(gained, lost) == mcnemar(lost, gained)


def test_mcnemar_against_scipy() -> None:
    generator = np.random.default_rng(3)
    for share in (0.1, 0.5, 0.9):
        one, two = generator.random((2, 400)) < share
        found = paired.mcnemar(one, two)
        peer = binomtest(found.lost, found.lost + found.gained, 0.5).pvalue
        assert mcnemar(found.lost, found.gained) == found.p == pytest.approx(peer)


def test_mcnemar_of_a_whole_test_set_is_quick_and_finite() -> None:
    assert 0.0 <= mcnemar(10000, 0) < 1e-300
    assert mcnemar(5000, 5000) == 1.0


def exact_fisher(first: int, n: int, second: int, m: int) -> float:
    both = first + second
    chance = {k: Fraction(comb(n, k) * comb(m, both - k), comb(n + m, both)) for k in range(both + 1)}
    return float(sum(value for value in chance.values() if value <= chance[first]))


def test_fisher_is_the_sum_over_all_tables() -> None:
    for first, second in product(range(8), range(6)):
        assert fisher(first, 7, second, 5) == pytest.approx(exact_fisher(first, 7, second, 5))


def test_fishers_tea() -> None:
    assert fisher(3, 4, 1, 4) == pytest.approx(34 / 70)  # his own example: three of four cups each way


def test_holm_steps_down_and_stops() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005], 0.05) == [True, False, False, True]  # 0.03 > 0.05 / 2 ends it
    assert holm([0.02, 0.02], 0.05) == [True, True]
    assert holm([], 0.05) == []


@pytest.mark.parametrize("bad", [(-1, 5, 0, 5), (6, 5, 0, 5), (0, 0, 0, 5), (0, 5, 6, 5)])
def test_counts_that_are_none(bad: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="not two rates"):
        fisher(*bad)
    with pytest.raises(ValueError, match="no counts"):
        mcnemar(-1, 2)
