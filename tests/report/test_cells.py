"""What stands in a cell without a figure."""

from __future__ import annotations

from dataclasses import replace

from engine.models import MODELS
from engine.report import cells
from tests.report import example, example_certification

NONE = "not part of this profile"


def test_a_cell_says_why_an_attack_is_not_tried_on_a_model() -> None:
    view = example.view()
    assert cells.attacked(view, "trades", "universal", 0.1).text == MODELS["trades"].spared
    assert cells.missing(view, "minimal", model="trades", subject="carlini").text == MODELS["trades"].spared


def test_a_cell_that_no_profile_asked_for_gives_no_such_reason() -> None:
    view = example.view()
    assert cells.missing(view, "evasion", model="trades", subject="pgd", epsilon=0.77).text == NONE
    assert cells.missing(view, "evaluation", model="trades", subject="dusk").text == NONE


def test_what_is_proved_is_counted_over_the_most_digits() -> None:
    few = [example_certification.certified("certified", method, 0.3, 950) for method in ("interval", "linear")]
    many = replace(few[0], right=9725, **example.bounds(9071, 10_000))
    shown = cells.certified(example.view(example.records() | {"certification": (*few, many)}), "certified", 0.3)
    assert (shown.share, shown.n) == (0.9071, 10_000)
    shown = cells.certified(example.view(example.records() | {"certification": tuple(few)}), "certified", 0.3)
    assert (shown.share, shown.n) == (0.95, 1000)
    assert cells.certified(example.view(example.records() | {"certification": ()}), "certified", 0.3).share is None
