"""Advisories: what the service says, and never "clean" where it says nothing."""

from __future__ import annotations

import json

import pytest

from engine.core.records import Advisory, Audit, Skipped
from engine.sast import advisories, tool
from tests.sast.helpers import stand_in

CLEAN = {"name": "a", "version": "1", "vulns": []}
KNOWN = {
    "name": "b",
    "version": "2",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"], "description": "Bad.\n Very."}],
}
UNKNOWN = {"name": "c", "skip_reason": "Dependency not found"}


def test_a_report_is_read():
    audit, named = advisories.read({"dependencies": [CLEAN, KNOWN, UNKNOWN]})
    assert isinstance(audit, Audit)
    assert (audit.packages, audit.advisories) == (2, 1)
    assert named == Advisory(package="b", version="2", id="PYSEC-1", fixed=("3",), about="Bad. Very.")


@pytest.mark.parametrize("report", [{"dependencies": [UNKNOWN]}, {"dependencies": []}, {}])
def test_a_service_that_knows_nothing_has_checked_nothing(report):
    (row,) = advisories.read(report)
    assert isinstance(row, Skipped)
    assert "knew none" in row.reason


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'ConnectionError: no route' >&2; exit 1", "did not answer"),
        ("exit 3", "exit code 3"),
        ("exec sleep 30", "did not finish within 0.2 s"),
    ],
)
def test_a_failure_is_not_checked(tmp_path, monkeypatch, script, reason):
    stand_in(monkeypatch, tmp_path, script)
    (row,) = advisories.audit(tmp_path, timeout=0.2 if "sleep" in script else 20)
    assert isinstance(row, Skipped)
    assert reason in row.reason


def test_a_missing_tool_is_not_checked(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", str(tmp_path / "nowhere"))
    assert "is not there" in advisories.audit(tmp_path)[0].reason


def test_the_service_is_asked_once_a_day(tmp_path, monkeypatch):
    calls = []
    report = json.dumps({"dependencies": [CLEAN]})
    monkeypatch.setattr(tool, "run", lambda *_, **__: calls.append(1) or tool.Output(0, report, ""))
    memory = tmp_path / "store/advisories.json"
    first, second = advisories.kept(tmp_path, memory), advisories.kept(tmp_path, memory)
    assert first == second
    assert repr(first) == repr(second), "a number read back is told as before; see engine.integrity.standing"
    assert len(calls) == 1
    memory.write_text("damaged")
    advisories.kept(tmp_path, memory)
    assert len(calls) == 2
