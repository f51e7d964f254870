from __future__ import annotations

import pytest

from engine.threats import query
from tests.report import example

ROW = example.worst("hardened", 0.3, 900)


@pytest.mark.parametrize(
    ("text", "holds"),
    [("accuracy >= 0.9", True), ("accuracy >= 0.901", False), ("accuracy <= 0.9", True), ("low >= 0.9", False),
     ("n == 1000", True), ("n == 999", False)],
)  # fmt: skip
def test_conditions(text: str, holds: bool) -> None:
    assert query.condition(text).holds(ROW) is holds


def test_true_and_false_are_compared_as_such() -> None:
    assert query.condition("sound == true").holds(example.trust("clean", 0.3, True))
    assert not query.condition("sound == true").holds(example.trust("clean", 0.3, False))


@pytest.mark.parametrize("text", ["", "low", "low = 1", "low > 1", "low >= ", "low >= one", "1 >= low", "low >= 1 2"])
def test_what_is_no_condition_raises(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no condition|neither a number"):
        query.condition(text)


@pytest.mark.parametrize(
    ("kind", "family"),
    [("worst_case", "evasion"), ("trust", "trust"), ("certified", "certification"), ("membership", "privacy")],
)
def test_every_kind_has_its_family(kind: str, family: str) -> None:
    assert query.family(kind) == family


def test_the_worst_is_the_one_furthest_from_the_condition() -> None:
    rows = [example.worst("hardened", 0.3, right) for right in (900, 700, 950)]
    assert query.worst(rows, query.condition("low >= 0.8")).successes == 700
    assert query.worst(rows, query.condition("high <= 0.8")).successes == 950
    sound = [example.trust("clean", 0.3, passed) for passed in (True, False)]
    assert query.worst(sound, query.condition("sound == true")).sound is False
