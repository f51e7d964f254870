"""What readers explore: charts against records, the pictures behind cells, the fates of single images."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.core.errors import UserError
from engine.core.records import Bracket, Certified, Evaluation, Evasion, Poisoning, Smoothed, Trial, WorstCase
from engine.report import behind, charts, draw, explorer, heat, pictures, site, vendor
from tests.report import example, example_gallery


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return example.rendered(extra=example.FILES)


@pytest.fixture(scope="module")
def drawn() -> dict[str, charts.Chart]:
    return charts.charts(example.view())


def flat(chart: charts.Chart) -> list[tuple[float, ...]]:
    return [(p["x"], p["y"], p["low"], p["high"], p["n"]) for one in chart["series"] for p in one["points"]]


def every(kind: type) -> list:
    return [row for rows in example.records().values() for row in rows if isinstance(row, kind)]


def test_curves_are_the_records_and_name_them(drawn) -> None:
    for attack in ("fgsm", "pgd"):
        rows = [r for r in every(Evasion) if r.attack == attack]
        clean = [r for r in every(Evaluation) if r.condition == "clean" and r.model in {row.model for row in rows}]
        want = {(r.epsilon, r.accuracy, r.low, r.high, r.n) for r in [*rows, *clean]}
        points = flat(drawn[f"curves-{attack}"])
        assert set(points) == want
        assert len(points) == len(rows) + len(clean)
        names = {p["name"] for one in drawn[f"curves-{attack}"]["series"] for p in one["points"] if p["x"]}
        assert names == {r.provenance.name for r in rows}


def test_certified_smoothed_and_recipes_are_the_records(drawn) -> None:
    for name in {row.method for row in every(Certified)}:
        rows = [r for r in every(Certified) if r.method == name and r.seed == 0]
        assert sorted(flat(drawn[f"certified-{name}"])) == sorted(
            (r.epsilon, r.accuracy, r.low, r.high, r.n) for r in rows
        )
    rows = every(Smoothed)
    assert sorted(flat(drawn["smoothing"])) == sorted((r.epsilon, r.accuracy, r.low, r.high, r.n) for r in rows)
    rows = every(Trial)
    assert sorted(flat(drawn["recipes"])) == sorted((r.gradients / 1e6, r.accuracy, r.low, r.high, r.n) for r in rows)


def test_the_surface_is_the_mean_over_seeds_with_its_extremes() -> None:
    rows = example.records()
    first = next(r for r in rows["poisoning"] if isinstance(r, Poisoning) and r.study == "surface")
    again = replace(first, seed=1, success_rate=0.5, success_low=0.4, success_high=0.6)
    chart = charts.charts(example.view(rows | {"poisoning": (*rows["poisoning"], again)}))["surface-success"]
    point = chart["series"][0]["points"][0]
    assert (point["low"], point["high"], point["seeds"]) == (first.success_rate, 0.5, 2)
    assert point["y"] == pytest.approx((first.success_rate + 0.5) / 2)
    assert "seed" in chart["interval"]


def test_the_bracket_holds_both_sides(drawn) -> None:
    want = [(r.epsilon, r.certified_rate, r.standing_rate) for r in every(Bracket)]
    found = [(bar["x"], bar["lower"]["y"], bar["upper"]["y"]) for bar in drawn["bracket"]["bars"]]
    assert sorted(found) == sorted(want)


def test_the_matrix_has_a_cell_or_a_reason_everywhere(drawn) -> None:
    chart = drawn["matrix"]
    cells = {(row["label"], name): cell for row in chart["rows"]
             for name, cell in zip(chart["columns"], row["cells"], strict=True)}  # fmt: skip
    assert cells["PGD 0.1", "Clean"]["y"] == next(
        r.accuracy for r in every(Evasion) if (r.model, r.attack, r.epsilon) == ("clean", "pgd", 0.1)
    )
    assert cells["worst case 0.1", "Clean"]["y"] == next(r.accuracy for r in every(WorstCase) if r.epsilon == 0.1)
    assert cells["PGD 0.3", "Backdoored"] == {"reason": "not run yet"}
    assert all(("y" in cell) != ("reason" in cell) for cell in cells.values())


def test_a_chart_shows_what_its_still_figure_shows(monkeypatch: pytest.MonkeyPatch, drawn) -> None:
    shown: dict[str, list[draw.Line]] = {}

    def record(rows, *_labels, **_options) -> str:
        shown[str(len(shown))] = rows
        return "<svg/>"

    monkeypatch.setattr(draw, "lines", record)
    site.render(example.view())
    still = {tuple((line.label, line.x, line.y, line.low, line.high) for line in rows) for rows in shown.values()}
    for name, chart in drawn.items():
        if chart["kind"] == "lines":
            own = tuple(
                (one["label"], *(tuple(p[side] for p in one["points"]) for side in ("x", "y", "low", "high")))
                for one in chart["series"]
            )
            assert own in still, name


def test_every_chart_has_its_figure_its_file_and_its_place(files, drawn) -> None:
    placed = set(re.findall(r'data-chart="([\w-]+)"', "".join(t.decode() for n, t in files.items() if n[-3:] == ".md")))
    assert placed == set(drawn)
    for name, chart in drawn.items():
        assert json.loads(files[f"data/charts/{name}.json"]) == json.loads(json.dumps(chart))
        assert {f"report/figures/{name}-light.svg", f"report/figures/{name}-dark.svg"} <= set(files)


def test_nothing_measured_means_no_chart_and_no_pictures() -> None:
    rows = dict.fromkeys(example.records(), ()) | {"provenance": (example.build(),)}
    view = example.view(rows)
    assert charts.charts(view) == {}
    assert behind.kept(view, every(Evaluation)[0]) is None
    assert explorer.files(view) == {}


def test_the_shade_turns_at_one_half() -> None:
    assert heat.shade(1.0)[0] == "blue"
    assert heat.shade(0.0)[0] == "red"
    assert heat.shade(0.0)[1] == heat.shade(1.0)[1] > heat.shade(0.5)[1]


@pytest.mark.parametrize("name", ["clean-clean", "clean-stamped", "clean-fgsm-0.3"])
def test_pictures_behind_a_cell_lie_where_the_index_says(files, name: str) -> None:
    index = json.loads(files[f"data/charts/behind-{name}.json"])
    assert index["limit"] == example_gallery.LIMIT
    assert index["cells"] == {"4-9": [0, 1], "7-7": [1, 2]}
    assert index["index"] == [11, 3, 5]
    sheet = np.asarray(Image.open(io.BytesIO(files[f"report/figures/behind-{name}.png"])))
    for place in range(3):
        left = 28 * (place % index["columns"])
        assert (sheet[:28, left : left + 28] == 50 + place).all()


def test_a_sheet_wraps_and_leaves_the_rest_black() -> None:
    images = np.arange(1, 31, dtype=np.uint8)[:, None, None].repeat(28, 1).repeat(28, 2)
    sheet = np.asarray(Image.open(io.BytesIO(pictures.sprite(images))))
    assert sheet.shape == (56, 28 * 24)
    assert sheet[28, 0] == 25
    assert (sheet[28:, 28 * 6 :] == 0).all()


def test_fates_are_told_as_they_are(files) -> None:
    table = json.loads(files["data/charts/explorer.json"])
    assert [label for _, label in table["images"]] == list(range(10))
    fates = {model["name"]: model["fates"] for model in table["models"]}["clean"]
    assert [fate["state"] for fate in fates] == ["wrong", "broken", "broken", *["stands"] * 7]
    assert (fates[1]["epsilon"], fates[1]["by"], fates[1]["after"]) == (0.1, ["PGD"], 7)
    assert (fates[1]["l2"], fates[1]["l2_by"]) == (1.5, "DeepFool")
    assert (fates[2]["by"], fates[2]["after"], fates[2]["l2"]) == (["FGSM", "PGD"], -1, None)
    assert fates[9]["proved"] == 0.25
    page = files["report/explorer.md"].decode()
    assert page.count('class="fate stands"') == 14
    assert "read as 6" in page


def test_the_library_comes_with_its_licence_and_only_once() -> None:
    found = vendor.files()
    script, terms = (found[f"javascripts/vendor/uplot.{end}"] for end in ("js", "LICENSE.txt"))
    assert script.startswith(b"/*! https://github.com/leeoniya/uPlot")
    assert script.endswith(b"export default uPlot;\n")
    assert len(script) < 60_000
    assert b"Permission is hereby granted" in terms
    assert b"youplot" not in terms


def test_a_missing_library_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor, "PACKAGE", "no-such-package")
    with pytest.raises(UserError, match="not installed"):
        vendor.files()


def test_scripts_ask_for_nothing_outside() -> None:
    for path in (Path(site.TEMPLATES).parent / "docs/javascripts").glob("explore/*.js"):
        assert not re.search(r"https?://", path.read_text("utf-8")), path.name
