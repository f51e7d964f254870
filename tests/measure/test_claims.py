"""The reference's procedures, repeated: the wraparound to the digit, and the order of what it does."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core import bundle, unpack
from engine.measure.claims import claims, wrapped
from tests.conftest import context

SPEC = {"model": "clean", "seed": 0, "network": "simplecnn", "images": 60, "train_images": 60}


@pytest.fixture(scope="module")
def made(blob: bytes, trained: dict):
    return claims(context(blob, SPEC, {"train/clean/seed0": trained}))


@pytest.fixture(scope="module")
def right(made) -> dict[str, float]:
    return {row.procedure: row.accuracy for row in unpack.records(made)["claims"]}


def test_values_outside_wrap_as_published() -> None:
    assert wrapped(np.array([-0.1, 1.1, 0.0, 1.0, 0.5], np.float32)).tolist() == [231, 24, 0, 255, 127]


def test_every_procedure_has_a_reading(right) -> None:
    assert set(right) == {
        "pgd-clipped", "pgd-unclipped", "pgd-wrapped", "pgd-correct", "fgsm-correct", "skew", "fgsm-retrained",
        "retrained-clean",
    }  # fmt: skip


def test_leaving_the_range_helps_the_attack(right) -> None:
    assert right["pgd-unclipped"] <= right["pgd-clipped"]


def test_a_small_step_from_a_random_start_finds_more(right) -> None:
    assert right["pgd-correct"] <= right["pgd-clipped"]


def test_stale_attacks_teach_little_about_clean_images(right) -> None:
    assert right["retrained-clean"] < 0.9


def test_the_pictures_show_the_wrap(made) -> None:
    held = bundle.arrays(made)
    assert held["x"].shape == held["wrapped"].shape == held["correct"].shape == (10, 28, 28)
    black = held["x"] == 0
    assert (held["wrapped"][black] > 200).mean() > 0.05, "black pixels that were made darker are light now"
    assert np.abs(held["correct"] - held["x"] / 255).max() <= 0.1 + 1e-6
