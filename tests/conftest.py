"""Shared fixtures: real digits without a network, and a real model trained on them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from engine.core.jobs import Context
from engine.core.settings.training import Plain
from engine.data import mnist

ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="write tests/golden anew; look at the difference")
    parser.addoption("--site", help="measure this built site instead of the one of the hand-built records")


def pytest_configure(config: pytest.Config) -> None:
    """Give each of several test processes one thread, as a build gives its workers."""
    if hasattr(config, "workerinput"):
        import torch

        torch.set_num_threads(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put whole builds first: the longest file, so that the other process is not done long before it."""
    items.sort(key=lambda item: item.path.name != "test_build.py")


@pytest.fixture(scope="session")
def digits() -> mnist.Digits:
    """The 5,000 real digits that a package carries."""
    return mnist._subset(lambda _line: None)


@pytest.fixture(scope="session")
def blob(digits: mnist.Digits) -> bytes:
    return mnist.encode(digits)


def context(blob: bytes, spec: dict, needs: dict | None = None, name: str = "test") -> Context:
    """A job's context as a worker gets it, without a worker."""
    return Context(name, "0" * 64, spec, needs or {}, blob, {"torch": "x"}, "cpu", 1)


@pytest.fixture(scope="session")
def trained(blob: bytes) -> dict:
    """The bundle of a clean model, trained on 2,000 digits for one epoch."""
    from engine.blue.training.train import train

    spec = {
        "model": "clean",
        "seed": 0,
        "network": "simplecnn",
        "recipe": "standard",
        "recipe_run": "engine.blue.training.standard:standard",
        "settings": asdict(Plain(epochs=2, batch=64, peak_rate=3e-3)),
        "train_images": 1500,
        "validation_images": 200,
        "poison": "",
    }
    return train(context(blob, spec))


@pytest.fixture(scope="session")
def model(trained: dict):
    from engine.core.bundle import WEIGHTS
    from engine.networks import from_bytes

    return from_bytes("simplecnn", trained[WEIGHTS])


@pytest.fixture(scope="session")
def images(digits: mnist.Digits):
    """40 stratified test images as float tensors in [0, 1], with their labels."""
    import torch

    chosen = mnist.stratified(digits.test_y, 40, 0)
    x = torch.from_numpy(digits.test_x[chosen].astype(np.float32) / 255)
    return x, torch.from_numpy(digits.test_y[chosen])
