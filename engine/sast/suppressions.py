"""Suppressions: a comment that names the rule and says why.

``# nosec B603 -- reason`` on a line of the finding (Bandit), ``# nosemgrep: rule-id -- reason`` on its
first line or alone on the line before (Semgrep). Several rules are separated by commas. Both tools
understand these forms by themselves; here they run with suppressions off, so that what was suppressed
stays in the report with its reason.
"""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass, replace
from itertools import pairwise

from engine.core.errors import UserError
from engine.core.records import Finding
from engine.sast.files import Source

MARKS = {"bandit": re.compile(r"#\s*nosec\b", re.I), "semgrep": re.compile(r"#\s*nosem(?:grep)?\b", re.I)}
FORMS = {
    "bandit": re.compile(r"#\s*nosec:?\s+(?P<rules>B\d{3}(?:\s*,\s*B\d{3})*)\s+--\s+(?P<reason>\S.*)", re.I),
    "semgrep": re.compile(r"#\s*nosem(?:grep)?:\s*(?P<rules>[\w.-]+(?:\s*,\s*[\w.-]+)*)\s+--\s+(?P<reason>\S.*)", re.I),
}
EXAMPLES = {"bandit": "# nosec B603 -- reason", "semgrep": "# nosemgrep: rule-id -- reason"}
MIN_REASON = 10  # characters; "ok" and "false pos" explain nothing
ANY_MARK = re.compile(r"\s*#\s*nosem(?:grep)?\b|\s*#\s*nosec\b", re.I)


@dataclass(frozen=True)
class Suppression:
    """One comment: the rules that it silences on its line (and below it when ``alone``)."""

    line: int
    rules: tuple[str, ...]
    reason: str
    alone: bool


def read(tool: str, source: Source) -> list[Suppression]:
    """Return a file's suppressions of one tool; `UserError` for one without rule or reason."""
    found: list[Suppression] = []
    if not any(MARKS[tool].search(text) for text in source.lines):
        return found  # tokenizing every file would take longer than the scan
    for line, comment, alone in _comments(source):
        for part in _marked(tool, comment):
            match = FORMS[tool].match(part)
            reason = match["reason"].strip() if match else ""
            if match is None or len(reason) < MIN_REASON:
                raise UserError(
                    f"{source.path}:{line}: a suppression without a rule and a written reason",
                    f"write it as `{EXAMPLES[tool]}`",
                )
            rules = tuple(rule.strip() for rule in match["rules"].split(","))
            found.append(Suppression(line, rules, reason, alone))
    return found


def apply(tool: str, findings: list[Finding], files: dict[str, Source]) -> list[Finding]:
    """Return the findings, those that a comment suppresses with its reason as ``justification``."""
    comments = {path: read(tool, source) for path, source in files.items()}
    return [
        replace(finding, justification=_reason(tool, finding, comments.get(finding.path, []))) for finding in findings
    ]


def _reason(tool: str, finding: Finding, comments: list[Suppression]) -> str:
    for comment in comments:
        if tool == "bandit":
            near = finding.line <= comment.line <= finding.end_line
        else:
            near = comment.line == finding.line or (comment.alone and comment.line == finding.line - 1)
        if near and any(_names(rule, finding.rule) for rule in comment.rules):
            return comment.reason
    return ""


def _names(written: str, rule: str) -> bool:
    """Tell whether a written id means this rule; Semgrep also takes the last part of a dotted id."""
    return written.lower() == rule.lower() or rule.lower().endswith(f".{written.lower()}")


def _marked(tool: str, comment: str) -> list[str]:
    """Return the parts of a comment that start with the tool's mark, each up to the next mark."""
    starts = [match.start() for match in ANY_MARK.finditer(comment)] + [len(comment)]
    parts = [comment[start:end].strip() for start, end in pairwise(starts)]
    return [part for part in parts if MARKS[tool].match(part)]


def _comments(source: Source) -> list[tuple[int, str, bool]]:
    """Return (line, text, alone on its line) of a file's comments; text in strings is no comment."""
    reader = io.StringIO("\n".join(source.lines) + "\n").readline
    try:
        tokens = [token for token in tokenize.generate_tokens(reader) if token.type == tokenize.COMMENT]
    except (tokenize.TokenError, SyntaxError):
        return []  # the tool itself reports a file that does not parse
    return [(token.start[0], token.string, not token.line[: token.start[1]].strip()) for token in tokens]
