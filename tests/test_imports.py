"""Imports point one way, and nothing light imports something heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

# package -> the engine packages that it may import besides itself
MAY = {
    "core": set(),
    "data": {"core"},
    "networks": {"core"},
    "models": set(),
    "art_bridge": {"core"},
    "red": {"core", "data", "networks", "art_bridge"},
    "measure": {"core", "data", "networks", "art_bridge", "red"},
    "blue": {"core", "data", "networks", "art_bridge", "red", "measure"},
    "plan": {"core", "models", "red", "blue"},
    "sast": {"core"},
    "threats": {"core"},
    "integrity": {"core"},
    "report": {"core"},
    "serve": {"core", "data", "networks"},
    "lab": {"core", "data"},
}
HEAVY = {"torch", "torchvision", "art", "gradio", "sklearn", "distributed", "dask"}


def modules() -> list[Path]:
    skipped = (ROOT / "engine/sast/before", ROOT / "engine/sast/rules")
    return [p for p in (ROOT / "engine").rglob("*.py") if not any(s in p.parents for s in skipped)]


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def package(dotted: str) -> str:
    return dotted.split(".")[1] if dotted.startswith("engine.") else ""


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_direction(path: Path) -> None:
    inside = path.relative_to(ROOT / "engine")
    own = inside.parts[0].removesuffix(".py")
    if own == "__init__":
        return
    for name in imported(path):
        other = package(name)
        if other and other != own:
            assert other in MAY[own], f"{inside} imports {name}"


def test_serve_uses_only_the_canvas_of_data() -> None:
    for path in (ROOT / "engine/serve").rglob("*.py"):
        for name in imported(path):
            if name.startswith("engine.data"):
                assert name.startswith("engine.data.canvas") or name == "engine.data", f"{path}: {name}"


def test_only_run_knows_dask() -> None:
    users = {
        str(path.relative_to(ROOT / "engine"))
        for path in modules()
        if any(name.split(".")[0] in ("dask", "distributed") for name in imported(path))
    }
    assert users == {"core/run.py"}


def test_only_the_bridge_builds_art_estimators() -> None:
    users = {
        str(path.relative_to(ROOT / "engine"))
        for path in modules()
        if any(name.startswith("art.estimators") for name in imported(path))
    }
    assert users == {"art_bridge.py"}


def test_build_starts_without_heavy_imports() -> None:
    code = f"import sys, build; print(*sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
