"""The detection jobs on the 5,000 digits: what is in the records, and that the truth stays out of the verdicts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.blue.detection.case import Verdict
from engine.blue.detection.read import NO_POISON, NO_TRIGGER, Truth, detection, share
from engine.blue.detection.trial import open_bench, trial, yardstick
from engine.core import bundle, profile, unpack
from engine.core.jobs import Surroundings
from engine.core.rates import wilson
from engine.core.records import Detection, Repair
from engine.plan import plan
from engine.red.poisoning.label_flip import NOTHING
from engine.red.poisoning.trigger import SQUARE
from tests.conftest import context

AROUND = Surroundings({"torch": "1"}, "cpu", "digest of the data")


def spec(job: str) -> dict:
    """A job's spec as the smoke profile plans it, small enough for the 5,000 digits."""
    chosen = profile.load("smoke")
    small = replace(
        chosen,
        workshop=replace(chosen.workshop, train_images=1500, epochs=4),
        detection=replace(chosen.detection, trusted_images=600, incoming_images=100, reverse_steps=40),
        badnets=replace(chosen.badnets, target=7),
    )
    return dict(plan(small, AROUND, (4000, 1000)).jobs[job].spec)


@pytest.fixture(scope="module")
def needs(blob: bytes) -> dict:
    from engine.blue.training.train import train

    learnt = train(
        context(blob, {
            "model": "surrogate", "seed": 0, "network": "strided", "recipe": "standard", "poison": "",
            "recipe_run": "engine.blue.training.standard:standard", "train_images": 1500, "validation_images": 200,
            "settings": {"epochs": 4, "batch": 64, "peak_rate": 4e-3},
        })
    )  # fmt: skip
    first = {"train/surrogate/seed0": learnt}
    return first | {"detection/yardstick": yardstick(context(blob, spec("detection/yardstick"), first))}


def rows(made: bundle.Bundle) -> dict[str, Detection | Repair]:
    found = unpack.records(made)["detection"]
    return {row.detector if isinstance(row, Detection) else row.method: row for row in found}


@pytest.fixture(scope="module")
def badnets(blob: bytes, needs: dict):
    made = spec("detection/badnets/seed0")
    made["poison_settings"] = {**made["poison_settings"], "share": 0.05}
    return trial(context(blob, made, needs))


def test_the_yardstick_is_a_clean_network_with_ten_sizes(needs: dict) -> None:
    sizes = bundle.arrays(needs["detection/yardstick"])["size"]
    assert sizes.shape == (10,)
    assert (sizes > 0).all()
    assert rows(needs["detection/yardstick"])["neural_cleanse"].control


def test_every_detector_and_repair_has_a_record(badnets) -> None:
    found = rows(badnets)
    assert list(found) == [
        "activation_clustering", "spectral", "strip", "neural_cleanse", "filter_retrain", "fine_pruning", "unlearning",
    ]  # fmt: skip
    for row in found.values():
        assert (row.poisoned_images, row.training_images, row.control) == (75, 1500, False)
    caught = found["spectral"].true_positives
    assert caught.n == 75
    assert found["spectral"].false_positives.n == 1425
    assert found["strip"].true_positives.n + found["strip"].false_positives.n > 150
    assert found["neural_cleanse"].true_positives is None
    assert found["neural_cleanse"].reason


def test_half_of_the_yardstick_is_the_limit(badnets, needs: dict) -> None:
    sizes = bundle.arrays(needs["detection/yardstick"])["size"]
    assert rows(badnets)["neural_cleanse"].threshold == pytest.approx(sizes.min() / 2)


def test_a_repair_compares_the_same_images(badnets) -> None:
    for row in rows(badnets).values():
        if isinstance(row, Repair):
            before, after = row.accuracy_before, row.accuracy_after
            assert before.n == after.n
            assert after.hits - before.hits == row.gained - row.lost
            assert row.removed_poisoned <= row.removed_images


def test_the_control_has_no_true_positives_and_filtering_it_changes_nothing(blob: bytes, needs: dict) -> None:
    found = rows(trial(context(blob, spec("detection/none/seed0"), needs)))
    for name in ("activation_clustering", "spectral"):
        assert found[name].true_positives is None
        assert found[name].auc is None
        assert found[name].reason == NO_POISON
        assert found[name].right_class is None
    kept = found["filter_retrain"]
    if not found["spectral"].flagged:
        assert (kept.lost, kept.gained, kept.p, kept.removed_images) == (0, 0, 1.0, 0)


def test_a_poison_without_trigger_has_a_reason_and_no_success(blob: bytes, needs: dict) -> None:
    found = rows(trial(context(blob, spec("detection/label_flip/seed0"), needs)))
    assert found["strip"].reason == NO_TRIGGER
    assert found["strip"].true_positives is None
    assert found["fine_pruning"].success_before is None
    assert found["fine_pruning"].reason == NO_TRIGGER


def test_running_again_gives_the_same_records(blob: bytes, needs: dict) -> None:
    made = [rows(trial(context(blob, spec("detection/blended/seed0"), needs))) for _ in range(2)]
    first, again = ([replace(row, seconds=0.0) for row in found.values()] for found in made)
    assert first == again


def test_trusted_images_are_in_no_training_set(blob: bytes) -> None:
    bench = open_bench(context(blob, spec("detection/badnets/seed0")))
    assert len(set(bench.trusted)) == len(bench.trusted) == 600
    assert not set(bench.trusted) & set(bench.kept)
    assert set(bench.validation) <= set(bench.trusted)


def test_rates_are_counted_from_what_was_flagged_and_what_was_touched() -> None:
    touched, scores = np.array([1, 1, 0, 0, 0], bool), np.array([3.0, 1, 2, 0, 0])
    truth = Truth("badnets", False, 7, SQUARE, touched, np.zeros((2, 1, 28, 28), np.uint8), np.arange(2))
    facts = {
        "model": "m", "network": "n", "poison": "badnets", "target": 7, "control": False, "seed": 0, "dataset": "d",
        "training_images": 5, "poisoned_images": 2, "trusted_images": 9, "seconds": 0.0,
        "provenance": context(b"", {}).provenance(),
    }  # fmt: skip
    row = detection("spectral", Verdict((7,), 1.5, "score", scores, scores > 1.5), truth, None, touched, **facts)
    assert (row.true_positives.hits, row.true_positives.n) == (1, 2)
    assert (row.false_positives.hits, row.false_positives.n) == (1, 3)
    assert row.auc == pytest.approx(5 / 6)
    assert row.right_class
    assert not detection("s", Verdict((3, 7), 1.5, "", scores, scores > 1), truth, None, touched, **facts).right_class


def test_a_share_of_nothing_is_none_and_bounds_are_wilsons() -> None:
    assert share(np.zeros(0, bool)) is None
    found = share(np.array([True, False, False, True]))
    assert (found.low, found.high) == wilson(2, 4)


def test_a_truth_without_trigger_stamps_nothing() -> None:
    images = np.zeros((2, 1, 28, 28), np.uint8)
    assert not Truth("label_flip", False, 7, NOTHING, np.zeros(1, bool), images, np.arange(2)).has_trigger
