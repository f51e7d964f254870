"""The worst case over attacks, against cases counted by hand and on a real model."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core import unpack
from engine.measure.sweep import sweep
from engine.measure.worst import Run, worst
from tests.conftest import context
from tests.measure.test_jobs import FGSM, PGD

SPEC = {"model": "clean", "seed": 0, "norm": "linf", "epsilons": [0.05, 0.1, 0.3]}


@pytest.fixture(scope="module")
def attacked(blob: bytes, trained: dict) -> dict:
    """Three attack jobs: two on 50 images at three sizes, one on 20 of them at two."""
    few = {**PGD, "images": [20, 20], "epsilons": [0.1, 0.3], "attack": "autoattack"}
    specs = {"fgsm": FGSM, "pgd": PGD, "few": few}
    return {name: sweep(context(blob, spec, {"train/clean/seed0": trained})) for name, spec in specs.items()}


@pytest.fixture(scope="module")
def rows(blob: bytes, attacked: dict):
    return unpack.records(worst(context(blob, SPEC, attacked)))["evasion"]


def test_it_is_counted_over_common_images(rows) -> None:
    assert [(row.epsilon, row.n, len(row.attacks)) for row in rows] == [(0.05, 50, 2), (0.1, 20, 3), (0.3, 20, 3)]


def test_it_is_at_most_the_best_attack_alone(rows, attacked) -> None:
    for name in ("fgsm", "pgd"):
        for row, cell in zip(rows, unpack.records(attacked[name])["evasion"], strict=True):
            if row.n == cell.n:
                assert row.successes <= cell.successes
    assert [row.successes for row in rows[1:]] == sorted((row.successes for row in rows[1:]), reverse=True)


def test_counts_hold_together(rows) -> None:
    for row in rows:
        fallen = row.attacked - row.successes
        assert max(row.broken_by.values()) <= fallen <= sum(row.broken_by.values())
        assert all(row.only_by[name] <= row.broken_by[name] for name in row.attacks)
        assert sum(row.only_by.values()) <= fallen


def made(name: str, sizes: dict[float, list[int]], before: list[int]) -> Run:
    """A run on images 0, 1, 2, …; ``sizes`` gives for each ε whether they stand."""
    row = type("Row", (), {})
    rows = []
    held: dict[str, np.ndarray] = {}
    for size, right in sizes.items():
        each = row()
        each.epsilon, each.attack = size, name
        rows.append(each)
        held[f"{size:g}/index"] = np.arange(len(right))
        held[f"{size:g}/right"] = np.array(right, bool)
        held[f"{size:g}/right_before"] = np.array(before, bool)
    return Run(rows, held)


def test_what_fell_at_a_smaller_size_has_fallen_at_a_larger() -> None:
    run = made("fgsm", {0.1: [1, 0, 1, 0], 0.2: [1, 1, 0, 0]}, [1, 1, 1, 0])
    assert run.standing(0.1) == {0: True, 1: False, 2: True, 3: False}
    assert run.standing(0.2) == {0: True, 1: False, 2: False, 3: False}
    assert run.standing(0.3) == {}
    assert run.right_before() == {0: True, 1: True, 2: True, 3: False}


def test_more_images_at_a_larger_size_say_nothing_of_a_smaller() -> None:
    run = made("autoattack", {0.1: [1, 0, 1], 0.3: [1, 1, 0, 1, 0]}, [1, 1, 1, 1, 0])
    run.held["0.1/right_before"] = np.array([1, 1, 1], bool)
    assert run.standing(0.1) == {0: True, 1: False, 2: True}
    assert run.standing(0.3) == {0: True, 1: False, 2: False, 3: True, 4: False}
    assert run.right_before() == {0: True, 1: True, 2: True, 3: True, 4: False}
