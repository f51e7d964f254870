"""The pages of threats, controls and evidence lead both ways, and lead somewhere."""

from __future__ import annotations

import itertools
import re

import pytest

from engine.core.records import Control, Evidence, Threat
from engine.report.software import anchors
from engine.threats import model
from engine.threats.evidence import Known
from engine.threats.status import judge
from tests.report import example
from tests.threats.known import everything

FILE = model.read()
PAGES = ("stride", "stride-appendix", "evidence")


@pytest.fixture(scope="module", params=["example", "all found", "nothing run"])
def built(request) -> tuple[tuple, dict[str, str]]:
    rows = {
        "example": example.threats, "all found": lambda: tuple(judge(FILE, everything(FILE))),
        "nothing run": lambda: tuple(judge(FILE, Known())),
    }[request.param]()  # fmt: skip
    files = example.rendered(example.view(example.records() | {"threats": rows}))
    return rows, {name: files[f"report/{name}.md"].decode() for name in PAGES}


def ids(text: str) -> list[str]:
    headings = [line for line in text.splitlines() if line.startswith("#") and "{ #" not in line]
    named = re.findall(r"\{ #(\S+)[^}]*\}$", text, flags=re.M)
    return named + [line.lstrip("# ").lower().replace(" ", "-") for line in headings]


def links(text: str) -> set[tuple[str, str]]:
    return set(re.findall(r"\]\(([a-z-]*)(?:\.md)?#([^)]+)\)", text))


def test_no_link_is_dead_and_no_place_is_there_twice(built) -> None:
    _, pages = built
    places = {name: ids(text) for name, text in pages.items()}
    assert all(len(set(found)) == len(found) for found in places.values())
    for name, text in pages.items():
        for page, place in links(text):
            assert place in places[page or name], f"{name} links to {page}#{place}"


def test_from_threat_to_control_to_evidence_and_back(built) -> None:
    rows, pages = built
    evidence = [row for row in rows if isinstance(row, Evidence)]
    places = anchors(evidence)
    there, here = links(pages["stride"]), links(pages["evidence"])
    for threat in (row for row in rows if isinstance(row, Threat)):
        for control in threat.controls:
            assert ("evidence", f"c-{control}") in there
    for control in (row for row in rows if isinstance(row, Control)):
        assert {("stride", name.lower()) for name in control.threats} <= here
        assert {("", places[name]) for name in control.evidence} <= here
        assert control.threats
    for row in evidence:
        assert {("", f"c-{name}") for name in row.controls} <= here


def test_lists_stand_apart_from_the_text_before_them(built) -> None:
    _, pages = built
    for text in pages.values():
        lines = text.splitlines()
        for before, line in itertools.pairwise(lines):
            assert not (line.startswith("- ") and before and not before.startswith(("- ", "  "))), line


def test_nothing_is_called_mitigated_when_nothing_was_run() -> None:
    files = example.rendered(example.view(example.records() | {"threats": tuple(judge(FILE, Known()))}))
    text = " ".join(files[f"report/{name}.md"].decode() for name in PAGES)
    assert "0 mitigated" in text
    assert 'class="state mitigated">mitigated' not in text
    assert 'class="mark good"' not in text


def test_words_of_a_failing_test_take_no_effect(built) -> None:
    _, pages = built
    assert "<i>" not in pages["evidence"]
