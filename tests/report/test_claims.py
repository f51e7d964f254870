"""The verdicts follow from the records, whichever way they fall."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.core.records import Colour, Evaluation, Reading
from engine.report import claims
from engine.report.figures import Shelf
from tests.report import example


def words(**changes: object) -> dict[int, str]:
    """Each claim's verdict when families of the example are replaced."""
    rows = claims.claims(example.view(example.records() | changes), Shelf(None))["rows"]
    return {row["number"]: row["found"].word for row in rows}


def readings(**accuracy: int) -> tuple[Reading, ...]:
    """The example's readings with some replaced; names have _ for -."""
    rows = {row.procedure: row for row in example.records()["claims"]}
    return tuple(
        {**rows, **{n.replace("_", "-"): example.reading(n.replace("_", "-"), k) for n, k in accuracy.items()}}.values()
    )


def test_there_are_nine() -> None:
    assert list(words()) == list(range(1, 10))


def test_nothing_measured_is_said_and_not_judged() -> None:
    empty = words(claims=(), evaluation=(), poisoning=(), sast=())
    assert set(empty.values()) == {claims.OPEN}


@pytest.mark.parametrize(("right", "word"), [(98, claims.HOLDS), (702, claims.FAILS)])
def test_a_figure_within_the_correct_interval_holds(right: int, word: str) -> None:
    assert words(claims=readings(pgd_correct=right))[1] == word


@pytest.mark.parametrize(("right", "word"), [(983, claims.HOLDS), (870, claims.FAILS)])
def test_fgsm(right: int, word: str) -> None:
    assert words(claims=readings(fgsm_correct=right))[2] == word


def test_three_levels_of_grey_would_be_three_triggers() -> None:
    one = Colour(colour="red", rgb=(255, 0, 0), mean_grey=85, luma_grey=76)
    rest = tuple(row for row in example.records()["poisoning"] if not isinstance(row, Colour))
    assert words(poisoning=(one, replace(one, colour="green"), *rest))[4] == claims.FAILS
    assert words(poisoning=(one, replace(one, colour="green", mean_grey=150), *rest))[4] == claims.HOLDS


def test_the_poisoned_model_is_accurate_for_another_reason() -> None:
    evaluation = (*example.records()["evaluation"], example.evaluation("poisoned", "clean", 990))
    harmless, learnt = example.poisoning("poisoned", 3), example.poisoning("poisoned", 880)
    kept = example.records()["poisoning"]
    assert words(evaluation=evaluation, poisoning=(*kept, harmless))[3] == claims.OTHERWISE
    assert words(evaluation=evaluation, poisoning=(*kept, learnt))[3] == claims.HOLDS


def test_a_weaker_attack_is_not_the_same() -> None:
    assert words()[8] == claims.FAILS
    assert words(claims=readings(pgd_clipped=702))[8] == claims.HOLDS


def test_skew_that_costs_accuracy_is_told_from_skew_that_does_not() -> None:
    assert words()[6] == claims.OTHERWISE
    assert words(claims=readings(skew=800))[6] == claims.FAILS


def test_adversarial_training() -> None:
    rows = [
        row for row in example.records()["evaluation"] if not (isinstance(row, Evaluation) and row.model == "hardened")
    ]
    assert words(evaluation=(*rows, example.evaluation("hardened", "clean", 512)))[5] == claims.HOLDS
    assert words()[5] == claims.FAILS
