"""The page of the input defences: its sentences from records, and a build that has not come so far."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.report.inputs import left, masked, p_value
from tests.report import example, example_inputs
from tests.report.example_inputs import row


def naive(right: int):
    return row("jpeg", "naive", 0.2, right, 40, 0, right - 40 if right > 40 else 0, 0.01)


def adaptive(right: int):
    return row("jpeg", "adaptive", 0.2, right, 40, 0, 0, 1.0)


@pytest.mark.parametrize(
    ("plain", "after", "said"),
    [
        (122, 42, "of the 41 points that it seemed to gain, 40 were masking"),
        (122, 40, "of the 41 points that it seemed to gain, all were masking"),
        (122, 20, "of the 41 points that it seemed to gain, all were masking"),
        (123, 122, "of the 41.5 points that it seemed to gain, 0.5 were masking"),
        (122, 122, "of the 41 points that it seemed to gain, none were masking"),
        (40, 10, "it gained nothing"),
        (30, 10, "it gained nothing"),
    ],
)
def test_masking_in_words(plain: int, after: int, said: str) -> None:
    assert masked(naive(plain), adaptive(after)) == said


def test_what_is_left_in_words() -> None:
    assert left(row("jpeg", "worst", 0.2, 60, 40, 2, 22, 3.6e-5)) == (
        "10 points are left (22 images gained, 2 lost, p < 0.0001)"
    )
    assert left(row("jpeg", "worst", 0.2, 39, 40, 2, 1, 1.0)) == (
        "0.5 points are lost (1 images gained, 2 lost, p = 1, which may be chance)"
    )
    assert left(row("jpeg", "worst", 0.2, 40, 40, 2, 2, 1.0)) == "nothing is left: 2 images gained, 2 lost"


def test_p_values_in_words() -> None:
    assert [p_value(p) for p in (1e-50, 0.0001, 0.0312, 1.0)] == ["< 0.0001", "= 0.0001", "= 0.031", "= 1"]


def page(rows: tuple) -> str:
    files = example.rendered(example.view(example.records() | {"inputs": rows}))
    return files["report/inputs.md"].decode()


def test_the_page_says_what_the_records_say() -> None:
    text = page(example_inputs.records())
    assert "of the 81.5 points that it seemed to gain, 80 were masking" in text
    assert "97.5 %" in text
    assert "At ε 0.2 random search alone broke 1 image," in text
    assert "not run yet" in text, "noise and the hardened model wait"
    assert text.count("| 0.2 | ") >= 6


def test_a_page_of_nothing_but_waiting_cells() -> None:
    text = page(example_inputs.waiting())
    assert "not run yet" in text
    assert "were masking" not in text
    assert "Not drawn" not in text


def test_a_page_of_a_profile_without_them() -> None:
    text = page(())
    assert "none of these defences" in text
    assert "not part of this profile" in text


def test_figures_are_drawn_for_both_themes() -> None:
    files = example.rendered(example.view(example.records() | {"inputs": finished()}))
    light, dark = (files[f"report/figures/inputs-clean-{theme}.svg"].decode() for theme in ("light", "dark"))
    assert light != dark
    for word in ("bare", "squeezing", "binarisation", "blind", "worst"):
        assert f">{word}<" in light


def finished() -> tuple:
    """Every defence measured: the figure shows all groups or none."""
    rows = list(example_inputs.records())
    models = [r for r in rows if getattr(r, "defence", "") == "jpeg" and r.kind == "input_defence"]
    return (*rows, *(replace(r, defence=name) for name in ("squeezing", "smoothing", "noise") for r in models))
