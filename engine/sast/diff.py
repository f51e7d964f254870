"""What became of each finding between two trees.

Findings are compared as multisets by (tool, rule, path, normalised snippet): a second copy of a known
finding is new, and a line that merely moved is not. Line numbers only choose between copies.
"""

from __future__ import annotations

import io
import tokenize
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TypeAlias

from engine.core.records import Change, ChangeState, Finding
from engine.sast.results import place, subject

Answers: TypeAlias = Mapping[tuple[str, str], str]  # (path, rule) of a fixed finding → what is done instead
LAYOUT = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)
ORDER: dict[ChangeState, int] = {"new": 0, "fixed": 1, "moved": 2, "unchanged": 3, "suppressed": 4}


def normalise(snippet: str) -> str:
    """Return a snippet as its Python tokens, so that layout and comments do not count."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(snippet + "\n").readline))
    except (tokenize.TokenError, SyntaxError):
        return " ".join(snippet.split())  # a piece of a statement
    return " ".join(token.string for token in tokens if token.type not in LAYOUT)


def diff(before: Iterable[Finding], after: Iterable[Finding], answers: Answers | None = None) -> list[Change]:
    """Return one change for every finding of either tree, in order of state, path and line.

    *Unchanged*: same key, same line. *Moved*: same key on another line, or same (tool, rule, snippet) in
    another path. *Suppressed*: in the after tree with a written reason, whatever it was before. The
    rest of the before tree is *fixed* and gets its answer; the rest of the after tree is *new*.
    """
    left, right = _sorted(before), _sorted(after)
    pairs: list[tuple[Finding, Finding]] = []
    for key in (_exact, _same_path, _any_path):
        matched, left, right = _match(left, right, key)
        pairs += matched
    known = answers or {}
    changes = [Change(state=_state(old, new), before=old, after=new, answer="") for old, new in pairs]
    for old in left:
        answer = known.get((old.path, old.rule), "")
        changes.append(Change(state="fixed", before=old, after=None, answer=answer))
    for new in right:
        state: ChangeState = "suppressed" if new.justification else "new"
        changes.append(Change(state=state, before=None, after=new, answer=""))
    return sorted(changes, key=_order)


def _exact(finding: Finding) -> Hashable:
    return (*_same_path(finding), finding.line, bool(finding.justification))


def _same_path(finding: Finding) -> tuple[str, str, str, str]:
    return finding.tool, finding.rule, finding.path, normalise(finding.snippet)


def _any_path(finding: Finding) -> Hashable:
    return finding.tool, finding.rule, normalise(finding.snippet)


def _match(
    before: list[Finding], after: list[Finding], key: Callable[[Finding], Hashable]
) -> tuple[list[tuple[Finding, Finding]], list[Finding], list[Finding]]:
    """Pair off findings with equal keys, in order; return the pairs and what is left of both sides."""
    waiting: dict[Hashable, list[Finding]] = defaultdict(list)
    for new in after:
        waiting[key(new)].append(new)
    pairs, left = [], []
    for old in before:
        candidates = waiting[key(old)]
        if candidates:
            pairs.append((old, candidates.pop(0)))
        else:
            left.append(old)
    return pairs, left, _sorted(new for rest in waiting.values() for new in rest)


def _state(before: Finding, after: Finding) -> ChangeState:
    if after.justification:
        return "suppressed"
    return "unchanged" if (before.path, before.line) == (after.path, after.line) else "moved"


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=place)


def _order(change: Change) -> tuple[int, tuple[str, int, int, str, str, str, str]]:
    return ORDER[change.state], place(subject(change))
