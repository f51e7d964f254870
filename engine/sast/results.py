"""What Bandit's, Semgrep's and the diff's results have in common."""

from __future__ import annotations

from typing import cast

from engine.core.records import Change, Finding, Level, Scan
from engine.sast.files import Source, Tree


def place(finding: Finding) -> tuple[str, int, int, str, str, str, str]:
    """Return what findings are sorted by: path, line, column, then what tells copies apart."""
    where = finding.path, finding.line, finding.column
    return *where, finding.tool, finding.rule, finding.justification, finding.snippet


def subject(change: Change) -> Finding:
    """Return the finding as it is now, or as it was where it is fixed; ValueError for neither."""
    finding = change.after or change.before
    if finding is None:
        raise ValueError("a change without a finding")
    return finding


def level(word: object, otherwise: Level) -> Level:
    """Return a tool's word for a level as ours, ``otherwise`` where it is none of the three."""
    lower = str(word).lower()
    return cast(Level, lower) if lower in ("low", "medium", "high") else otherwise


def summary(
    tree: Tree,
    files: dict[str, Source],
    found: list[Finding],
    *,
    tool: str,
    version: str,
    rules: int,
    config: str,
) -> Scan:
    """Return the record of one run; ``lines`` counts every line of the files, blank ones too."""
    suppressed = sum(bool(finding.justification) for finding in found)
    return Scan(
        tool=tool,
        version=version,
        tree=tree.side,
        paths=tree.paths,
        rules=rules,
        config=config,
        files=len(files),
        lines=sum(len(source.lines) for source in files.values()),
        findings=len(found) - suppressed,
        suppressed=suppressed,
    )
