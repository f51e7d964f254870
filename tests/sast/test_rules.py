"""Our rules against their labelled lines, by Semgrep's own test command."""

import os
import re
import subprocess

import pytest
import yaml

from engine.sast import semgrep

FILES = sorted(semgrep.RULES.glob("*.yaml"))


def rules():
    return [rule for path in FILES for rule in yaml.safe_load(path.read_text("utf-8"))["rules"]]


def test_semgrep_finds_every_bad_line_and_no_good_one(tmp_path):
    env = {**os.environ, "SEMGREP_ENABLE_VERSION_CHECK": "0", "SEMGREP_SEND_METRICS": "off"}
    command = [str(semgrep.executable()), "test", "--json", str(semgrep.RULES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    for rule in semgrep.own_rules():
        assert rule in done.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_rule_has_bad_and_good_lines_beside_it(path):
    lines = path.with_suffix(".py").read_text("utf-8")
    for rule in yaml.safe_load(path.read_text("utf-8"))["rules"]:
        assert re.search(rf"# ruleid: .*\b{rule['id']}\b", lines), rule["id"]
        assert re.search(rf"# ok: .*\b{rule['id']}\b", lines), rule["id"]


def test_every_rule_says_what_to_do():
    for rule in rules():
        assert len(rule["message"]) > 20
        assert len(rule["metadata"]["fix"]) > 10
        assert re.fullmatch(r"CWE-\d+", rule["metadata"]["cwe"])
        assert rule["severity"] in semgrep.SEVERITIES


def test_ids_are_read_as_yaml_reads_them():
    assert semgrep.own_rules() == sorted(rule["id"] for rule in rules())
    assert len(set(semgrep.own_rules())) == len(rules()) >= 12


def test_a_rule_that_misses_its_line_is_noticed(tmp_path):
    """The command above must be able to fail."""
    (tmp_path / "a.yaml").write_text(
        "rules:\n  - id: a\n    languages: [python]\n    severity: INFO\n    message: m\n    pattern: f()\n"
    )
    (tmp_path / "a.py").write_text("# ruleid: a\ng()\n")
    env = {**os.environ, "SEMGREP_ENABLE_VERSION_CHECK": "0"}
    command = [str(semgrep.executable()), "test", str(tmp_path)]
    assert subprocess.run(command, capture_output=True, timeout=50, env=env).returncode != 0
