"""What the demo's page can say."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.serve import app, models


@pytest.mark.parametrize(("shown", "outputs"), [(False, 2), (True, 3)])
def test_without_the_switch_no_function_of_the_page_returns_scores(folder: Path, shown: bool, outputs: int) -> None:
    page = app.build(models.load(folder), "clean", shown)
    assert ("label" in {block.get_block_name() for block in page.blocks.values()}) is shown
    answering = [fn for fn in page.fns.values() if fn.name == "look"]
    assert answering
    assert {len(fn.outputs) for fn in answering} == {outputs}
