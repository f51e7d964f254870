"""A real model trained on interval bounds, small but certified on most digits at ε 0.1."""

from __future__ import annotations

import pytest

from tests.conftest import context

INTERVAL = {"epochs": 6, "batch": 50, "peak_rate": 2e-3, "epsilon": 0.1, "ramp": 0.5, "clean_weight": 0.0}


@pytest.fixture(scope="session")
def proven(blob: bytes) -> dict:
    """The bundle of a training on bounds."""
    from engine.blue.training.train import train

    spec = {
        "model": "certified",
        "seed": 0,
        "network": "ramped",
        "recipe": "interval",
        "recipe_run": "engine.blue.training.interval:train_on_bounds",
        "settings": {**INTERVAL, "low": 0.3, "high": 0.7},
        "train_images": 2000,
        "validation_images": 200,
        "poison": "",
    }
    return train(context(blob, spec))


@pytest.fixture(scope="session")
def bounded(proven: dict):
    from engine.core.bundle import WEIGHTS
    from engine.networks import from_bytes

    return from_bytes("ramped", proven[WEIGHTS])
