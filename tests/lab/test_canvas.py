"""The page's way from a drawing to 28×28 against `engine.data.canvas`, level by level."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from engine.data.canvas import to_mnist


def strokes(seed: int) -> np.ndarray:
    """A drawing of random strokes on white paper of random size."""
    chance = np.random.default_rng(seed)
    width, height = (280, 280) if seed % 2 else map(int, chance.integers(20, 400, 2))
    paper = Image.new("L", (width, height), 255)
    pen = ImageDraw.Draw(paper)
    for _ in range(int(chance.integers(1, 5))):
        points = [tuple(map(int, chance.integers(0, (width, height)))) for _ in range(int(chance.integers(2, 6)))]
        pen.line(points, fill=int(chance.integers(0, 200)), width=int(chance.integers(1, 30)), joint="curve")
    return np.asarray(paper)


def edge_cases() -> dict[str, np.ndarray]:
    blank = np.full((280, 280), 255, np.uint8)
    dot, tall, wide, small, faint, noise = (blank.copy() for _ in range(6))
    dot[3, 270] = 0
    tall[10:270, 140:143] = 0
    wide[100:105, 2:279] = 40
    small[20:27, 30:35] = 0
    faint[50:90, 50:90] = 229
    faint[60, 60] = 228
    noise[:] = np.random.default_rng(0).integers(0, 256, noise.shape)
    one = np.zeros((1, 1), np.uint8)
    return {
        "blank": blank, "dot": dot, "tall": tall, "wide": wide, "small": small, "faint": faint, "noise": noise,
        "black": np.zeros((64, 64), np.uint8), "one": one, "row": np.zeros((1, 50), np.uint8),
    }  # fmt: skip


DRAWINGS = {f"strokes {seed}": strokes(seed) for seed in range(30)} | edge_cases()


@pytest.fixture(scope="module")
def found(node: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[int] | None]:
    import json
    import subprocess

    from tests.conftest import ROOT

    folder, tasks = tmp_path_factory.mktemp("canvas"), []
    for place, drawing in enumerate(DRAWINGS.values()):
        (folder / f"{place}.u8").write_bytes(drawing.tobytes())
        tasks.append({"file": f"{place}.u8", "width": drawing.shape[1], "height": drawing.shape[0]})
    (folder / "task.json").write_text(json.dumps({"command": "canvas", "drawings": tasks}))
    subprocess.run([node, str(ROOT / "tests/lab/run.mjs"), str(folder)], check=True, capture_output=True, timeout=60)
    return dict(zip(DRAWINGS, json.loads((folder / "found.json").read_text())["images"], strict=True))


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_becomes_the_same_image(found, name: str) -> None:
    wanted = to_mnist(DRAWINGS[name])
    assert found[name] == (None if wanted is None else wanted.ravel().tolist())
