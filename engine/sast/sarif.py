"""The changes as SARIF 2.1.0, the format that code-scanning services read.

OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", 2020: one run a tool,
``baselineState`` on every result (§3.27.24), suppressions with their justification (§3.35).
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any, TypeAlias

from engine.core.records import Change, Finding, Scan, Severity
from engine.sast.diff import normalise
from engine.sast.results import subject

Json: TypeAlias = dict[str, Any]
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
HOMES = {"bandit": "https://bandit.readthedocs.io/", "semgrep": "https://semgrep.dev/"}
LEVELS: dict[Severity, str] = {"low": "note", "medium": "warning", "high": "error"}
SCORES: dict[Severity, str] = {"low": "3.0", "medium": "5.5", "high": "8.0"}  # GitHub's bands
BASE = "SRCROOT"


def sarif(records: Iterable[Scan | Change]) -> Json:
    """Return the SARIF log of the scans and changes of one build, ready for ``json.dumps``."""
    rows = list(records)
    scans = [row for row in rows if isinstance(row, Scan)]
    changes = [row for row in rows if isinstance(row, Change)]
    tools = sorted({scan.tool for scan in scans} | {subject(change).tool for change in changes})
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(tool, scans, changes) for tool in tools]}


def baseline(change: Change) -> str:
    """Return a change's ``baselineState``; a finding that moved is an updated one."""
    if change.after is None:
        return "absent"
    if change.before is None:
        return "new"
    same = (change.before.path, change.before.line) == (change.after.path, change.after.line)
    return "unchanged" if same else "updated"


def _run(tool: str, scans: list[Scan], changes: list[Change]) -> Json:
    own = [change for change in changes if subject(change).tool == tool]
    rules = _rules([subject(change) for change in own])
    places = {rule["id"]: index for index, rule in enumerate(rules)}
    driver: Json = {"name": tool, "rules": rules}
    if tool in HOMES:
        driver["informationUri"] = HOMES[tool]
    runs = [scan for scan in scans if scan.tool == tool]
    if runs:
        driver["version"] = runs[0].version
    return {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {BASE: {"description": {"text": "The project's folder."}}},
        "invocations": [{"executionSuccessful": True} for _ in runs],
        "results": _results(own, places),
    }


def _rules(findings: list[Finding]) -> list[Json]:
    """Return one descriptor a rule, by id; its text is that of the rule's first finding."""
    first = {finding.rule: finding for finding in reversed(findings)}
    return [_rule(first[rule]) for rule in sorted(first)]


def _rule(finding: Finding) -> Json:
    tags = ["security", *([f"external/cwe/cwe-{finding.cwe:03d}"] if finding.cwe else [])]
    rule: Json = {
        "id": finding.rule,
        "shortDescription": {"text": finding.message},
        "help": {"text": finding.help or finding.message},
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "properties": {
            "tags": tags,
            "precision": finding.confidence,
            "security-severity": SCORES[finding.severity],
        },
    }
    if finding.help.startswith("https://"):
        rule["helpUri"] = finding.help
    return rule


def _results(changes: list[Change], places: dict[str, int]) -> list[Json]:
    """Return one result a change; equal snippets in a file are told apart by a running number."""
    seen: dict[str, int] = {}
    results = []
    for change in changes:
        finding = subject(change)
        mark = _fingerprint(finding)
        seen[mark] = seen.get(mark, 0) + 1
        result: Json = {
            "ruleId": finding.rule,
            "ruleIndex": places[finding.rule],
            "level": LEVELS[finding.severity],
            "message": {"text": finding.message},
            "locations": [_location(finding)],
            "partialFingerprints": {"toolRulePathSnippet/v1": f"{mark}:{seen[mark]}"},
            "baselineState": baseline(change),
            "suppressions": _suppressions(change),
            "properties": {"state": change.state, **({"answer": change.answer} if change.answer else {})},
        }
        if change.state == "moved" and change.before is not None:
            result["relatedLocations"] = [
                {**_location(change.before), "id": 1, "message": {"text": "Where it was before."}}
            ]
        results.append(result)
    return results


def _suppressions(change: Change) -> list[Json]:
    """Return the suppression in the source; an empty list says that there is none (§3.27.23)."""
    if change.after is None or not change.after.justification:
        return []
    return [{"kind": "inSource", "status": "accepted", "justification": change.after.justification}]


def _location(finding: Finding) -> Json:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": finding.path, "uriBaseId": BASE},
            "region": {
                "startLine": finding.line,
                "startColumn": finding.column,
                "endLine": finding.end_line,
                "snippet": {"text": finding.snippet},
            },
        }
    }


def _fingerprint(finding: Finding) -> str:
    key = "\0".join((finding.tool, finding.rule, finding.path, normalise(finding.snippet)))
    return sha256(key.encode()).hexdigest()
