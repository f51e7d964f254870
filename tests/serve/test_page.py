"""What the demo's page can say."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from engine.core.bundle import WEIGHTS
from tests.conftest import ROOT
from tests.serve.conftest import fill

# In a process of its own: Gradio leaves an event loop open.
LOOK = """
import json, sys
from pathlib import Path
from engine.serve import app, models
found = {}
for shown in (False, True):
    page = app.build(models.load(Path(sys.argv[1])), "clean", shown)
    labels = [block for block in page.blocks.values() if block.get_block_name() == "label"]
    found[str(shown)] = len(labels), [len(fn.outputs) for fn in page.fns.values() if fn.name == "look"]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, trained: dict) -> dict[str, tuple[int, list[int]]]:
    """The labels of the page without and with scores, and how many values its function `look` returns."""
    place = fill(tmp_path_factory.mktemp("models"), trained[WEIGHTS])
    command = [sys.executable, "-c", LOOK, str(place)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(("shown", "labels", "outputs"), [(False, 0, 2), (True, 1, 3)])
def test_without_the_switch_no_function_of_the_page_returns_scores(
    pages: dict[str, tuple[int, list[int]]], shown: bool, labels: int, outputs: int
) -> None:
    found, counts = pages[str(shown)]
    assert found == labels
    assert counts
    assert set(counts) == {outputs}
