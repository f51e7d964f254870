"""Which findings of the insecure version are proven: the exploit, the fix and the regression test are there.

Looked up in the source each time, so that nothing here can go stale: the lines of a fix are those of its
function today, and a test counts only while its file defines it and it passes.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from engine.core.records import Proof
from engine.sast import answers

Function = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def proofs(root: Path, passed: Callable[[str], bool], table: Path = answers.TABLE) -> list[Proof]:
    """Return one proof for every answered (path, rule); `UserError` when the table is wrong.

    ``passed`` tells of a pytest id whether it passed in this build, or before with the same code.
    """
    made = []
    for entry in answers.entries(table):
        line, end_line = place(root / entry.ours, entry.anchor)
        source = lines(root / entry.ours, line, end_line)
        lacking: list[str] = []
        if not (_all_there(root, entry.exploit) and all(map(passed, entry.exploit))):
            lacking.append("exploit")
        if not line:
            lacking.append("fix")
        if not (_all_there(root, entry.regression) and all(map(passed, entry.regression))):
            lacking.append("regression")
        for rule in entry.rules:
            made.append(
                Proof(
                    path=f"{answers.BEFORE}/{entry.file}",
                    rule=rule,
                    exploit=entry.exploit,
                    fix=entry.ours,
                    anchor=entry.anchor,
                    line=line,
                    end_line=end_line,
                    source=source,
                    regression=entry.regression,
                    missing=tuple(lacking),  # type: ignore[arg-type]
                )
            )
    return made


def place(path: Path, anchor: str) -> tuple[int, int]:
    """Return the first and last line of a function, class or ``Class.method``; (0, 0) where it is not there."""
    if not anchor or path.suffix != ".py" or not path.is_file():
        return 0, 0
    body: list[ast.stmt] = _parsed(path.read_text("utf-8")).body
    for name in anchor.split("."):
        found = [node for node in body if isinstance(node, Function) and node.name == name]
        if not found:
            return 0, 0
        body = found[-1].body
    return found[-1].lineno, found[-1].end_lineno or found[-1].lineno


def lines(path: Path, first: int, last: int) -> str:
    """Return a file's lines from ``first`` to ``last``, counted from 1; nothing where ``first`` is 0."""
    return "\n".join(path.read_text("utf-8").splitlines()[first - 1 : last]) if first else ""


def there(root: Path, test: str) -> bool:
    """Tell whether a pytest id such as ``tests/a.py::test_b[c]`` names a function that its file defines."""
    file, _, name = test.partition("::")
    return name.startswith("test_") and place(root / file, name.partition("[")[0])[0] > 0


def _all_there(root: Path, tests: tuple[str, ...]) -> bool:
    return bool(tests) and all(there(root, test) for test in tests)


@lru_cache(maxsize=64)
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)
