"""Common corruptions: what each does by hand, and the job."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core import unpack
from engine.measure.corruptions import CORRUPTIONS, blur, contrast, corruptions, noise, shift
from engine.plan.evasion import KINDS, STRENGTHS
from tests.conftest import context


def test_by_hand() -> None:
    x = np.zeros((1, 1, 28, 28), np.float32)
    x[0, 0, 10, 10] = 1
    assert shift(x, 3)[0, 0, 13, 13] == 1
    assert shift(x, 3).sum() == 1
    assert blur(x, 1.0).sum() == pytest.approx(1, abs=1e-3)
    assert blur(x, 1.0).max() == pytest.approx(1 / (2 * np.pi), rel=0.05)
    assert contrast(x, 0.5)[0, 0, 10, 10] == 0.75
    assert contrast(x, 0.5).min() == 0.25
    assert (noise(x, 0.3) - x).std() == pytest.approx(0.3 * 0.58, rel=0.1), "half of it is cut at black"


def test_the_plan_and_the_job_know_the_same() -> None:
    assert set(KINDS) == set(CORRUPTIONS)
    for kind in CORRUPTIONS.values():
        assert list(kind.amounts) == sorted(kind.amounts)
        assert len(kind.amounts) == len(STRENGTHS)


def test_the_job(blob: bytes, trained: dict) -> None:
    spec = {"model": "clean", "seed": 0, "network": "simplecnn", "images": 100, "kinds": list(KINDS),
            "strengths": list(STRENGTHS)}  # fmt: skip
    rows = unpack.records(corruptions(context(blob, spec, {"train/clean/seed0": trained})))["corruptions"]
    assert [(row.corruption, row.strength) for row in rows] == [(k, s) for k in KINDS for s in STRENGTHS]
    by = {(row.corruption, row.strength): row.accuracy for row in rows}
    assert by["shift", 5] < by["shift", 1] - 0.2
    assert by["blur", 5] < by["blur", 1]
