from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from engine.core.errors import UserError
from engine.core.store import Store

KEY = "ab" + "0" * 62
FILES = {"records.json": b"{}", "arrays.npz": b"123"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path)
    store.write(KEY, FILES, {"name": "job"})
    return store


def test_what_is_written_is_read(store: Store) -> None:
    assert store.holds(KEY)
    assert store.read(KEY) == FILES
    assert store.read(KEY, ("arrays.npz",)) == {"arrays.npz": b"123"}
    assert store.latest("job") == {"name": "job"}
    assert store.latest("another") is None


@pytest.mark.parametrize("damage", ["flip", "remove", "manifest"])
def test_damage_is_found_said_and_set_aside(store: Store, damage: str) -> None:
    entry = store.root / KEY[:2] / KEY
    if damage == "flip":
        (entry / "arrays.npz").write_bytes(b"124")
    elif damage == "remove":
        (entry / "arrays.npz").unlink()
    else:
        (entry / "manifest.json").write_text("{")
    assert not store.sound(KEY)
    assert not store.holds(KEY)
    assert len(store.damaged) == 1
    assert KEY[:12] in store.damaged[0]
    store.write(KEY, FILES, {"name": "job"})
    assert store.sound(KEY)


def test_a_half_written_entry_is_not_seen_and_swept(store: Store) -> None:
    half = store.root / ".part-dead"
    half.mkdir()
    (half / "records.json").write_bytes(b"{")
    assert Store(store.root).read(KEY) == FILES
    assert half.exists(), "another build may be writing it"
    os.utime(half, (0, 0))
    Store(store.root)
    assert not half.exists()


def test_a_full_disk_is_one_line_and_loses_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("engine.core.store._write_synced", full)
    with pytest.raises(UserError, match=r"No space left on device; free some space"):
        store.write("cd" + "0" * 62, FILES, {"name": "other"})
    assert store.read(KEY) == FILES
    assert not list(store.root.glob(".part-*"))
