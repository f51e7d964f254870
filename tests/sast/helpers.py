"""Small trees to scan, findings made by hand, and stand-ins for the tools."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from engine.core.records import Change, Finding
from engine.sast.files import Tree


def tree(root: Path, files: dict[str, str], exclude: tuple[str, ...] = ()) -> Tree:
    """Write files below ``root/code`` and return them as a tree to scan."""
    for name, text in files.items():
        path = root / "code" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), "utf-8")
    return Tree(root, "after", ("code",), exclude)


def finding(
    path: str = "code/a.py",
    line: int = 1,
    snippet: str = "pickle.load(file)",
    *,
    rule: str = "B301",
    tool: str = "bandit",
    justification: str = "",
    column: int = 1,
) -> Finding:
    return Finding(
        tool=tool,
        rule=rule,
        severity="medium",
        confidence="high",
        cwe=502,
        path=path,
        line=line,
        end_line=line,
        column=column,
        message="Unpickling runs code.",
        help="https://example.org/rule",
        snippet=snippet,
        justification=justification,
    )


def states(changes: list[Change]) -> list[str]:
    return [change.state for change in changes]


def stand_in(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Put a shell script where the interpreter and Semgrep are looked for."""
    for name in ("python", "semgrep"):
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
