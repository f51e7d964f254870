"""Bandit, run for real. See https://bandit.readthedocs.io for its tests."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import PurePosixPath
from typing import Any

from engine.core.records import Finding, Scan
from engine.sast import suppressions, tool
from engine.sast.files import Source, Tree, sources
from engine.sast.results import level, place, summary

NAME = "bandit"
# Suppressions are matched by us: Bandit itself would drop the finding along with the reason.
OPTIONS = ("-m", "bandit", "--quiet", "--format", "json", "--ignore-nosec")


def scan(tree: Tree, timeout: float = tool.TIMEOUT) -> tuple[Scan, list[Finding]]:
    """Run Bandit with all its tests on a tree.

    Findings come sorted by place; suppressed ones carry their ``justification``. `UserError` when Bandit
    is missing, fails, times out or could not parse a file, or for a suppression without a reason.
    """
    files = sources(tree)
    # Without "./" a file named like an option would be read as one.
    command = [sys.executable, *OPTIONS, *(f"./{file}" for file in files)]
    report = tool.report(NAME, tool.run(NAME, command, tree.root, timeout=timeout), accepted=(0, 1))
    scanned = [_posix(name) for name in report["metrics"] if name != "_totals"]
    tool.all_scanned(NAME, list(files), scanned)
    found = sorted((_finding(entry, files) for entry in report["results"]), key=place)
    found = suppressions.apply(NAME, found, files)
    done = summary(tree, files, found, tool=NAME, version=version("bandit"), rules=0, config="all tests")
    return done, found


def _finding(entry: dict[str, Any], files: dict[str, Source]) -> Finding:
    path, line = _posix(entry["filename"]), int(entry["line_number"])
    end_line = max([line, *entry["line_range"]])
    return Finding(
        tool=NAME,
        rule=entry["test_id"],
        severity=level(entry["issue_severity"], "low"),
        confidence=level(entry["issue_confidence"], "low"),
        cwe=int(entry.get("issue_cwe", {}).get("id", 0)),
        path=path,
        line=line,
        end_line=end_line,
        column=int(entry["col_offset"]) + 1,
        message=" ".join(entry["issue_text"].split()),
        help=entry["more_info"],
        snippet=files[path].snippet(line, end_line),
        justification="",
    )


def _posix(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).as_posix()
