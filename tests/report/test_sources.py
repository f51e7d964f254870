"""Every figure leads to the line of its job; the line, the file and the command say the same."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from engine.core.options import parse
from engine.core.records import Bracket
from engine.report import cells, sources
from tests.report import example

LINK = re.compile(r'<a class="source[^"]*" href="([^"]*)"')
MADE = "2026-01-02T03:04:05+00:00"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return example.rendered(
        replace(example.view(), made=lambda job: MADE if job == "key of evaluate/clean/seed0" else "")
    )


def pages(files: dict[str, bytes]) -> dict[str, str]:
    return {name: content.decode() for name, content in files.items() if name.endswith(".md")}


def test_every_link_leads_to_a_line_and_a_file(files) -> None:
    lines = set(re.findall(r'<tr id="([^"]+)">', files["report/records.md"].decode()))
    seen = set()
    for name, text in pages(files).items():
        top = "" if name == "index.md" else "../" * (name.count("/") + 1)
        for href in LINK.findall(text):
            place, _, anchor = href.partition("#")
            assert place == f"{top}report/records/", name
            assert anchor in lines, (name, anchor)
            seen.add(anchor)
    assert len(seen) > 20
    assert {f"data/jobs/{line}.json" for line in lines} <= files.keys()


@pytest.mark.parametrize(
    "page",
    ["index", "report/attacks", "report/protection", "report/certification", "report/detection", "report/poisoning",
     "report/privacy", "report/smallest", "report/inputs", "report/claims", "report/evaluation/clean",
     "report/anchors"],
)  # fmt: skip
def test_every_page_of_figures_has_links(files, page: str) -> None:
    assert LINK.search(files[f"{page}.md"].decode())


def test_a_measured_cell_never_stands_alone(files) -> None:
    for name, text in pages(files).items():
        for cell in re.findall(r'<td class="shade".*?</td>', text):
            assert 'class="source' in cell, (name, cell)


def test_names_do_not_share_an_anchor() -> None:
    names = sources.sources(example.view())
    assert len({sources.slug(name) for name in names}) == len(names)


def test_the_file_of_a_job_holds_its_records_and_its_command(files) -> None:
    found = json.loads(files["data/jobs/evaluate-clean-seed0.json"])
    assert found["made"] == MADE
    kinds = [row["kind"] for row in found["records"]]
    assert kinds.count("evaluation") == 2
    options = parse(found["command"].replace("'", "").split()[2:])
    assert (options.profile, options.seed, options.only) == ("standard", 0, ("evaluate/clean/seed0",))


def test_dates_are_the_stores_and_unknown_ones_say_so(files) -> None:
    page = files["report/records.md"].decode()
    assert page.count(f'<time class="made" datetime="{MADE}">2026-01-02</time>') == 1
    assert "not known" in page
    assert "days ago" not in page, "an age would make two renderings of one store differ"


def test_a_badge_is_that_of_the_very_attack() -> None:
    view = example.view()
    sound = sources.trust_of(view, cells.attacked(view, "clean", "pgd", 0.1))
    failed = sources.trust_of(view, cells.attacked(view, "clean", "pgd", 0.3))
    assert (sound and sound.sound, failed and failed.sound) == (True, False)
    fgsm, clean = cells.attacked(view, "clean", "fgsm", 0.1), cells.evaluated(view, "clean", "clean")
    for unchecked in (fgsm, clean, cells.Cell("–")):
        assert sources.trust_of(view, unchecked) is None


def test_the_card_shows_both_ends_on_the_same_images() -> None:
    view = example.view()
    row = view.select(Bracket, model="certified")[-1]
    standing, proved = cells.bracket(view, "certified", row.epsilon)
    assert standing.n == proved.n == row.n
    assert (standing.share, proved.share) == (row.standing_rate, row.certified_rate)
    assert proved.share <= standing.share
    waiting, _ = cells.bracket(view, "certified", 9.9)
    assert not waiting.measured
