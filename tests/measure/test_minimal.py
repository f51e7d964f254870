"""Smallest changes: the bookkeeping by hand, and the job on a real model."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core import bundle, unpack
from engine.measure import metrics, sizes
from engine.measure.minimal import breaking, minimal, tenths
from engine.measure.worst import smallest
from tests.conftest import context

SPEC = {
    "model": "clean",
    "seed": 0,
    "network": "simplecnn",
    "images": 30,
    "attack": "deepfool",
    "attack_run": "engine.red.evasion.deepfool:deepfool",
    "norm": "l2",
    "budget": 1.5,
    "settings": {"steps": 20},
}


def test_sizes_by_hand() -> None:
    x, found = np.zeros((2, 1, 28, 28), np.float32), np.zeros((2, 1, 28, 28), np.float32)
    found[0, 0, 0, :4] = 0.5
    assert sizes.of(x, found, "linf").tolist() == [0.5, 0]
    assert sizes.of(x, found, "l2").tolist() == [1.0, 0]
    assert sizes.of(x, found, "l0").tolist() == [4, 0]
    assert sizes.of(x, found, "none").tolist() == [0, 0]
    with pytest.raises(KeyError):
        sizes.of(x, found, "l7")


def test_what_breaks_an_image() -> None:
    size = breaking(np.array([1.0, 2.0, 3.0]), np.array([True, True, False]), np.array([True, False, True]))
    assert size.tolist() == [1.0, np.inf, 0.0], "wrong before is size 0, not broken is infinite"


def test_tenths_by_hand() -> None:
    assert tenths(np.arange(1.0, 11.0)) == tuple(float(k) for k in range(1, 10))
    assert tenths(np.array([0.5, np.inf])) == (0.5, 0.5, 0.5, 0.5, 0.5, None, None, None, None)


@pytest.fixture(scope="module")
def made(blob: bytes, trained: dict):
    other = {**SPEC, "attack": "carlini", "attack_run": "engine.red.evasion.carlini:carlini",
             "settings": {"steps": 40, "searches": 3}, "images": 20}  # fmt: skip
    return {spec["attack"]: minimal(context(blob, spec, {"train/clean/seed0": trained})) for spec in (SPEC, other)}


def test_the_record_follows_from_the_sizes(made) -> None:
    (row,), held = unpack.records(made["deepfool"])["minimal"], bundle.arrays(made["deepfool"])
    assert row.n == len(held["size"]) == 30
    assert row.successes == (held["size"] > 1.5).sum()
    assert row.found == row.attacked, "DeepFool always gets there"
    assert [point.accuracy for point in row.curve] == sorted((p.accuracy for p in row.curve), reverse=True)
    assert row.curve[0].accuracy == row.attacked / row.n
    known = [value for value in row.tenths if value is not None]
    assert known == sorted(known)


def test_the_saved_pictures_are_of_the_saved_sizes(made, model) -> None:
    held = bundle.arrays(made["deepfool"])
    assert np.array_equal(metrics.predict(model, held["sample_adv"][:, None]), held["sample_after"])


def test_the_worst_case_takes_the_smallest_of_all(blob: bytes, made) -> None:
    spec = {"model": "clean", "seed": 0, "norm": "l2", "epsilons": [1.0]}
    (row,) = unpack.records(smallest(context(blob, spec, made)))["evasion"]
    held = [bundle.arrays(made[name]) for name in ("deepfool", "carlini")]
    both = [dict(zip(h["index"].tolist(), h["size"].tolist(), strict=True)) for h in held]
    common = both[0].keys() & both[1].keys()
    assert row.n == len(common) == 20
    assert row.successes == sum(min(size[image] for size in both) > 1.0 for image in common)
    assert row.attacks == ("deepfool", "carlini")
