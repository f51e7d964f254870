"""What the demo answered, one JSON line each, every line sealed with the hash of the one before it.

A line holds number, time, a client's id, model, switches, the digit and the outcome: no picture, no address,
no score. The id is a hash of the address keyed with a salt that is drawn for each run and never written: it
tells two clients of one run apart, and nobody can turn it back or follow a client from run to run.

``python -m engine.serve.journal verify FILE`` finds an edited, dropped, moved or added line and names its place.
Lines cut off at the end leave a sound chain. They are found by the head, a small file beside the journal with
the count and the last hash, or by a count and hash noted elsewhere (``head FILE``, ``verify FILE --head N:HASH``).

What it does not do: the seal has no key. Whoever may write both files can make up a whole new chain with its
head. Only a head that was noted where they cannot write shows that. And the demo may say what it likes: the
journal proves that lines were not changed later, not that they were true.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hmac
import json
import os
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.core.errors import UserError

START = "0" * 64
LARGEST = 256 << 20  # bytes; then the demo stops answering rather than going on unrecorded
SPAN = 10.0  # seconds between two lines that sum up refusals
HINT = "keep it, move it away with its head, and start again"


@dataclass(frozen=True)
class Head:
    """Number of lines and hash of the last one."""

    count: int
    seal: str

    def __str__(self) -> str:
        return f"{self.count}:{self.seal}"


class Damaged(Exception):
    """The journal does not hold; ``line`` is the first that does not, counted from 1."""

    def __init__(self, line: int, what: str) -> None:
        self.line, self.what = line, what
        super().__init__(f"line {line}: {what}")


def seal(previous: str, entry: dict[str, Any]) -> str:
    """Return the SHA-256 of the previous seal and this entry in canonical JSON."""
    return sha256(f"{previous}\n{json.dumps(entry, sort_keys=True, separators=(',', ':'))}".encode()).hexdigest()


def head_file(path: Path) -> Path:
    """Return where the head of a journal is."""
    return path.with_name(path.name + ".head")


def chain(content: bytes) -> tuple[Head, list[str]]:
    """Check whole lines one after another; return the head and every seal.

    Raises:
        Damaged: At the first line that was changed, moved, added, or is missing.
    """
    previous, seals = START, list[str]()
    for number, line in enumerate(content.splitlines(keepends=True), 1):
        if not line.endswith(b"\n"):
            raise Damaged(number, "it was not written to its end")
        try:
            entry = json.loads(line)
            found = entry.pop("seal")
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
            raise Damaged(number, "it is not a journal line") from None
        if entry.get("n") != number:
            raise Damaged(number, f"it has the number {entry.get('n')}: lines were dropped, moved or added here")
        if found != seal(previous, entry):
            raise Damaged(number, "its seal does not fit: it or the line before was changed")
        previous = found
        seals.append(found)
    return Head(len(seals), previous), seals


def read_head(text: str) -> Head:
    """Parse ``count:hash``; ValueError for anything else."""
    count, _, last = text.strip().partition(":")
    if not count.isdecimal() or len(last) != 64:
        raise ValueError("a head is a count, a colon and 64 hexadecimal digits")
    return Head(int(count), last)


def verify(path: Path, noted: Head | None = None) -> Head:
    """Check a journal against its own head and a noted one; return its head.

    The journal may be longer than a head says: the line is written first, and a crash may come in between.

    Raises:
        Damaged: Where it does not hold. OSError: It cannot be read.
    """
    text: str | None = None  # read first: while the demo runs, the journal may only be ahead of it
    with contextlib.suppress(FileNotFoundError):
        text = head_file(path).read_text("latin-1")
    found, seals = chain(path.read_bytes())
    if text is None:
        raise Damaged(found.count + 1, "the head is missing, so nobody can tell whether lines were cut off")
    try:
        heads = [read_head(text)]
    except ValueError:
        raise Damaged(found.count + 1, "the head is damaged") from None
    for head in [*heads, *([noted] if noted else [])]:
        if head.count > found.count:
            raise Damaged(found.count + 1, f"{head.count - found.count} lines from here on are missing")
        if head.count and seals[head.count - 1] != head.seal:
            raise Damaged(head.count, "its seal is not the one that the head has")
    return found


class Journal:
    """An open journal. One process writes it at a time; each line is on disk before the answer goes out.

    Raises:
        UserError: The file does not hold, is not a plain file, or another process has it open.
    """

    def __init__(self, path: Path, salt: bytes, largest: int = LARGEST) -> None:
        self.path, self.salt, self.largest = path, salt, largest
        self.lock, self.refused = threading.Lock(), Counter[str]()
        self.summed = time.monotonic()
        try:
            self.file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"another process writes the journal {path}", "stop it, or choose another --state"
            ) from None
        except OSError as error:
            raise UserError(f"cannot open the journal {path}: {error.strerror}", "choose another --state") from None
        torn = self._mend()
        try:
            if not os.fstat(self.file).st_size and not head_file(path).exists():
                self._write_head(Head(0, START))
            self.head = verify(path)
        except Damaged as damage:
            raise UserError(f"the journal {path} is damaged at {damage}", HINT) from None
        self.add("start", mended=torn)

    def _mend(self) -> int:
        """Cut what a killed process left of a line; return its bytes. Nothing that had been answered is lost."""
        size = os.fstat(self.file).st_size
        tail = os.pread(self.file, 1 << 16, max(0, size - (1 << 16)))
        torn = len(tail) - (tail.rfind(b"\n") + 1)
        if torn:
            os.ftruncate(self.file, size - torn)
        return torn

    def client(self, address: str) -> str:
        """Return a client's id within this run."""
        return hmac.digest(self.salt, address.encode(), "sha256").hex()[:12]

    @property
    def full(self) -> bool:
        """Whether no more lines fit."""
        return os.fstat(self.file).st_size >= self.largest

    def add(self, event: str, **values: str | int | float | bool | dict[str, int]) -> Head:
        """Append one line and put it on disk."""
        with self.lock:
            moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            number = self.head.count + 1
            entry: dict[str, Any] = {"n": number, "time": moment, "event": event, **values}
            closed = seal(self.head.seal, entry)
            line = json.dumps({**entry, "seal": closed}, separators=(",", ":")).encode() + b"\n"
            if os.write(self.file, line) != len(line):
                raise OSError("the journal's disk is full")
            os.fdatasync(self.file)
            self.head = Head(number, closed)
            self._write_head(self.head)
            return self.head

    def _write_head(self, head: Head) -> None:
        part = head_file(self.path).with_suffix(".part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as out:
            out.write(f"{head}\n")
        part.replace(head_file(self.path))

    def tally(self, reason: str) -> None:
        """Count a refusal. They share one line every ten seconds, so that a flood does not fill the disk."""
        with self.lock:
            self.refused[reason] += 1
            due = time.monotonic() - self.summed >= SPAN
        if due:
            self.sum_up()

    def sum_up(self) -> None:
        """Write the refusals counted so far, if any."""
        with self.lock:
            counted, self.refused, self.summed = dict(self.refused), Counter(), time.monotonic()
        if counted and not self.full:
            self.add("refused", counts=counted)

    def close(self) -> None:
        """Write what is left and let go of the file."""
        self.sum_up()
        self.add("stop")
        os.close(self.file)


def main(arguments: list[str] | None = None) -> int:
    """``verify`` (0 when it holds, 1 with the place when not) and ``head``."""
    parser = argparse.ArgumentParser(prog="engine.serve.journal", description="Check the demo's journal.")
    parser.add_argument("what", choices=["verify", "head"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--head", type=read_head, metavar="COUNT:HASH", help="a head that was noted elsewhere")
    options = parser.parse_args(arguments)
    try:
        found = verify(options.file, options.head)
    except Damaged as damage:
        print(f"{options.file}: damaged at {damage}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(found if options.what == "head" else f"{options.file}: {found.count} lines hold; head {found}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
