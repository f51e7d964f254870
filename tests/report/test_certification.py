"""The page of certificates and the figure with both sides, from hand-built records."""

from __future__ import annotations

import re
import tomllib

import pytest

from engine.core.records import Bracket, Smoothed
from engine.report import certification, draw
from engine.report.draw import Span
from engine.report.figures import Shelf
from tests.report import example


@pytest.fixture(scope="module")
def page() -> str:
    return example.rendered()["report/certification.md"].decode()


def test_the_figure_shows_the_records_and_the_home_page_shows_the_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Span] = []
    with monkeypatch.context() as patch:
        patch.setattr(draw, "brackets", lambda spans: shown.extend(spans) or "<svg/>")
        figure = certification.bracket_figure(Shelf(None), example.view())
    rows = [row for row in example.records()["certification"] if isinstance(row, Bracket)]
    want = {(f"{r.epsilon:g}", r.certified_rate, r.certified_high, r.standing_rate, r.standing_low) for r in rows}
    assert {(s.label, s.lower[0], s.lower[2], s.upper[0], s.upper[1]) for s in shown} == want
    assert [span.group for span in shown] == ["Clean", "Clean", "Certified", "Certified"]
    assert figure is not None
    assert "Certified 90.6 % to 92.5 %" in figure.alt
    assert figure.light in example.rendered()["index.md"].decode()


def test_published_figures_stand_beside_ours(page: str) -> None:
    anchors = tomllib.loads(certification.ANCHORS.read_text("utf-8"))
    for row in anchors["linf"]:
        assert f"{100 * row['value']:.2f} % | [{row['name']}]({row['paper']})" in page
    assert re.search(r"\| 0.3 \| .*90.6 %.*\| 1,000 \| 93.32 %", page), "the tighter method counts"
    for column in anchors["smoothing"]:
        for radius, value in column["values"].items():
            shown = re.search(rf'<th scope="row">{radius}</th>.*', page)
            if shown:
                assert f"{100 * value:.1f} %" in shown[0]


def test_the_anchors_are_those_of_the_reference() -> None:
    anchors = tomllib.loads(certification.ANCHORS.read_text("utf-8"))
    found = {(row["epsilon"], row["name"]): row["value"] for row in anchors["linf"]}
    assert found == {
        (0.1, "Robustra"): 0.9791,
        (0.1, "IBP"): 0.9777,
        (0.3, "CROWN-IBP"): 0.9332,
        (0.3, "IBP"): 0.9195,
    }
    assert [list(column["values"].values()) for column in anchors["smoothing"]] == [
        [0.969, 0.898, 0.678],
        [0.975, 0.929, 0.783],
    ]


def test_a_bound_of_zero_is_said_in_words(page: str) -> None:
    assert "At ε 0.3 nothing is certified for Clean: the bound is 0 there." in page
    rows = tuple(row for row in example.records()["certification"] if getattr(row, "model", "") != "clean")
    other = example.rendered(example.view(example.records() | {"certification": rows}))[
        "report/certification.md"
    ].decode()
    assert "nothing is certified" not in other


def test_a_radius_beyond_reach_says_so(page: str) -> None:
    assert "beyond 0.80, the largest radius of so many copies" in page
    rows = [row for row in example.records()["certification"] if isinstance(row, Smoothed)]
    assert any(row.epsilon > row.reach for row in rows)


def test_nothing_run_is_a_readable_page() -> None:
    waiting = (
        example.pending("certification", "clean", "interval", 0.1),
        example.pending("certification", "smoothed-0.5", "smoothing", 0.5, "l2"),
    )
    files = example.rendered(example.view(example.records() | {"certification": waiting}))
    page = files["report/certification.md"].decode()
    assert page.count("not run yet") >= 2
    assert "Not drawn yet" in page
    assert "nothing is certified and attacked so far" in files["index.md"].decode()


def test_a_picture_of_many_models_is_drawn() -> None:
    rate = (0.5, 0.4, 0.6)
    spans = [Span(f"Model {k}", f"{size:g}", rate, (0.9, 0.8, 1.0)) for k in range(7) for size in (0.1, 0.2)]
    text = draw.brackets(spans)
    assert all(f"Model {k}" in text for k in range(7))
    assert text == draw.brackets(spans)
