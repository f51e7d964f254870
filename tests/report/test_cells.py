"""What stands in a cell without a figure."""

from __future__ import annotations

from engine.models import MODELS
from engine.report import cells
from tests.report import example

NONE = "not part of this profile"


def test_a_cell_says_why_an_attack_is_not_tried_on_a_model() -> None:
    view = example.view()
    assert cells.attacked(view, "trades", "universal", 0.1).text == MODELS["trades"].spared
    assert cells.missing(view, "minimal", model="trades", subject="carlini").text == MODELS["trades"].spared


def test_a_cell_that_no_profile_asked_for_gives_no_such_reason() -> None:
    view = example.view()
    assert cells.missing(view, "evasion", model="trades", subject="pgd", epsilon=0.77).text == NONE
    assert cells.missing(view, "evaluation", model="trades", subject="dusk").text == NONE
