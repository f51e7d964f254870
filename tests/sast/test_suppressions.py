"""Comments that suppress a finding, and those that do not."""

import json
import os
import subprocess
import sys

import pytest

from engine.core.errors import UserError
from engine.sast import semgrep, suppressions
from engine.sast.files import Source
from tests.sast.helpers import finding

BOTH = "pickle.load(x)  # nosec B301 -- our own file  # nosemgrep: pickle-load -- our own file"


def source(*lines: str) -> Source:
    return Source("code/a.py", lines)


@pytest.mark.parametrize(
    ("tool", "comment", "rules", "reason"),
    [
        ("bandit", "# nosec B301 -- our own file", ("B301",), "our own file"),
        ("bandit", "# nosec B301,B403 -- our own file", ("B301", "B403"), "our own file"),
        ("bandit", "# noqa: S301  # nosec B301 -- our own file", ("B301",), "our own file"),
        ("semgrep", "# nosemgrep: pickle-load -- our own file", ("pickle-load",), "our own file"),
        (
            "semgrep",
            "# nosemgrep: a.b.c, d -- our own file -- really",
            ("a.b.c", "d"),
            "our own file -- really",
        ),
        ("bandit", BOTH, ("B301",), "our own file"),
        ("semgrep", BOTH, ("pickle-load",), "our own file"),
    ],
)
def test_forms_that_are_read(tool, comment, rules, reason):
    (only,) = suppressions.read(tool, source("x = 1", comment))
    assert (only.line, only.rules, only.reason) == (2, rules, reason)


@pytest.mark.parametrize(
    ("tool", "comment"),
    [
        ("bandit", "# nosec"),
        ("bandit", "# nosec B301"),
        ("bandit", "# nosec B301 --"),
        ("bandit", "# nosec B301 -- ok"),
        ("bandit", "# nosec B301 our own file"),
        ("bandit", "# nosec -- our own file, all rules"),
        ("bandit", "#nosec"),
        ("semgrep", "# nosemgrep"),
        ("semgrep", "# nosem"),
        ("semgrep", "# nosemgrep: pickle-load"),
        ("semgrep", "# nosemgrep -- our own file"),
    ],
)
def test_a_form_without_rule_or_reason_names_file_and_line(tool, comment):
    with pytest.raises(UserError, match=r"code/a\.py:3: a suppression without"):
        suppressions.read(tool, source("x = 1", "", f"y = 2  {comment}"))


def test_text_in_strings_and_the_other_tool_are_no_suppressions():
    text = source('x = "# nosec"', "y = 1  # nosemgrep: rule -- our own file", "# a nosecond comment")
    assert suppressions.read("bandit", text) == []
    assert len(suppressions.read("semgrep", text)) == 1


def reasons(tool, lines, *findings):
    applied = suppressions.apply(tool, list(findings), {"code/a.py": source(*lines)})
    return [found.justification for found in applied]


def test_bandit_reads_any_line_of_the_finding_but_no_other():
    lines = ["f(", "  x,  # nosec B301 -- our own file", ")", "g()"]
    spread = finding(line=1)
    spread = type(spread)(**{**spread.__dict__, "end_line": 3})
    assert reasons("bandit", lines, spread) == ["our own file"]
    assert reasons("bandit", lines, finding(line=1), finding(line=4)) == ["", ""]
    assert reasons("bandit", lines, finding(line=2, rule="B403")) == [""]


def test_semgrep_reads_its_line_and_a_comment_alone_on_the_line_before():
    lines = ["# nosemgrep: rule -- our own file", "f()", "g()  # nosemgrep: rule -- another reason", "h()"]
    found = [finding(line=line, rule="pack.rule", tool="semgrep") for line in (2, 3, 4)]
    assert reasons("semgrep", lines, *found) == ["our own file", "another reason", ""]
    assert reasons("semgrep", lines, finding(line=2, rule="other-rule", tool="semgrep")) == [""]


def test_both_tools_accept_our_forms_by_themselves(tmp_path):
    """Run with their own suppressions on, so that the comments mean the same in a reader's editor."""
    text = f"import pickle  # nosec B403 -- our own files only\n\n{BOTH}\npickle.load(y)\n"
    (tmp_path / "a.py").write_text(text)
    command = [sys.executable, "-m", "bandit", "-q", "-f", "json", "a.py"]
    bandit = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert [row["line_number"] for row in json.loads(bandit.stdout)["results"]] == [4]
    options = [option for option in semgrep.OPTIONS if option != "--disable-nosem"]
    command = [str(semgrep.executable()), *options, "--config", str(semgrep.RULES), "a.py"]
    env = {**os.environ, "SEMGREP_ENABLE_VERSION_CHECK": "0"}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, env=env)
    assert [row["start"]["line"] for row in json.loads(done.stdout)["results"]] == [4]
