"""The measuring jobs on a real model, called as a worker calls them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.core import bundle, unpack
from engine.core.records import Evaluation, Latency, Poisoning
from engine.measure.evaluate import colours, evaluate
from engine.measure.latency import latency
from engine.measure.sweep import sweep
from tests.conftest import context

COMMON = {"model": "clean", "seed": 0, "network": "simplecnn"}
PGD = {
    **COMMON,
    "images": [50, 50, 50],
    "epsilons": [0.05, 0.1, 0.3],
    "attack": "pgd",
    "attack_run": "engine.red.evasion.pgd:pgd",
    "settings": {"steps": 10, "step_ratio": 0.2},
    "norm": "linf",
    "one_step": False,
    "carry": True,
    "surrogate": "",
}
FGSM = {
    **PGD,
    "attack": "fgsm",
    "attack_run": "engine.red.evasion.fgsm:direction",
    "settings": {},
    "one_step": True,
    "carry": False,
}


def run(job, blob: bytes, trained: dict, spec: dict):
    made = job(context(blob, spec, {"train/clean/seed0": trained}))
    return unpack.records(made), bundle.arrays(made)


@pytest.fixture(scope="module")
def swept(blob: bytes, trained: dict):
    return run(sweep, blob, trained, PGD)


def test_sweep_records_hold_together(swept) -> None:
    rows = swept[0]["evasion"]
    assert [row.epsilon for row in rows] == PGD["epsilons"]
    for row in rows:
        assert row.n == 50
        assert row.successes == row.attacked - row.broken
        assert row.perturbation.linf_max <= row.epsilon + 1e-6
        assert sum(map(sum, row.scores.confusion)) == row.n
        assert sum(row.scores.confusion[k][k] for k in range(10)) == row.successes
    assert rows[0].accuracy >= rows[1].accuracy >= rows[2].accuracy
    assert rows[2].accuracy < 0.5, "a clean model must fall"


def test_pictures_of_each_cell_are_kept_up_to_the_limit(swept) -> None:
    rows, arrays = swept[0]["evasion"], swept[1]
    for row in rows:
        true, answer, x = (arrays[f"{row.epsilon:g}/behind_{part}"] for part in ("true", "answer", "x"))
        assert x.dtype == np.uint8
        for label, said in itertools.product(range(10), repeat=2):
            kept = int(((true == label) & (answer == said)).sum())
            assert kept == min(arrays[f"{row.epsilon:g}/behind_limit"], row.scores.confusion[label][said])


def test_sweep_drops_what_is_broken(swept) -> None:
    rows = swept[0]["evasion"]
    assert 0 < rows[0].gradients <= 10 * rows[0].attacked
    for before, after in itertools.pairwise(rows):
        assert 0 < after.gradients <= 10 * (before.attacked - before.broken)


def test_accuracy_recomputed_from_the_saved_images(swept, model) -> None:
    from engine.measure.metrics import predict

    for epsilon in PGD["epsilons"]:
        kept = {name: swept[1][f"{epsilon:g}/sample_{name}"] for name in ("x", "adv", "after", "label")}
        assert np.array_equal(predict(model, kept["adv"][:, None]), kept["after"])
        assert np.abs(kept["adv"] - kept["x"] / np.float32(255)).max() <= epsilon + 1e-6


def test_fgsm_starts_afresh_at_every_size(blob: bytes, trained: dict) -> None:
    rows = run(sweep, blob, trained, FGSM)[0]["evasion"]
    assert {row.attacked for row in rows} == {rows[0].attacked}
    assert {row.gradients for row in rows} == {rows[0].attacked}


def test_a_model_may_meet_more_images_at_some_sizes(blob: bytes, trained: dict, swept) -> None:
    rows, arrays = run(sweep, blob, trained, {**PGD, "images": [50, 200, 50]})
    found = rows["evasion"]
    assert [row.n for row in found] == [50, 200, 50]
    few, more, again = (arrays[f"{size:g}/index"].tolist() for size in PGD["epsilons"])
    assert few == again == swept[1]["0.05/index"].tolist()
    assert set(few) < set(more)
    assert found[0].successes == swept[0]["evasion"][0].successes, "where nothing differs, nothing changes"
    right = {size: dict(zip(arrays[f"{size}/index"], arrays[f"{size}/right"], strict=True)) for size in (0.05, 0.1)}
    assert all(right[0.05][image] for image in few if right[0.1][image]), "what fell stays fallen"
    assert found[2].gradients <= 10 * sum(right[0.1][image] for image in few)


def test_an_attack_that_leaves_its_ball_fails_the_job(blob: bytes, trained: dict) -> None:
    spec = {**PGD, "settings": {}, "attack_run": "tests.measure.test_jobs:cheat"}
    with pytest.raises(ValueError, match="left its ball"):
        run(sweep, blob, trained, spec)


def cheat(_model, x, _y, *, epsilon: float, seed: int):
    from engine.red.evasion.adversarial import Adversarial

    return Adversarial((x + 2 * epsilon).clamp(0, 1), 0, 0)


def test_evaluation_and_trigger(blob: bytes, trained: dict, digits) -> None:
    spec = {
        **COMMON,
        "test_images": 300,
        "poison": "badnets",
        "poison_run": "engine.red.poisoning.badnets:Badnets",
        "poison_settings": {"share": 0.05, "target": 7},
        "own_poison": False,
    }
    found, arrays = run(evaluate, blob, trained, spec)
    clean, stamped = found["evaluation"]
    assert isinstance(clean, Evaluation)
    assert (clean.condition, stamped.condition) == ("clean", "stamped")
    assert clean.accuracy > 0.8
    (row,) = found["poisoning"]
    assert isinstance(row, Poisoning)
    assert row.control
    assert row.n == 270, "images of the target class are left out"
    assert row.hits / row.n == row.success_rate
    assert (arrays["sample_stamped"][:, 25:, 25:] == 85).all()


def test_a_backdoor_is_learnt_and_shown(blob: bytes, digits) -> None:
    from engine.blue.training.train import train

    poison = {
        "poison": "badnets",
        "poison_run": "engine.red.poisoning.badnets:Badnets",
        "poison_settings": {"share": 0.1, "target": 7},
    }
    spec = {
        **COMMON,
        **poison,
        "model": "backdoored",
        "recipe": "standard",
        "recipe_run": "engine.blue.training.standard:standard",
        "settings": {"epochs": 2, "batch": 64, "peak_rate": 3e-3},
        "train_images": 3000,
        "validation_images": 100,
    }
    made = train(context(blob, spec))
    (run_,) = unpack.records(made)["training"]
    assert run_.poisoned_images == 300
    assert run_.recipe["target"] == 7
    assert {"trigger_size", "trigger_row", "trigger_column", "trigger_level"} <= set(run_.recipe)
    assert (bundle.arrays(made)["poison_label_after"] == 7).all()
    look = {**COMMON, **poison, "model": "backdoored", "test_images": 300, "own_poison": True}
    found, _ = run(evaluate, blob, made, look)
    (row,) = found["poisoning"]
    assert row.success_rate > 0.9
    assert row.base_rate < 0.1
    assert found["evaluation"][0].accuracy > 0.85


def test_training_is_repeatable_to_the_byte(blob: bytes) -> None:
    from engine.blue.training.train import train

    spec = {
        **COMMON,
        "recipe": "standard",
        "recipe_run": "engine.blue.training.standard:standard",
        "settings": {"epochs": 2, "batch": 32, "peak_rate": 3e-3},
        "train_images": 320,
        "validation_images": 100,
        "poison": "",
    }
    once, again = (train(context(blob, spec)) for _ in range(2))
    assert once[bundle.WEIGHTS] == again[bundle.WEIGHTS]
    (row,) = unpack.records(once)["training"]
    assert row.gradients == 2 * 320


def test_latency(blob: bytes, trained: dict) -> None:
    found, _ = run(latency, blob, trained, {**COMMON, "warmup": 1, "repeats": 5})
    single, many = found["evaluation"]
    assert isinstance(single, Latency)
    assert (single.batch, many.batch) == (1, 256)
    assert single.median_ms <= single.p95_ms
    assert many.median_ms > single.median_ms
    assert many.median_ms > single.median_ms


def test_colours(blob: bytes) -> None:
    rows = unpack.records(colours(context(blob, {})))["poisoning"]
    assert {row.mean_grey for row in rows} == {85}
    assert len({row.luma_grey for row in rows}) == 3
