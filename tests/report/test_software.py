"""The diff links each proven flaw to its fix, and a flaw without all parts is unproven."""

from __future__ import annotations

import re

import pytest

from tests.report import example


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    files = example.rendered(example.view(example.records()))
    return {name: files[f"report/{name}.md"].decode() for name in ("sast", "fixes")}


def test_every_link_to_a_fix_leads_to_one(written: dict[str, str]) -> None:
    linked = set(re.findall(r'href="\.\./fixes/#([^"]+)"', written["sast"]))
    assert linked
    assert linked <= set(re.findall(r"\{ #(\S+) \}$", written["fixes"], flags=re.M))


def test_source_is_shown_as_text(written: dict[str, str]) -> None:
    assert "<b>Not</b>" not in written["fixes"]
    assert "&#60;b&#62;Not&#60;/b&#62;" in written["fixes"]
