"""Node, which runs the page's own modules, and one trained network of each kind."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load

from engine.core.bundle import WEIGHTS
from engine.core.settings.training import Plain
from engine.data import mnist
from engine.lab import weights
from engine.networks import from_bytes
from tests.blue.conftest import proven  # noqa: F401 -- a fixture
from tests.conftest import ROOT, context

NETWORKS = ("simplecnn", "strided", "ramped")
SECONDS = 300


@pytest.fixture(scope="session")
def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not installed (18 or newer), so the page's JavaScript cannot be run outside a browser")
    return found


@pytest.fixture
def run(node: str, tmp_path: Path) -> Callable:
    """Run a command of run.mjs with arrays written beside it; returns what it found, and its array."""

    def run(command: str, arrays: dict[str, np.ndarray] | None = None, **task: object) -> tuple[dict, np.ndarray]:
        for name, array in (arrays or {}).items():
            array.astype("<f4").tofile(tmp_path / f"{name}.f32")
        (tmp_path / "out.f32").write_bytes(b"")
        (tmp_path / "task.json").write_text(json.dumps({"command": command, **task}), "utf-8")
        done = subprocess.run(
            [node, str(ROOT / "tests/lab/run.mjs"), str(tmp_path)], capture_output=True, text=True, timeout=SECONDS
        )
        assert done.returncode == 0, done.stderr
        return json.loads((tmp_path / "found.json").read_text()), np.fromfile(tmp_path / "out.f32", "<f4")

    run.folder = tmp_path
    return run


@pytest.fixture
def sent(run: Callable) -> Callable:
    """Write a network's file for `run` and return its manifest entry."""

    def sent(network: str, held: dict[str, np.ndarray], kind: str = "float32") -> dict:
        packed = weights.pack(network, network, held, kind)
        (run.folder / packed.entry["file"]).write_bytes(packed.content)
        return packed.entry

    return sent


@pytest.fixture(scope="session")
def bundles(trained: dict, proven: dict, blob: bytes) -> dict[str, bytes]:  # noqa: F811
    """Weights by network, all trained on real digits."""
    from engine.blue.training.train import train

    settings = asdict(Plain(epochs=2, batch=64, peak_rate=3e-3))
    spec = {
        "model": "clean", "seed": 0, "network": "strided", "recipe": "standard", "settings": settings,
        "recipe_run": "engine.blue.training.standard:standard", "train_images": 1500, "validation_images": 200,
        "poison": "",
    }  # fmt: skip
    strided = train(context(blob, spec))
    return {"simplecnn": trained[WEIGHTS], "strided": strided[WEIGHTS], "ramped": proven[WEIGHTS]}


@pytest.fixture(scope="session", params=NETWORKS)
def subject(request: pytest.FixtureRequest, bundles: dict[str, bytes]) -> tuple[str, torch.nn.Module, dict]:
    """A network's name, the network in torch, and its weights in numpy."""
    content = bundles[request.param]
    return request.param, from_bytes(request.param, content), load(content)


@pytest.fixture(scope="session")
def hundred(digits: mnist.Digits) -> tuple[np.ndarray, torch.Tensor, torch.Tensor]:
    """100 test images as uint8 and as floats, with their labels."""
    chosen = mnist.stratified(digits.test_y, 100, 0)
    images = digits.test_x[chosen]
    return (
        images,
        torch.from_numpy(images.astype(np.float32) / np.float32(255)),
        torch.from_numpy(digits.test_y[chosen]),
    )
