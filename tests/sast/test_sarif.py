"""The SARIF log: what the standard asks for, and what code-scanning services read."""

from __future__ import annotations

import json

import pytest

from engine.core.records import Scan
from engine.sast.diff import diff
from engine.sast.sarif import sarif
from tests.sast.helpers import finding

SCAN = Scan(
    tool="bandit", version="1.9.4", tree="after", paths=("code",), rules=0, config="", files=1, lines=9,
    findings=1, suppressed=1,
)  # fmt: skip
BEFORE = [
    finding(line=1),
    finding(line=2, snippet="torch.load(file)", rule="B614"),
    finding(line=3, snippet="pickle.loads(blob)"),
    finding(line=4, snippet="yaml.load(text)", rule="B506"),
]
AFTER = [
    finding(line=1),
    finding(line=8, snippet="torch.load(file)", rule="B614"),
    finding(line=3, snippet="pickle.loads(blob)", justification="made by this process"),
    finding(line=5, snippet="eval(text)", rule="B307"),
]


@pytest.fixture(scope="module")
def log() -> dict:
    return json.loads(json.dumps(sarif([SCAN, *diff(BEFORE, AFTER)])))


def by_rule(log: dict) -> dict[tuple[str, int], dict]:
    (run,) = log["runs"]
    return {(r["ruleId"], r["locations"][0]["physicalLocation"]["region"]["startLine"]): r for r in run["results"]}


def test_the_baseline_state_of_every_kind_of_change(log: dict) -> None:
    states = {place: result["baselineState"] for place, result in by_rule(log).items()}
    assert states == {
        ("B301", 1): "unchanged",
        ("B614", 8): "updated",
        ("B301", 3): "unchanged",
        ("B506", 4): "absent",
        ("B307", 5): "new",
    }


def test_only_the_suppressed_one_carries_its_reason(log: dict) -> None:
    reasons = {place: result["suppressions"] for place, result in by_rule(log).items()}
    assert reasons.pop(("B301", 3)) == [
        {"kind": "inSource", "status": "accepted", "justification": "made by this process"}
    ]
    assert not any(reasons.values())


def test_every_result_names_a_rule_of_its_run_and_a_unique_fingerprint(log: dict) -> None:
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])
    marks = [r["partialFingerprints"]["toolRulePathSnippet/v1"] for r in run["results"]]
    assert len(set(marks)) == len(marks)


def test_equal_snippets_in_a_file_are_told_apart() -> None:
    (run,) = sarif(diff([], [finding(line=1), finding(line=2)]))["runs"]
    first, second = (r["partialFingerprints"]["toolRulePathSnippet/v1"] for r in run["results"])
    assert first != second


def test_paths_are_relative_and_rules_carry_cwe_and_severity(log: dict) -> None:
    (run,) = log["runs"]
    places = [r["locations"][0]["physicalLocation"]["artifactLocation"] for r in run["results"]]
    assert {place["uri"] for place in places} == {"code/a.py"}
    assert all(place["uriBaseId"] in run["originalUriBaseIds"] for place in places)
    rule = run["tool"]["driver"]["rules"][0]
    assert "external/cwe/cwe-502" in rule["properties"]["tags"]
    assert 0 < float(rule["properties"]["security-severity"]) <= 10


def test_one_run_a_tool() -> None:
    log = sarif(diff([], [finding(), finding(tool="semgrep", rule="pickle-load")]))
    assert [run["tool"]["driver"]["name"] for run in log["runs"]] == ["bandit", "semgrep"]
    assert log["version"] == "2.1.0"
