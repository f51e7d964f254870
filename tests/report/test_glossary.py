from __future__ import annotations

import re
from pathlib import Path

import markdown
import pytest

from engine.report import glossary
from tests.report import example

ASKED = (
    "FGSM", "PGD", "APGD", "AutoAttack", "ASR", "robust accuracy", "certified", "trigger", "BadNets", "TRADES",
    "McNemar", "Wilson", "SARIF", "CWE", "STRIDE",
)  # fmt: skip


def test_every_asked_term_is_explained_in_a_sentence() -> None:
    entries = {entry.name: entry for entry in glossary.terms()}
    assert set(ASKED) <= entries.keys()
    assert [name for name, entry in entries.items() if not entry.means.endswith(".")] == []


def test_a_page_explains_what_it_uses_and_no_more() -> None:
    text = glossary.explained("PGD and APGDX stand here.\n")
    assert "*[PGD]: " in text
    assert "*[APGD]" not in text, "part of a word is no word"
    html = markdown.markdown(text, extensions=["abbr"])
    assert re.search(r'<abbr title="Projected gradient descent[^"]*">PGD</abbr>', html)
    assert glossary.explained("Nothing.\n") == "Nothing.\n"


def test_spellings_do_not_break_each_other() -> None:
    html = markdown.markdown(glossary.explained("FAB, FAB-T, APGD-CE and a 95 % interval.\n"), extensions=["abbr"])
    assert html.count("<abbr") >= 4


def test_the_page_has_each_term_once_with_its_own_anchor() -> None:
    page = example.rendered()["report/glossary.md"].decode()
    anchors = re.findall(r'id="(term-[^"]+)"', page)
    assert len(anchors) == len(set(anchors)) == sum(len(entry.spellings) for entry in glossary.terms())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[term]]\nname = "A"\nmeans = "x."\n[[term]]\nname = "B"\nalso = ["A"]\nmeans = "y."', "there twice"),
        ('[[term]]\nname = "A"\nmeans = "x."\ncolour = "red"', "unknown keys"),
        ('[[term]]\nname = "A"\nmeans = "x\\ny."', "line breaks"),
    ],
)
def test_a_bad_file_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "terms.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        glossary.terms(path)
