"""Bandit on small trees with known flaws."""

import pytest

from engine.core.errors import UserError
from engine.sast import bandit
from tests.sast.helpers import tree

FLAWED = """\
    import pickle


    def read(file):
        return pickle.load(
            file,
        )
"""


def test_a_finding_carries_all_that_the_page_shows(tmp_path):
    scan, found = bandit.scan(tree(tmp_path, {"a.py": FLAWED, "tests/b.py": "x = 1\n"}))
    load = next(finding for finding in found if finding.rule == "B301")
    assert (load.path, load.line, load.end_line, load.column) == ("code/a.py", 5, 7, 12)
    assert (load.severity, load.confidence, load.cwe) == ("medium", "high", 502)
    assert load.snippet == "return pickle.load(\n    file,\n)"
    assert load.help.startswith("https://bandit.readthedocs.io/")
    assert load.justification == ""
    assert [finding.rule for finding in found] == ["B403", "B301"]
    assert (scan.files, scan.lines, scan.findings, scan.suppressed) == (2, 8, 2, 0)
    assert (scan.tool, scan.tree, scan.paths) == ("bandit", "after", ("code",))


def test_no_finding_is_a_scan_too(tmp_path):
    scan, found = bandit.scan(tree(tmp_path, {"a.py": "x = 1\n"}))
    assert found == []
    assert (scan.files, scan.findings) == (1, 0)


def test_a_file_that_does_not_parse_fails_the_scan(tmp_path):
    with pytest.raises(UserError, match=r"code/bad\.py.*syntax error"):
        bandit.scan(tree(tmp_path, {"a.py": FLAWED, "bad.py": "def f(:\n"}))


def test_a_suppression_keeps_the_finding_and_its_reason(tmp_path):
    text = "import pickle  # nosec B403 -- only ever writes, never reads\npickle.load(x)\n"
    scan, found = bandit.scan(tree(tmp_path, {"a.py": text}))
    assert {finding.rule: finding.justification for finding in found} == {
        "B403": "only ever writes, never reads",
        "B301": "",
    }
    assert (scan.findings, scan.suppressed) == (1, 1)


def test_a_suppression_without_a_reason_is_an_error(tmp_path):
    with pytest.raises(UserError, match=r"code/a\.py:2: a suppression without"):
        bandit.scan(tree(tmp_path, {"a.py": "import os\nimport pickle  # nosec B403\n"}))


def test_a_file_named_like_an_option_is_scanned(tmp_path):
    made = tree(tmp_path, {"a.py": "x = 1\n"})
    (tmp_path / "--help.py").write_text("import pickle\n")
    scan, found = bandit.scan(type(made)(tmp_path, "after", ("code", "--help.py")))
    assert scan.files == 2
    assert [finding.path for finding in found] == ["--help.py"]
