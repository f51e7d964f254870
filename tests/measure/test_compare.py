"""Two models on the same images: counted by hand, and from real attack jobs."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core import unpack
from engine.measure.compare import compare, paired_change
from engine.measure.evaluate import evaluate
from engine.measure.paired import Paired
from engine.measure.sweep import sweep
from tests.conftest import context
from tests.measure.test_jobs import COMMON, FGSM, PGD

EVALUATE = {
    **COMMON, "test_images": 300, "poison": "badnets", "poison_run": "engine.red.poisoning.badnets:Badnets",
    "poison_settings": {"share": 0.01, "target": 7}, "own_poison": False,
}  # fmt: skip
SPEC = {"before": "clean", "after": "hardened", "seed": 0, "norm": "linf", "epsilons": [0.05, 0.1, 0.3]}


@pytest.mark.parametrize(
    ("n", "lost", "gained", "change"), [(100, 0, 0, 0.0), (100, 0, 100, 1.0), (100, 30, 10, -0.2), (10, 10, 0, -1.0)]
)
def test_the_interval_holds_the_change(n: int, lost: int, gained: int, change: float) -> None:
    found, low, high = paired_change(Paired(n, lost, gained, 1.0))
    assert found == pytest.approx(change)
    assert -1 <= low <= found <= high <= 1
    assert high > low


def test_the_interval_covers_the_truth_in_19_of_20_samples() -> None:
    chance, n, covered = np.random.default_rng(0), 200, 0
    for _ in range(2000):
        lost, gained, _ = chance.multinomial(n, [0.05, 0.15, 0.8])
        _, low, high = paired_change(Paired(n, int(lost), int(gained), 1.0))
        covered += low <= 0.1 <= high
    assert 0.93 <= covered / 2000 <= 0.97


@pytest.fixture(scope="module")
def side(blob: bytes, trained: dict) -> dict:
    need = {"train/clean/seed0": trained}
    few = {**PGD, "images": [20, 20], "epsilons": [0.1, 0.3], "attack": "autoattack"}
    made = {"evaluate": evaluate(context(blob, EVALUATE, need))}
    return made | {name: sweep(context(blob, spec, need)) for name, spec in {"fgsm": FGSM, "few": few}.items()}


def test_a_model_against_itself_loses_and_gains_nothing(blob: bytes, side: dict) -> None:
    needs = {f"{which}/{name}": made for which in ("a", "b") for name, made in side.items()}
    rows = unpack.records(compare(context(blob, SPEC, needs)))["protection"]
    found = [(row.condition, row.epsilon, row.n) for row in rows]
    assert found == [
        ("clean", 0.0, rows[0].n),
        ("fgsm", 0.05, 50), ("worst", 0.05, 50),
        ("fgsm", 0.1, 50), ("autoattack", 0.1, 20), ("worst", 0.1, 20),
        ("fgsm", 0.3, 50), ("autoattack", 0.3, 20), ("worst", 0.3, 20),
    ]  # fmt: skip
    for row in rows:
        assert (row.lost, row.gained, row.change, row.p) == (0, 0, 0.0, 1.0)
        assert row.before_accuracy == row.after_accuracy
    cells = {(r.attack, r.epsilon): r.accuracy for r in unpack.records(side["fgsm"])["evasion"]}
    assert [row.before_accuracy for row in rows if row.condition == "fgsm"] == [
        min(cells["fgsm", e] for e in (0.05, 0.1, 0.3) if e <= size) for size in (0.05, 0.1, 0.3)
    ]
