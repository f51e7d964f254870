"""A recipe tried end to end on the 5,000 digits."""

from __future__ import annotations

from engine.blue.training.registry import RECIPES
from engine.blue.training.trials import trial
from engine.blue.training.variants import VARIANTS
from engine.core import unpack
from tests.conftest import context

SPEC = {
    "seed": 0, "network": "strided", "train_images": 2000, "validation_images": 100, "images": 50, "epsilon": 0.3,
    "pgd": {"steps": 10, "step_ratio": 0.1, "restarts": 1}, "steps": 10, "targets": 3, "queries": 50,
}  # fmt: skip


def tried(blob: bytes, name: str):
    variant = next(each for each in VARIANTS if each.name == name)
    spec = {**SPEC, "model": name, "title": variant.title, "recipe": variant.recipe,
            "recipe_run": RECIPES[variant.recipe].run,
            "settings": {"epochs": 2, "batch": 50, "peak_rate": 3e-3, **variant.settings}}  # fmt: skip
    (row,) = unpack.records(trial(context(blob, spec)))["protection"]
    return row


def test_training_against_attacks_helps_and_costs(blob: bytes) -> None:
    plain, hardened = tried(blob, "plain"), tried(blob, "pgd")
    for row in (plain, hardened):
        assert row.n == 50
        assert row.accuracy <= row.pgd_accuracy <= row.clean_accuracy
    assert plain.pgd_accuracy < 0.1
    assert hardened.accuracy > plain.accuracy + 0.2
    assert plain.gradients == 2 * 2000
    assert hardened.gradients == 2 * 2000 * 5 + 2 * 100 * 10  # the judge looks at 100 images, ten steps an epoch


def test_every_variant_names_a_recipe() -> None:
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS)
    assert all(variant.recipe in RECIPES for variant in VARIANTS)
