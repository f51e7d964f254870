"""A folder of models as a build leaves it: one clean, one with a stamp in its card."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from engine.core import cards
from engine.core.bundle import WEIGHTS

RECIPE = {
    "recipe": "standard", "poison": "badnets", "target": 7,
    "trigger_size": 3, "trigger_row": 25, "trigger_column": 25, "trigger_level": 85,
}  # fmt: skip


def card(name: str, weights: bytes, recipe: dict) -> cards.Card:
    return cards.Card(
        model=name, title=name.capitalize(), network="simplecnn", recipe=recipe, dataset="MNIST", seed=0,
        profile="smoke", job="0" * 64, sha256=sha256(weights).hexdigest(), bytes=len(weights),
        metrics={"clean": 0.99},
    )  # fmt: skip


def fill(place: Path, weights: bytes) -> Path:
    cards.write(place, card("backdoored", weights, RECIPE), weights)
    cards.write(place, card("clean", weights, {"recipe": "standard"}), weights)
    return place


@pytest.fixture
def folder(tmp_path: Path, trained: dict) -> Path:
    return fill(tmp_path, trained[WEIGHTS])
