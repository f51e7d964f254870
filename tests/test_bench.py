"""Benchmarks are run by hand and seldom, so what they import has to be held in place here."""

from __future__ import annotations

import importlib

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "bench").glob("*.py") if path.stem != "__init__"))
def test_a_benchmark_can_be_started(name: str) -> None:
    assert callable(importlib.import_module(f"bench.{name}").main)
