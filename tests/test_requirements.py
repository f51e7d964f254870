"""What an installation brings in: exact versions only."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

PINNED = re.compile(r"[A-Za-z0-9_.-]+(\[[a-z,]+\])?==\d[\w.]*")


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_every_requirement_is_one_exact_version(name: str) -> None:
    lines = [line.split(" #")[0].strip() for line in (ROOT / name).read_text("utf-8").splitlines()]
    wanted = [line for line in lines if line and not line.startswith("#") and line != "-r requirements.txt"]
    assert wanted
    assert [line for line in wanted if not PINNED.fullmatch(line)] == []
