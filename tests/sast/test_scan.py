"""Both real scanners on this project: no finding of ours is open, and nothing fails in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.errors import UserError
from engine.core.records import Change, Scan
from engine.sast.scan import open_findings, project, scan
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def records() -> list[Scan | Change]:
    return scan(ROOT)


def test_our_own_code_has_no_open_finding(records) -> None:
    assert [(f.tool, f.rule, f.path, f.line) for f in open_findings(records)] == []


def test_every_suppression_shows_its_reason(records) -> None:
    hidden = [r.after for r in records if isinstance(r, Change) and r.state == "suppressed"]
    assert hidden
    assert all(len(found.justification) > 20 for found in hidden)


def test_both_tools_read_every_file_of_both_trees(records) -> None:
    scans = {(r.tool, r.tree): r for r in records if isinstance(r, Scan)}
    assert set(scans) == {(tool, tree) for tool in ("bandit", "semgrep") for tree in ("before", "after")}
    ours = [p for p in (ROOT / "engine").rglob("*.py") if not {"before", "rules"} & set(p.parts)]
    assert scans["bandit", "after"].files == scans["semgrep", "after"].files == len(ours) + 1


def test_every_fixed_flaw_says_what_is_done_instead(records) -> None:
    fixed = [r for r in records if isinstance(r, Change) and r.state == "fixed"]
    assert len(fixed) >= 12
    assert [(r.before.rule, r.before.path) for r in fixed if not r.answer] == []


def test_a_file_that_does_not_parse_is_an_error_and_not_a_clean_scan(tmp_path: Path) -> None:
    for folder in ("engine/sast/before", "engine"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "ok.py").write_text("a = 1\n")
    (tmp_path / "engine/broken.py").write_text("def f(:\n")
    with pytest.raises(UserError, match=r"broken\.py"):
        scan(tmp_path)


def test_the_insecure_reference_is_not_part_of_our_tree() -> None:
    assert any("before" in part for part in project(ROOT).exclude)
