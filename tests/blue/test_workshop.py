"""The many small trainings: every poison with its controls, and the surface, on the 5,000 digits."""

from __future__ import annotations

import pytest

from engine.blue.training.workshop import corner, poisons, surface
from engine.core import bundle, unpack
from engine.plan.workshop import SHARES
from engine.red.poisoning.registry import POISONS
from engine.red.poisoning.trigger import SQUARE
from tests.conftest import context

SPEC = {
    "model": "workshop", "seed": 0, "network": "strided",
    "settings": {"epochs": 6, "batch": 64, "peak_rate": 4e-3}, "train_images": 3000, "validation_images": 100,
    "test_images": 0, "target": 7,
}  # fmt: skip


@pytest.fixture(scope="module")
def tried(blob: bytes, learnt_small: dict):
    spec = {**SPEC, "poisons": {entry.name: entry.run for entry in POISONS}, "shares": SHARES,
            "helped": ["clean_label"]}  # fmt: skip
    made = poisons(context(blob, spec, {"train/surrogate/seed0": learnt_small}))
    return unpack.records(made)["poisoning"], bundle.arrays(made)


@pytest.fixture(scope="module")
def learnt_small(blob: bytes) -> dict:
    from engine.blue.training.train import train

    spec = {**SPEC, "model": "surrogate", "recipe": "standard", "poison": "",
            "recipe_run": "engine.blue.training.standard:standard"}  # fmt: skip
    return train(context(blob, spec))


def test_every_poison_has_a_row_and_controls(tried) -> None:
    rows, arrays = tried
    poisoned = {row.poison for row in rows if not row.control}
    assert poisoned == {entry.name for entry in POISONS}
    assert {row.trigger for row in rows if row.poison == "none"} == {"square", "mixed", "wave"}
    assert "square elsewhere" in {row.trigger for row in rows if row.control}
    for name in poisoned:
        assert len(arrays[f"{name}/before"]) == len(arrays[f"{name}/after"]) == 5


def test_blended_is_learnt_and_controls_are_not(tried) -> None:
    by = {(row.poison, row.trigger): row for row in tried[0]}
    assert by["blended", "mixed"].success_rate > 0.8
    assert by["none", "mixed"].success_rate < 0.2
    kept, clean = by["label_kept", "square"], by["none", "square"]
    assert abs(kept.success_rate - clean.success_rate) < 0.05
    assert abs(kept.success_rate - kept.base_rate) < 0.05
    assert by["label_flip", "none"].success_rate == by["label_flip", "none"].base_rate, "there is no trigger"


def test_a_larger_share_works_better(blob: bytes) -> None:
    spec = {**SPEC, "study": "surface", "size": 4, "rates": [0.0, 0.001, 0.1]}
    none, few, many = unpack.records(surface(context(blob, spec)))["poisoning"]
    assert (none.control, none.poisoned_images) == (True, 0)
    assert none.hits == none.base_hits or none.success_rate < 0.05
    assert (few.poisoned_images, many.poisoned_images) == (3, 300)
    assert few.trigger_size == many.trigger_size == 4
    assert many.success_rate > 0.95
    assert many.success_rate > few.success_rate


def test_the_usual_square_is_one_of_the_surface() -> None:
    assert corner(3) == SQUARE
