from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from engine.core import cards
from engine.core.errors import UserError

WEIGHTS = b"weights"
CARD = cards.Card(
    model="clean", title="Clean", network="simplecnn", recipe={"epochs": 4}, dataset="MNIST", seed=0,
    profile="standard", job="ab" * 32, sha256=sha256(WEIGHTS).hexdigest(), bytes=len(WEIGHTS), metrics={"clean": 0.99},
)  # fmt: skip


def test_a_card_comes_back_as_it_was_written(tmp_path: Path) -> None:
    cards.write(tmp_path, CARD, WEIGHTS)
    assert cards.names(tmp_path) == ["clean"]
    assert cards.read(tmp_path, "clean") == CARD
    assert cards.weights(tmp_path, CARD) == WEIGHTS


@pytest.mark.parametrize("field", ["recipe", "seed", "dataset", "job", "sha256"])
def test_a_card_without_its_origin_is_refused(tmp_path: Path, field: str) -> None:
    cards.write(tmp_path, CARD, WEIGHTS)
    path = tmp_path / "clean.json"
    known = json.loads(path.read_text())
    del known[field]
    path.write_text(json.dumps(known))
    with pytest.raises(UserError, match=field):
        cards.read(tmp_path, "clean")
