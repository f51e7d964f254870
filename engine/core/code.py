"""The digest of the code that a function reaches inside ``engine``.

Modules are hashed as syntax trees without comments and docstrings, so that rewording one
re-runs nothing. What a module imports counts, wherever in the file the import stands.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def _file(module: str) -> Path | None:
    base = ROOT.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _strip_docstrings(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:]


def _imports(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] == "engine" and _file(name)}


@cache
def _parsed(module: str) -> tuple[str, frozenset[str]]:
    path = _file(module)
    if path is None:
        raise ModuleNotFoundError(module)
    tree = ast.parse(path.read_bytes())
    imports = frozenset(_imports(tree))
    _strip_docstrings(tree)
    return sha256(ast.dump(tree).encode()).hexdigest(), imports


def closure(modules: Iterable[str]) -> dict[str, str]:
    """Return the digest of every ``engine`` module that these reach, themselves included, sorted by name."""
    reached: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached[module], imports = _parsed(module)
            waiting += imports
    return dict(sorted(reached.items()))
