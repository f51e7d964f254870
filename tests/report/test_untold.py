"""What the page of poisons says of an attack that is not told of the trigger."""

from __future__ import annotations

from dataclasses import replace

from engine.core.rates import wilson
from engine.core.records import Evasion
from engine.report.untold import untold, wrong
from tests.report import example

TARGET = 7


def answers(right: int, to_target: int, elsewhere: int) -> tuple[tuple[int, ...], ...]:
    """Ten rows of 100 digits: the first takes the wrong answers, a target's own row has wrong ones that don't count."""
    rows = [[100 if k == truth else 0 for k in range(10)] for truth in range(10)]
    rows[0][0], rows[0][TARGET], rows[0][1] = right, to_target, elsewhere
    rows[TARGET][TARGET], rows[TARGET][2] = 60, 40
    return tuple(map(tuple, rows))


def cell(model: str, kept: int, to_target: int, elsewhere: int) -> Evasion:
    row = example.evasion(model, "pgd", 0.1, kept)
    return replace(row, scores=replace(row.scores, confusion=answers(0, to_target, elsewhere)))


def said(own: Evasion, plain: Evasion, *others: Evasion) -> dict:
    rows = example.records()
    kept = [row for row in rows["evasion"] if not (getattr(row, "attack", "") == "pgd" and row.model in
                                                   ("clean", "backdoored"))]  # fmt: skip
    found = untold(example.view(rows | {"evasion": (*kept, own, plain, *others)}))
    assert found
    return found["said"]


def test_the_target_s_own_images_do_not_count() -> None:
    counted = wrong(cell("backdoored", 100, 30, 10), TARGET)
    assert (counted.n, counted.hits) == (40, 30)
    assert counted.bounds == wilson(30, 40)


def test_a_model_that_falls_sooner_and_to_the_target_is_called_weaker_for_everybody() -> None:
    found = said(cell("backdoored", 110, 70, 30), cell("clean", 670, 10, 90))
    assert (found["weaker"], found["drawn"], found["shares"]) == (True, True, ["70.0 %", "10.0 %"])


def test_a_model_that_falls_elsewhere_is_not_explained_by_the_trigger() -> None:
    found = said(cell("backdoored", 110, 12, 88), cell("clean", 670, 10, 90))
    assert (found["weaker"], found["drawn"]) == (True, False)


def test_intervals_that_overlap_say_nothing() -> None:
    assert not said(cell("backdoored", 660, 70, 30), cell("clean", 670, 10, 90))["weaker"]


def test_without_wrong_answers_there_is_no_share() -> None:
    counted = wrong(cell("clean", 990, 0, 0), TARGET)
    assert (counted.n, counted.bounds) == (0, (0.0, 1.0))


def test_a_smaller_difference_that_is_clearer_is_the_one_told() -> None:
    wide = [
        replace(cell(name, kept, 10, 90), low=0.4, high=0.9) for name, kept in (("backdoored", 500), ("clean", 700))
    ]
    clear = [replace(cell(name, kept, 10, 90), epsilon=0.3) for name, kept in (("backdoored", 10), ("clean", 100))]
    found = said(wide[0], wide[1], *clear)
    assert (found["own"].epsilon, found["weaker"]) == (0.3, True)
