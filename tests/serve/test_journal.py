"""A journal that was written, then edited in every way: each is found, and its place named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from engine.core.errors import UserError
from engine.serve.journal import Damaged, Head, Journal, head_file, main, read_head, seal, verify
from tests.conftest import ROOT

SALT = b"s" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Eight lines: start, six answers, stop."""
    file = tmp_path / "journal.jsonl"
    journal = Journal(file, SALT)
    for digit in range(6):
        journal.add("answer", client=journal.client("192.0.2.7"), digit=digit, stamp=False, epsilon=0.0)
    journal.close()
    return file


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def test_it_holds_and_its_seals_are_the_plain_hash_chain(path: Path) -> None:
    assert verify(path).count == 8
    previous = "0" * 64
    for line in lines(path):  # the chain again, written out
        entry = json.loads(line)
        stated = entry.pop("seal")
        text = previous + "\n" + json.dumps(entry, sort_keys=True, separators=(",", ":"))
        assert sha256(text.encode()).hexdigest() == stated
        previous = stated
    assert head_file(path).read_text() == f"8:{previous}\n"


EDITS: list[tuple[str, Callable[[list[bytes]], list[bytes]], int]] = [
    ("digit", lambda all_: [*all_[:3], all_[3].replace(b'"digit":2', b'"digit":3'), *all_[4:]], 4),
    ("time", lambda all_: [*all_[:1], all_[1].replace(b'"time":"20', b'"time":"19'), *all_[2:]], 2),
    ("seal", lambda all_: [*all_[:-1], all_[-1][:-4] + (b"1" if all_[-1][-4:-3] == b"0" else b"0") + b'"}\n'], 8),
    ("dropped", lambda all_: [*all_[:4], *all_[5:]], 5),
    ("dropped first", lambda all_: all_[1:], 1),
    ("swapped", lambda all_: [*all_[:2], all_[3], all_[2], *all_[4:]], 3),
    ("doubled", lambda all_: [*all_[:3], all_[2], *all_[3:]], 4),
    ("cut off", lambda all_: all_[:-2], 7),
    ("cut off whole", lambda all_: [], 1),
    ("cut within", lambda all_: [*all_[:-1], all_[-1][:20]], 8),
    ("not json", lambda all_: [*all_[:5], b"hello\n", *all_[6:]], 6),
    ("blank", lambda all_: [*all_[:5], b"\n", *all_[5:]], 6),
]


@pytest.mark.parametrize(("change", "place"), [edit[1:] for edit in EDITS], ids=[edit[0] for edit in EDITS])
def test_each_change_is_found_at_its_line(path: Path, change: Callable, place: int) -> None:
    path.write_bytes(b"".join(change(lines(path))))
    with pytest.raises(Damaged) as raised:
        verify(path)
    assert raised.value.line == place


def test_renumbering_does_not_hide_a_dropped_line(path: Path) -> None:
    kept = [*lines(path)[:4], *lines(path)[5:]]
    again = [json.loads(line) | {"n": number} for number, line in enumerate(kept, 1)]
    path.write_text("".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in again))
    with pytest.raises(Damaged, match="line 5: its seal"):
        verify(path)


def test_every_byte_counts(path: Path) -> None:
    whole = path.read_bytes()
    starts = [0, *(place + 1 for place, byte in enumerate(whole) if byte == 10)]
    for place in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(Damaged) as raised:
            verify(path)
        own = sum(start <= place for start in starts[:-1])
        assert raised.value.line in (own, own + 1), place


def test_a_whole_new_chain_passes_unless_a_head_was_noted(path: Path) -> None:
    noted = verify(path)
    previous, out = "0" * 64, []
    for number, line in enumerate([*lines(path)[:2], *lines(path)[3:]], 1):
        entry = json.loads(line) | {"n": number}
        del entry["seal"]
        previous = seal(previous, entry)
        out.append(json.dumps({**entry, "seal": previous}) + "\n")
    path.write_text("".join(out))
    head_file(path).write_text(f"7:{previous}")
    assert verify(path).count == 7, "the limit that the docstring states"
    with pytest.raises(Damaged, match="line 8: 1 lines from here on are missing"):
        verify(path, noted)
    with pytest.raises(Damaged, match="line 2"):
        verify(path, Head(2, "f" * 64))


def test_a_lost_head_is_said(path: Path) -> None:
    head_file(path).write_text("x")
    with pytest.raises(Damaged, match="head is damaged"):
        verify(path)
    head_file(path).unlink()
    with pytest.raises(Damaged, match="head is missing"):
        verify(path)


def test_the_command_says_where_and_returns_1(path: Path) -> None:
    command = [sys.executable, "-m", "engine.serve.journal", "verify", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "8 lines hold" in done.stdout
    path.write_bytes(b"".join(lines(path)[:3] + lines(path)[4:]))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "damaged at line 4" in done.stderr
    assert main(["verify", str(path.with_name("none"))]) == 2


def test_what_a_killed_writer_left_is_cut_and_said(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b'{"n":9,"ti')
    journal = Journal(path, SALT)
    journal.close()
    assert json.loads(lines(path)[8])["mended"] == 10
    assert verify(path).count == 10


def test_a_line_ahead_of_its_head_is_sound(path: Path) -> None:
    before = head_file(path).read_text()
    journal = Journal(path, SALT)
    head_file(path).write_text(before)  # killed between line and head
    os.close(journal.file)
    assert verify(path).count == 9


def test_the_demo_does_not_write_on_after_damage(path: Path) -> None:
    path.write_bytes(b"".join(lines(path)[:-1]))
    with pytest.raises(UserError, match="damaged at line 8"):
        Journal(path, SALT)


def test_one_writer_at_a_time_and_no_links(path: Path, tmp_path: Path) -> None:
    journal = Journal(path, SALT)
    with pytest.raises(UserError, match="another process"):
        Journal(path, SALT)
    journal.close()
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(UserError, match="cannot open"):
        Journal(link, SALT)


def test_addresses_are_not_in_it_and_ids_do_not_outlive_the_run(path: Path) -> None:
    assert b"192.0.2" not in path.read_bytes()
    journal = Journal(path, b"t" * 32)
    first, again, other = journal.client("192.0.2.7"), journal.client("192.0.2.7"), journal.client("192.0.2.8")
    journal.close()
    assert first == again != other
    assert first.encode() not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


def test_refusals_share_a_line(path: Path) -> None:
    journal = Journal(path, SALT)
    before = len(lines(path))
    for _ in range(1000):
        journal.tally("too many")
    journal.close()
    added = [json.loads(line) for line in lines(path)[before:]]
    assert [entry["event"] for entry in added] == ["refused", "stop"]
    assert added[0]["counts"] == {"too many": 1000}


def test_a_full_journal_says_so(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", SALT, largest=100)
    assert journal.full
    journal.close()


@pytest.mark.parametrize("text", ["", "5", "x:" + "0" * 64, "5:0", "-1:" + "0" * 64])
def test_a_malformed_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a head is"):
        read_head(text)
