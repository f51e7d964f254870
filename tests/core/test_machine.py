"""What is installed, whatever else has come onto the path."""

from __future__ import annotations

import sys
from importlib.metadata import MetadataPathFinder, distributions
from pathlib import Path

import pytest

from engine.core import machine


def test_what_else_comes_onto_the_path_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(found.name for found in machine.installed())
    assert {"torch", "mkdocs-material"} <= set(before)
    folder = tmp_path / "stray-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: stray\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "stray" in {found.name for found in distributions()}
    assert sorted(found.name for found in machine.installed()) == before


def test_a_second_finder_counts_no_package_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(found.name for found in machine.installed())
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, MetadataPathFinder()])
    assert len(list(distributions())) > len({found.name for found in distributions()})
    assert sorted(found.name for found in machine.installed()) == before
    assert len(set(before)) == len(before)
