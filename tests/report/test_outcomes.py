"""What is published image by image: every measured cell of the jobs that keep it, with the bits of the right images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from engine.blue.inputs.registry import DEFENCES
from engine.blue.inputs.trial import bare, trial
from engine.core import bundle, unpack
from engine.core.records.outcomes import Outcome
from engine.measure.corruptions import corruptions
from engine.measure.evaluate import evaluate
from engine.networks import from_bytes
from engine.report import outcomes
from tests.conftest import context
from tests.report import example

CLEAN = {"model": "clean", "seed": 0, "network": "simplecnn"}
TARGET = 7
STAMP = {"poison": "badnets", "poison_run": "engine.red.poisoning.badnets:Badnets",
         "poison_settings": {"share": 0.01, "target": TARGET}, "own_poison": False, "test_images": 200}  # fmt: skip
EFFORT = {"steps": 5, "adaptive_steps": 5, "step_ratio": 0.3, "eot_draws": 1, "queries": 5}
INPUTS = {**CLEAN, "images": 30, "epsilons": [0.1, 0.2], "effort": EFFORT}
SQUEEZING = {"defence": "squeezing", "defence_run": DEFENCES["squeezing"].run, "settings": {"bits": 1}}


def published(made: dict) -> tuple[list[Any], list[Outcome]]:
    """A job's measured records, and what a report of them alone publishes."""
    records, held = unpack.records(made), bundle.arrays(made)
    rows = {name: tuple(records.get(name, ())) for name in example.records()}
    view = replace(example.view(rows), arrays=lambda _job: held)
    return [row for family in rows.values() for row in family], outcomes.published(view)


def right(one: Outcome) -> np.ndarray:
    return np.array([bit == "1" for bit in f"{one.bits():0{one.n}b}"])


def answers(trained: dict, x: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return from_bytes("simplecnn", trained[bundle.WEIGHTS])(torch.from_numpy(x)).argmax(1).numpy()


def every(made: dict) -> dict[tuple[str, float], np.ndarray]:
    """Each cell's bits, when all of them are published and add up."""
    rows, found = published(made)
    assert [(one.model, one.subject, one.epsilon) for one in found] == [
        (row.model, outcomes.subject(row), row.epsilon) for row in rows
    ]
    assert [right(one).sum() for one in found] == [outcomes.counted(row) for row in rows]
    return {(one.subject, one.epsilon): right(one) for one in found}


def test_an_evaluation_tells_its_stamped_images_and_what_the_stamp_turned(
    blob: bytes, trained: dict, digits: Any
) -> None:
    made = evaluate(context(blob, {**CLEAN, **STAMP}, {"train/clean/seed0": trained}))
    found, index = every(made), bundle.arrays(made)["index"]
    y, x = digits.test_y[index], digits.test_x[index].copy()
    assert np.array_equal(found["clean", 0], answers(trained, x) == y)
    x[:, :, 25:, 25:] = 85  # the stamp, three pixels of grey in the corner
    stamped = answers(trained, x)
    assert np.array_equal(found["stamped", 0], stamped == y)
    assert np.array_equal(found["stamp brings its target", 0], stamped[y != TARGET] == TARGET)


def test_corruptions_tell_every_kind_and_strength(blob: bytes, trained: dict, digits: Any) -> None:
    spec = {**CLEAN, "images": 100, "kinds": ["shift", "contrast"], "strengths": [1, 3, 5]}
    made = corruptions(context(blob, spec, {"train/clean/seed0": trained}))
    found, index = every(made), bundle.arrays(made)["index"]
    moved = np.zeros((len(index), 1, 28, 28), np.float32)
    moved[:, :, 3:, 3:] = digits.test_x[index].reshape(-1, 1, 28, 28)[:, :, :-3, :-3].astype(np.float32) / 255
    assert np.array_equal(found["shift 3", 0], answers(trained, moved) == digits.test_y[index])


def test_input_defences_tell_every_attacker(blob: bytes, trained: dict) -> None:
    attacked = bare(context(blob, INPUTS, {"train/clean/seed0": trained}))
    needs = {"train/clean/seed0": trained, "inputs/clean/none/seed0": attacked}
    defended = trial(context(blob, {**INPUTS, **SQUEEZING}, needs))
    plain, found = every(attacked), every(defended)
    assert (len(plain), len(found)) == (5, 9)
    for size in (0.1, 0.2):
        standing = [found[f"squeezing {who}", size] for who in ("blind", "naive", "adaptive")]
        assert not (found["squeezing worst", size] & ~np.logical_and.reduce(standing)).any()


def test_bits_that_do_not_add_up_to_their_record_are_not_published(blob: bytes, trained: dict) -> None:
    spec = {**CLEAN, "images": 50, "kinds": ["blur"], "strengths": [1]}
    made = corruptions(context(blob, spec, {"train/clean/seed0": trained}))
    records, held = unpack.records(made), dict(bundle.arrays(made))
    held["blur/1/right"] = ~held["blur/1/right"]
    look: Callable[[str], dict[str, np.ndarray]] = lambda _job: held  # noqa: E731
    rows = {name: tuple(records.get(name, ())) for name in example.records()}
    assert outcomes.published(replace(example.view(rows), arrays=look)) == []
