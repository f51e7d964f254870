"""A scanner that fails never reads as one that found nothing."""

import json

import pytest

from engine.core.errors import UserError
from engine.sast import bandit, semgrep, tool
from tests.sast.helpers import stand_in, tree

SCANS = [bandit.scan, semgrep.scan]


@pytest.mark.parametrize("scan", SCANS)
def test_a_missing_tool_is_named(scan, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", str(tmp_path / "nowhere" / "python"))
    with pytest.raises(UserError, match="is not there"):
        scan(tree(tmp_path, {"a.py": "x = 1\n"}))


@pytest.mark.parametrize("scan", SCANS)
def test_a_tool_that_dies_gives_its_own_message(scan, tmp_path, monkeypatch):
    stand_in(monkeypatch, tmp_path, "echo 'No module named scanner' >&2; exit 1")
    with pytest.raises(UserError, match="No module named scanner"):
        scan(tree(tmp_path, {"a.py": "x = 1\n"}))


@pytest.mark.parametrize("scan", SCANS)
def test_a_tool_that_hangs_is_stopped(scan, tmp_path, monkeypatch):
    stand_in(monkeypatch, tmp_path, "exec sleep 30")
    with pytest.raises(UserError, match=r"did not finish within 0\.2 s"):
        scan(tree(tmp_path, {"a.py": "x = 1\n"}), timeout=0.2)


@pytest.mark.parametrize("scan", SCANS)
def test_a_tool_that_leaves_a_file_out_fails(scan, tmp_path, monkeypatch):
    report = {
        "results": [],
        "errors": [],
        "metrics": {"_totals": {}, "./code/a.py": {}},
        "paths": {"scanned": ["code/a.py"]},
        "time": {"rules": []},
        "version": "1",
    }
    stand_in(monkeypatch, tmp_path, f"echo '{json.dumps(report)}'")
    with pytest.raises(UserError, match=r"left out 1 of 2 files, the first is code/b\.py"):
        scan(tree(tmp_path, {"a.py": "x = 1\n", "b.py": "x = 1\n"}))
    assert scan(tree(tmp_path / "one", {"a.py": "x = 1\n"}))[0].files == 1


def test_an_exit_code_that_was_not_expected_fails_even_with_a_clean_report():
    clean = json.dumps({"results": [], "errors": []})
    with pytest.raises(UserError, match="exit code 3"):
        tool.report("scanner", tool.Output(3, clean, ""), accepted=(0, 1))
    assert tool.report("scanner", tool.Output(1, clean, ""), accepted=(0, 1))["results"] == []


def test_output_that_is_no_report_fails():
    for text in ("", "[]", "Traceback"):
        with pytest.raises(UserError, match="failed"):
            tool.report("scanner", tool.Output(0, text, ""), accepted=(0,))
