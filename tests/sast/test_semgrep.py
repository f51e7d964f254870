"""Semgrep with our rules on small trees with known flaws."""

import pytest

from engine.core.errors import UserError
from engine.sast import semgrep
from tests.sast.helpers import tree

FLAWED = """\
    import numpy as np


    def read(path):
        return np.load(path, allow_pickle=True)
"""
MORE = """\
rules:
  - id: no-print
    languages: [python]
    severity: INFO
    message: A print.
    pattern: print(...)
    metadata:
      cwe: ["CWE-532: Insertion of Sensitive Information into Log File", "CWE-200: Exposure"]
      source: https://example.org/no-print
"""


def test_a_finding_carries_all_that_the_page_shows(tmp_path):
    scan, found = semgrep.scan(tree(tmp_path, {"a.py": FLAWED, "tests/test_b.py": FLAWED}))
    assert [finding.path for finding in found] == ["code/a.py", "code/tests/test_b.py"]
    first = found[0]
    assert (first.rule, first.line, first.end_line, first.column) == ("numpy-allow-pickle", 5, 5, 12)
    assert (first.severity, first.confidence, first.cwe) == ("high", "high", 502)
    assert first.snippet == "return np.load(path, allow_pickle=True)"
    assert "allow_pickle=False" in first.help
    assert (scan.files, scan.lines, scan.findings, scan.suppressed) == (2, 10, 2, 0)
    assert (scan.config, scan.rules) == ("engine/sast/rules", len(semgrep.own_rules()))


def test_ignore_files_hide_nothing(tmp_path):
    made = tree(tmp_path, {"a.py": FLAWED, "test/b.py": FLAWED, "build/c.py": FLAWED, "b.min.py": FLAWED})
    (tmp_path / ".semgrepignore").write_text("*.py\n")
    (tmp_path / ".gitignore").write_text("*.py\n")
    scan, found = semgrep.scan(made)
    assert scan.files == len(made.files()) == 4
    assert {finding.path for finding in found} == set(made.files())


def test_a_further_config_adds_rules_under_their_own_ids(tmp_path):
    pack = tmp_path / "pack.yaml"
    pack.write_text(MORE)
    scan, found = semgrep.scan(tree(tmp_path, {"a.py": "print(1)\n"}), (str(pack),))
    (only,) = found
    assert only.rule.endswith("no-print")
    assert (only.severity, only.confidence, only.cwe) == ("low", "medium", 532)
    assert only.help == "https://example.org/no-print"
    assert scan.rules == len(semgrep.own_rules()) + 1
    assert scan.config == f"engine/sast/rules + {pack}"


@pytest.mark.parametrize(
    ("files", "config", "match"),
    [
        ({"a.py": FLAWED, "bad.py": "def f(:\n  pickle.load(\n"}, "", r"bad\.py"),
        ({"a.py": FLAWED}, "rules: [", "Invalid YAML"),
        ({"a.py": FLAWED}, MORE.replace("print(...)", "print(("), "no-print"),
    ],
    ids=["file that does not parse", "malformed config", "bad pattern"],
)
def test_what_cannot_be_read_fails_the_scan(tmp_path, files, config, match):
    pack = tmp_path / "pack.yaml"
    pack.write_text(config)
    with pytest.raises(UserError, match=match):
        semgrep.scan(tree(tmp_path, files), (str(pack),) if config else ())


def test_a_config_that_is_not_there_fails_the_scan(tmp_path):
    with pytest.raises(UserError, match=r"nowhere\.yaml"):
        semgrep.scan(tree(tmp_path, {"a.py": FLAWED}), (str(tmp_path / "nowhere.yaml"),))


def test_a_pack_without_a_network_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("SEMGREP_URL", "http://127.0.0.1:9")
    with pytest.raises(UserError, match=r"cannot fetch.*p/ci.*leave out --semgrep-config"):
        semgrep.scan(tree(tmp_path, {"a.py": FLAWED}), ("p/ci",))


def test_a_suppression_keeps_the_finding_and_its_reason(tmp_path):
    text = FLAWED.replace(
        "allow_pickle=True)",
        "allow_pickle=True)  # nosemgrep: numpy-allow-pickle -- written by the line above",
    )
    scan, (only,) = semgrep.scan(tree(tmp_path, {"a.py": text}))
    assert only.justification == "written by the line above"
    assert (scan.findings, scan.suppressed) == (0, 1)


def test_needs_no_writable_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/proc/nowhere")
    assert len(semgrep.scan(tree(tmp_path, {"a.py": FLAWED}))[1]) == 1


@pytest.mark.parametrize(
    ("check", "short"),
    [
        ("pickle-load", "pickle-load"),
        ("engine.sast.rules.pickle-load", "pickle-load"),
        ("python.lang.security.pickle-load", "python.lang.security.pickle-load"),
    ],
)
def test_only_our_own_ids_lose_their_prefix(check, short):
    assert semgrep._short(check, semgrep.RULES) == short


@pytest.mark.parametrize(
    ("written", "number"),
    [("CWE-502", 502), (["CWE-79: x", "CWE-80"], 79), ("", 0), ([], 0), (None, 0)],
)
def test_cwe_is_the_first_number(written, number):
    assert semgrep._cwe(written) == number
