"""Running the named tests: on a small project of its own, so that every outcome can be brought about."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.store import Store
from engine.threats import model, suite
from engine.threats.suite import Outcome, Suite, outcome
from tests.conftest import ROOT

TESTS = """
import pytest

def test_good():
    assert True

@pytest.mark.parametrize("k", [1, 2])
def test_half(k):
    assert k == 1, "two is not one"

@pytest.mark.skip(reason="no network here")
def test_skipped():
    pass
"""
GOOD, HALF, SKIPPED = (f"tests/test_it.py::test_{name}" for name in ("good", "half", "skipped"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_it.py").write_text(TESTS)
    (tmp_path / "engine").symlink_to(ROOT / "engine")  # where the plugin is
    return tmp_path


def look(project: Path, *tests: str, seconds: float = 300) -> dict[str, Outcome]:
    return Suite(project, Store(project / ".store")).run(tests, seconds)


def test_each_outcome_by_what_happened(project: Path) -> None:
    absent, nowhere = "tests/test_it.py::test_not_there", "tests/test_none.py::test_good"
    found = look(project, GOOD, HALF, SKIPPED, absent, nowhere)
    assert (found[GOOD].state, found[GOOD].value) == ("found", "1 passed")
    assert found[GOOD].when
    assert (found[HALF].state, found[HALF].value) == ("failed", "1 of 2 failed")
    assert "two is not one" in found[HALF].said
    assert (found[SKIPPED].state, "no network here" in found[SKIPPED].said) == ("missing", True)
    assert found[absent] == Outcome("missing", said="tests/test_it.py has no such test")
    assert found[nowhere] == Outcome("missing", said="there is no tests/test_none.py")


def test_what_passed_is_not_run_again_until_its_code_changes(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = look(project, GOOD)
    monkeypatch.setattr(suite, "find_spec", lambda _name: None)  # a second run could not find anything
    assert look(project, GOOD) == first
    (project / "tests/test_it.py").write_text(TESTS + "\n# another word\n")
    later = look(project, GOOD)
    assert later[GOOD].state == "stale"
    assert later[GOOD].when == first[GOOD].when
    assert "pytest is not installed" in later[GOOD].said


def test_without_pytest_all_is_missing_and_the_reason_is_said(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "find_spec", lambda _name: None)
    assert look(project, GOOD) == {GOOD: Outcome("missing", said="pytest is not installed")}


def test_tests_that_take_too_long_are_stopped(project: Path) -> None:
    (project / "tests/test_it.py").write_text("import time\n\ndef test_good():\n    time.sleep(600)\n")
    assert look(project, GOOD, seconds=1) == {GOOD: Outcome("missing", said="the tests took more than 1 s")}


def test_a_stopped_build_runs_nothing_more(project: Path) -> None:
    stopped = Suite(project, Store(project / ".store"))
    stopped.stop()
    assert stopped.run([GOOD]) == {GOOD: Outcome("missing", said="the build was stopped before it ran")}


def test_what_failed_is_not_kept(project: Path) -> None:
    assert look(project, HALF)[HALF].state == "failed"
    (project / "tests/test_it.py").write_text(TESTS.replace("k == 1", "k"))
    assert look(project, HALF)[HALF].state == "found"


def test_the_key_follows_the_engine_code_that_a_test_reaches(project: Path) -> None:
    (project / "tests/test_it.py").write_text("from engine.core import cards\n" + TESTS)
    looking = Suite(project, Store(project / ".store"))
    before = looking._key("tests/test_it.py", [GOOD])
    reached = suite._reached((project / "tests/test_it.py").read_text())
    assert "engine.core.cards" in reached
    assert "engine.red.evasion.pgd" not in reached
    (project / "tests/conftest.py").write_text("from engine.core import seeds\n")
    assert looking._key("tests/test_it.py", [GOOD]) != before


def test_a_skipped_case_is_not_a_pass() -> None:
    lines = [
        {"test": f"{GOOD}[1]", "outcome": "passed", "said": ""},
        {"test": f"{GOOD}[2]", "outcome": "skipped", "said": "x"},
    ]
    assert outcome(GOOD, lines, "").state == "missing"
    assert outcome(GOOD, lines[:1], "").state == "found"
    broken = [{"test": "tests/test_it.py", "outcome": "failed", "said": "no module"}]
    assert outcome(GOOD, broken, "").state == "failed"


def test_every_test_and_rule_that_the_threat_model_names_exists() -> None:
    file = model.read()
    looking = Suite(ROOT, Store(ROOT / ".store"))
    for test in file.tests():
        assert looking._defined(test.partition("::")[0], [test]) == [test]
    rules = "\n".join(path.read_text() for path in (ROOT / "engine/sast/rules").glob("*.yaml"))
    for piece in (piece for control in file.control for piece in control.evidence):
        if piece.rule and piece.tool == "semgrep":
            assert f"- id: {piece.rule}\n" in rules
