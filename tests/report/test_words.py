"""Numbers as a page writes them."""

from __future__ import annotations

import pytest

from engine.report.words import at_sizes, many, milliseconds


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.3849, "0.385 ms"), (65.6, "65.6 ms"), (999.4, "999 ms"), (999.6, "1 s"), (3190.0, "3.19 s")],
)
def test_from_a_second_on_times_are_in_seconds(value: float, written: str) -> None:
    assert milliseconds(value) == written


@pytest.mark.parametrize(("value", "written"), [(0, "0 epochs"), (1, "1 epoch"), (1200, "1,200 epochs")])
def test_one_is_not_many(value: int, written: str) -> None:
    assert many(value, "epoch") == written


def test_counts_that_differ_from_size_to_size_are_told_apart() -> None:
    assert at_sizes([1000, 1000], [0.1, 0.3]) == "1,000"
    assert at_sizes([30, 60], [0.1, 0.3]) == "30 at ε 0.1 and 60 at ε 0.3"
