"""Pages from hand-built records. ``python -m pytest tests/report --golden`` writes the goldens anew."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from engine.core.records import FAMILIES, Evasion
from engine.report import draw, site
from engine.report.site import TEMPLATES
from tests.conftest import ROOT
from tests.report import example

GOLDEN = ROOT / "tests/golden"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return example.rendered(extra=example.FILES)


def texts(files: dict[str, bytes]) -> dict[str, str]:
    return {name: content.decode() for name, content in files.items() if name.endswith(".md")}


def test_pages_are_the_golden_ones(files, request: pytest.FixtureRequest) -> None:
    pages = texts(files)
    if request.config.getoption("--golden"):
        for name, text in pages.items():
            target = GOLDEN / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
    kept = {str(path.relative_to(GOLDEN)): path.read_text("utf-8") for path in GOLDEN.rglob("*.md")}
    assert sorted(kept) == sorted(pages)
    for name, text in pages.items():
        assert text == kept[name], f"{name} differs; look at it, then run pytest tests/report --golden"


def test_rendering_twice_gives_the_same_bytes(files) -> None:
    assert site.render(example.view(), extra=example.FILES) == files


def test_a_build_with_nothing_run_has_every_page() -> None:
    rows = example.records()
    waiting = {
        "training": tuple(example.pending("training", m, "standard") for m in ("clean", "hardened")),
        "evaluation": (),
        "evasion": tuple(example.pending("evasion", "clean", "pgd", size) for size in (0.1, 0.3)),
        "poisoning": (),
    }
    pages = texts(example.rendered(example.view(rows | waiting)))
    assert sorted(pages) == sorted(texts(example.rendered()))
    assert "not run yet" in pages["report/attack-by-attack.md"]
    assert "Not run yet." in pages["report/attacks.md"]
    assert not re.search(r"\b(nan|None|Undefined)\b", " ".join(pages.values()))


def test_text_from_outside_takes_no_effect(files) -> None:
    page = files["report/sast.md"].decode()
    assert "<script>" not in page
    assert "&#60;script&#62;" in page
    assert "49" not in page, "a template ran inside a record"
    assert "Threat 0 &#38; &#60;b&#62;" in files["report/stride.md"].decode()


def test_a_never_predicted_class_is_said_in_words(files) -> None:
    page = files["report/evaluation/hardened.md"].decode()
    assert re.search(r"never predicted[^.]*\b8\b|\b8\b[^.]*never predicted", page)


def test_figures_show_the_records(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: dict[tuple[str, ...], list[draw.Line]] = {}

    def record(rows, *labels, **_options) -> str:
        shown[(*labels, *(row.label for row in rows))] = rows
        return "<svg/>"

    monkeypatch.setattr(draw, "lines", record)
    monkeypatch.setattr(draw, "bars", lambda *_args: "<svg/>")
    site.render(example.view())
    curves = [rows for labels, rows in shown.items() if labels[0] == "L∞ size ε"]
    by_model = {row.label: row for rows in curves for row in rows if len(row.x) == 3}
    for title, model in (("Clean", "clean"), ("Hardened", "hardened")):
        rows = [r for r in example.records()["evasion"] if isinstance(r, Evasion) and r.model == model]
        want = {(r.epsilon, r.accuracy, r.low, r.high) for r in rows}
        line = by_model[title]
        points = set(zip(line.x, line.y, line.low, line.high, strict=True))
        assert {p for p in points if p[0] > 0} <= want
        assert (0.0, 0.99 if model == "clean" else 0.9) in {p[:2] for p in points}


def test_svg_figures_suit_both_themes(files) -> None:
    light = [name for name in files if name.endswith("-light.svg")]
    assert light
    for name in light:
        dark = files[name.replace("-light", "-dark")]
        assert dark != files[name]
        assert b"<svg" in dark


def test_every_picture_has_words(files) -> None:
    pictures = [p for text in texts(files).values() for p in re.findall(r"!\[(.*?)\]\((\S+)\)", text)]
    assert len(pictures) > 20
    assert [target for words, target in pictures if len(words) < 15] == []


def test_no_figure_is_typed_by_hand() -> None:
    for path in TEMPLATES.glob("*.j2"):
        bare = re.sub(r"\{[{%#].*?[}%#]\}", "", path.read_text("utf-8"), flags=re.S)
        bare = bare.replace("95 % interval", "").replace("95 %", "")
        assert not re.findall(r"\d+(?:\.\d+)?\s?%", bare), path.name


@pytest.mark.parametrize("family", FAMILIES)
def test_downloads_match_their_schema_and_each_other(files, family: str) -> None:
    rows = json.loads(files[f"data/{family}.json"])
    jsonschema.validate(rows, json.loads(files[f"data/{family}.schema.json"]))
    table = list(csv.DictReader(io.StringIO(files[f"data/{family}.csv"].decode())))
    assert len(table) == len(rows)
    if family == "evasion":
        assert [float(r["accuracy"] or 0) for r in table] == [r.get("accuracy", 0) for r in rows]


def test_the_report_imports_no_torch() -> None:
    code = (
        "import sys; from tests.report import example; from engine.report import site;"
        "site.render(example.view()); print(*sorted({'torch','art','sklearn','gradio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_writing_replaces_what_changed_and_removes_what_is_gone(files, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    assert sorted(site.write(files, docs)) == sorted(files)
    assert site.write(files, docs) == []
    (docs / "report/old.md").write_text("gone")
    (docs / "own.md").write_text("kept")
    changed = {**files, "index.md": b"new\n"}
    assert sorted(site.write(changed, docs)) == ["index.md", "report/old.md"]
    assert (docs / "own.md").exists()
