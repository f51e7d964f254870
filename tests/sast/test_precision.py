"""The hand-checked hits are the hits."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest
import torch

from engine.core.errors import UserError
from engine.core.records import Sample, Verdict
from engine.sast import precision, semgrep


def test_every_rule_named_is_one_of_ours_and_no_hit_is_there_twice():
    rows = precision.load()
    verdicts = [row for row in rows if isinstance(row, Verdict)]
    assert {row.package for row in rows if isinstance(row, Sample)} == set(precision.PACKAGES)
    assert {row.rule for row in verdicts} <= set(semgrep.own_rules())
    assert len({(row.rule, row.path, row.line) for row in verdicts}) == len(verdicts) > 0


@pytest.mark.parametrize("text", ["[[sample]", "", "[[sample]]\nx = 1\n[[verdict]]\n"])
def test_a_wrong_table_is_one_clear_line(tmp_path, text):
    (tmp_path / "precision.toml").write_text(text)
    with pytest.raises(UserError, match="is wrong"):
        precision.load(tmp_path / "precision.toml")


@pytest.mark.slow
@pytest.mark.parametrize("name", precision.PACKAGES)
def test_a_scan_today_has_the_hits_that_were_read(name):
    rows = precision.load()
    (sample,) = [row for row in rows if isinstance(row, Sample) and row.package == name]
    if sample.version != version(precision.PACKAGES[name]):
        pytest.skip("another version is installed")
    measured, hits = precision.measure(Path(torch.__file__).parents[1], name)
    assert replace(measured, earlier_hits=sample.earlier_hits) == sample, (
        "the rules or the package changed: read the hits again"
    )
    assert hits == sorted(
        (row.rule, row.path, row.line) for row in rows if isinstance(row, Verdict) and row.package == name
    )
