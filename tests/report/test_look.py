"""Colours that everyone can tell apart, letters, sizes of pictures, and the answer on the home page."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest

from engine.core.records import WorstCase
from engine.report import draw
from engine.report.card import SIZE, drawn
from engine.report.headline import headline
from engine.report.sized import size, sized
from engine.report.theme import DARK, FONTS, LIGHT, SERIES
from tests.conftest import ROOT
from tests.report import example
from tests.report.colour import MACHADO, contrast, distance

CSS = (ROOT / "docs/css/report.css").read_text("utf-8")
TEXT, GRAPHICS = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11
OPPOSITE, SERIES_APART = 45.0, 15.0  # ΔE*ab between red and blue, and between any two curves
NAMES = {"--good": "blue", "--bad": "red", "--open": "muted", "--line": "grid"}


def declared(selector: str) -> dict[str, str]:
    """Colours that the style sheet declares in its first block of this selector."""
    block = CSS[CSS.index(selector + " {") :]
    return dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6});", block[: block.index("}")]))


SHEETS = [(LIGHT, declared(":root") | declared('[data-md-color-scheme="default"]')),
          (DARK, declared('  [data-md-color-scheme="slate"]'))]  # fmt: skip


@pytest.mark.parametrize(("palette", "sheet"), SHEETS, ids=["light", "dark"])
def test_pages_and_figures_share_their_colours(palette: dict[str, str], sheet: dict[str, str]) -> None:
    assert {name: sheet[name] for name in NAMES} == {name: palette[own] for name, own in NAMES.items()}
    assert sheet.get("--md-default-bg-color", "#ffffff") == palette["surface"]


@pytest.mark.parametrize(("palette", "sheet"), SHEETS, ids=["light", "dark"])
def test_contrast(palette: dict[str, str], sheet: dict[str, str]) -> None:
    for ground in (palette["surface"], sheet["--panel"], sheet["--hero"]):
        for name in ("ink", "muted", "blue", "red"):
            assert contrast(palette[name], ground) >= TEXT, (name, ground)
        for name in ("--md-default-fg-color--light", "--md-typeset-a-color"):
            assert contrast(sheet[name], ground) >= TEXT, (name, ground)
    for name in SERIES:
        assert contrast(palette[name], palette["surface"]) >= GRAPHICS, name


@pytest.mark.parametrize("sight", MACHADO)
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_colour_blind_readers_can_tell_them_apart(palette: dict[str, str], sight: str) -> None:
    assert distance(palette["red"], palette["blue"], sight) >= OPPOSITE
    near = {(a, b): distance(palette[a], palette[b], sight) for a, b in combinations(SERIES, 2)}
    assert {pair: found for pair, found in near.items() if found < SERIES_APART} == {}


def test_the_simulation_is_one() -> None:
    """Grey stays grey for everyone; a red and a green that differ only there meet without the right cones."""
    for sight, matrix in MACHADO.items():
        assert matrix.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5), sight
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert distance("#000000", "#ffffff", "normal") == pytest.approx(100, abs=0.01)
    assert distance("#c04a00", "#7a7a00", "deuteranopia") < distance("#c04a00", "#7a7a00", "normal") / 2


def test_one_set_of_letters() -> None:
    named = re.search(r"--md-text-font: (.*);", CSS)[1]
    assert [font for font in FONTS if f'"{font}"' in named or font in named] == list(FONTS[:-1])
    assert "@import" not in CSS
    assert "url(" not in CSS
    assert draw.STYLE["font.sans-serif"] == list(FONTS)


def test_pictures_say_their_size() -> None:
    svg = b'<svg width="300pt" viewBox="0 0 300.4 200.6">'
    png = drawn("answer", [("Clean", "worst", "0 %", 0.0, "bad")])
    assert size(svg) == (300, 201)
    assert size(png) == SIZE
    assert size(b"GIF89a") is None
    files = {"report/figures/a.svg": svg}
    first = "![a](../figures/a.svg#only-dark){ loading=lazy }"
    text = f"{first} ![b](../figures/b.svg){{ .x }} ![c](../figures/a.svg){{ width=3 }}"
    said = sized(text, "report/evaluation/clean.md", files)
    assert said.count("width=300 height=201") == 1
    assert "![b](../figures/b.svg){ .x }" in said
    assert sized("![a](report/figures/a.svg){ .x }", "index.md", files).count("width=300") == 1


def test_the_answer_follows_the_records() -> None:
    view = example.view()
    said = headline(view)
    assert said.figures[0].model.name == "clean"
    shares = {row.model: row.accuracy for row in view.select(WorstCase) if row.epsilon == said.epsilon}
    best = max(shares, key=lambda name: shares[name])
    assert {big.model.name: big.cell.share for big in said.figures if big.under.startswith("worst")} == {
        name: shares[name] for name in ("clean", best)
    }
    assert said.answer == "Not as trained. Defended, it holds."  # the certified model is proved on most digits
    rows = example.records()
    alone = {family: tuple(row for row in kept if row.model == "clean")
             for family, kept in rows.items() if family in ("evasion", "trust", "certification")}  # fmt: skip
    assert headline(example.view(rows | alone)).answer == "Not as trained. No defence is measured yet."
    held = {family: tuple(row for row in rows[family] if getattr(row, "accuracy", 1.0) >= 0.5)
            for family in ("evasion", "trust")}  # fmt: skip
    unbroken = headline(example.view(rows | held))
    assert unbroken.answer == "No attack tried so far brings it down."
    nothing = headline(example.view(example.records() | {"evasion": (), "trust": ()}))
    assert nothing.answer == "Not known yet: the clean model was not attacked."
