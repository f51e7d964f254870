"""Any revision against the tree: a small repository whose history is known."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.errors import UserError
from engine.core.options import parse
from engine.sast import base, report

FLAW = "import joblib\n\n\ndef read(path):\n    return joblib.load(path)\n"
MORE = FLAW + "\n\ndef again(path):\n    return joblib.load(path)\n"
HIDDEN = "    return joblib.load(path)  # nosemgrep: joblib-load -- written by this very process\n"


def git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / "engine").mkdir(parents=True)
    (root / "engine/a.py").write_text(FLAW)
    (root / "engine/b.py").write_text("import yaml\n\n\ndef read(text):\n    return yaml.unsafe_load(text)\n")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    return root


@pytest.mark.parametrize(
    ("files", "states"),
    [
        ({}, {"unchanged"}),
        ({"a.py": "# a line\n" + FLAW}, {"moved"}),
        ({"a.py": None, "c.py": FLAW}, {"moved"}),
        ({"a.py": MORE}, {"unchanged", "new"}),
        ({"a.py": FLAW.replace("joblib.load(path)", "joblib.load(path, 'r')")}, {"fixed", "new"}),
        ({"a.py": FLAW.replace("    return joblib.load(path)\n", HIDDEN)}, {"suppressed"}),
        ({"a.py": "x = 1\n"}, {"fixed"}),
    ],
    ids=["nothing", "moved lines", "renamed file", "a second copy", "one fixed, one new", "suppressed", "fixed"],
)
def test_what_became_of_a_finding(repository, tmp_path, files, states):
    for name, text in files.items():
        path = repository / "engine" / name
        path.unlink() if text is None else path.write_text(text)
    (tmp_path / "scratch").mkdir()
    rows = base.against(repository, "HEAD", tmp_path / "scratch")
    found = {
        row.state for row in rows if getattr(row, "kind", "") == "change" and "joblib" in (row.before or row.after).rule
    }
    assert found == states
    assert bool(base.new_findings(rows)) == ("new" in states)


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", ""])
def test_an_unknown_revision_is_one_line(repository, tmp_path, revision):
    with pytest.raises(UserError, match="knows no revision"):
        base.check_out(repository, revision, tmp_path)


def test_the_gate_is_shut_by_new_findings_only(repository):
    said: list[str] = []
    options = replace(parse(["--gate"]), sast_base="HEAD")
    assert report.gate(repository, [], options, said.append) is False
    (repository / "engine/a.py").write_text(MORE)
    assert report.gate(repository, [], options, said.append) is True
    assert any(line.startswith("new: semgrep joblib-load at engine/a.py:9") for line in said)
    assert "gate is shut by 1 new" in said[-1]
    assert report.gate(repository, [], replace(options, gate=False), said.append) is False
