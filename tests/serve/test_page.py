"""What the demo's page can say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

# In a process of its own: Gradio leaves an event loop open.
LOOK = """
import json, sys
from pathlib import Path
from engine.serve import app, models
page = app.build(models.load(Path(sys.argv[1])), "clean", sys.argv[2] == "True")
labels = [block for block in page.blocks.values() if block.get_block_name() == "label"]
outputs = [len(fn.outputs) for fn in page.fns.values() if fn.name == "look"]
print(json.dumps([len(labels), outputs]))
"""


@pytest.mark.parametrize(("shown", "labels", "outputs"), [(False, 0, 2), (True, 1, 3)])
def test_without_the_switch_no_function_of_the_page_returns_scores(
    folder: Path, shown: bool, labels: int, outputs: int
) -> None:
    command = [sys.executable, "-c", LOOK, str(folder), str(shown)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    found, counts = json.loads(done.stdout.splitlines()[-1])
    assert found == labels
    assert counts
    assert set(counts) == {outputs}
