"""Finished jobs on disk, one folder a key. Written whole or not at all, checked when read."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import time
from typing import Any

from engine.core.bundle import Bundle
from engine.core.errors import UserError

MANIFEST = "manifest.json"
ABANDONED_SECONDS = 3600


class Store:
    """A folder of entries ``<key>/`` with a bundle's files and their digests in ``manifest.json``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for part in root.glob(".part-*"):  # half-written entries that a killed build left behind
            with suppress(FileNotFoundError):  # another build may just have finished it
                if time() - part.stat().st_mtime > ABANDONED_SECONDS:
                    shutil.rmtree(part, ignore_errors=True)
        self.damaged: list[str] = []  # one line for each entry found damaged by this process

    def holds(self, key: str) -> bool:
        """Tell whether an entry exists; its digests are checked when it is read."""
        return (self._entry(key) / MANIFEST).is_file()

    def sound(self, key: str) -> bool:
        """Tell whether an entry exists and every file in it has its digest; a damaged one is set aside."""
        return self.holds(key) and self.read(key) is not None

    def read(self, key: str, only: tuple[str, ...] = ()) -> Bundle | None:
        """Return an entry's files (or those named in ``only``), or None when it is missing or damaged.

        A damaged entry is set aside under ``damaged/`` so that its job runs again.
        """
        entry = self._entry(key)
        try:
            manifest = json.loads((entry / MANIFEST).read_bytes())
            names = [name for name in manifest["digests"] if not only or name in only]
            files = {name: (entry / name).read_bytes() for name in names}
            for name, content in files.items():
                if sha256(content).hexdigest() != manifest["digests"][name]:
                    raise ValueError(f"{name} does not have the digest it was stored with")
        except FileNotFoundError as error:
            if entry.exists():
                self._set_aside(key, f"{error.filename} is missing")
            return None
        except (ValueError, KeyError, TypeError, OSError) as error:
            self._set_aside(key, str(error))
            return None
        return files

    def write(self, key: str, bundle: Bundle, origin: dict[str, Any]) -> None:
        """Store a bundle under its key: a temporary folder, fsync, rename. `UserError` when the disk is full.

        ``origin`` is what the key was made from; ``--explain`` compares it with today's.
        """
        part = self.root / f".part-{uuid.uuid4().hex}"
        digests = {name: sha256(content).hexdigest() for name, content in bundle.items()}
        manifest = json.dumps({"origin": origin, "digests": digests}, indent=1, sort_keys=True)
        try:
            part.mkdir(parents=True)
            for name, content in {**bundle, MANIFEST: manifest.encode()}.items():
                _write_synced(part / name, content)
            entry = self._entry(key)
            entry.parent.mkdir(parents=True, exist_ok=True)
            if entry.exists():
                shutil.rmtree(entry)
            part.rename(entry)
            _sync_folder(entry.parent)
            self._note_latest(origin["name"], key)
        except OSError as error:
            shutil.rmtree(part, ignore_errors=True)
            raise UserError(
                f"cannot write to the store {self.root}: {error.strerror}",
                "free some space or name another folder with --store, then run again; finished jobs are kept",
            ) from None

    def latest(self, name: str) -> dict[str, Any] | None:
        """Return the origin of the newest entry of the job called ``name``, or None."""
        try:
            key = self._latest_file(name).read_text("ascii")
            found: dict[str, Any] = json.loads((self._entry(key) / MANIFEST).read_bytes())["origin"]
        except (OSError, ValueError, KeyError):
            return None
        return found

    def when(self, key: str) -> str:
        """Return when an entry was stored, ISO 8601 in UTC, or an empty string where there is none."""
        try:
            seconds = (self._entry(key) / MANIFEST).stat().st_mtime
        except OSError:
            return ""
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")

    def earlier(self, name: str) -> str:
        """Return when the newest entry of the job called ``name`` was stored, whatever its key; or an empty string."""
        try:
            return self.when(self._latest_file(name).read_text("ascii"))
        except (OSError, ValueError):
            return ""

    def _entry(self, key: str) -> Path:
        return self.root / key[:2] / key

    def _latest_file(self, name: str) -> Path:
        return self.root / "latest" / sha256(name.encode()).hexdigest()[:32]

    def _note_latest(self, name: str, key: str) -> None:
        path = self._latest_file(name)
        path.parent.mkdir(exist_ok=True)
        part = path.with_suffix(f".{uuid.uuid4().hex}")
        part.write_text(key, "ascii")
        part.replace(path)

    def _set_aside(self, key: str, why: str) -> None:
        target = self.root / "damaged" / f"{key}-{uuid.uuid4().hex[:8]}"
        target.parent.mkdir(parents=True, exist_ok=True)
        self._entry(key).rename(target)
        self.damaged.append(f"store entry {key[:12]} is damaged ({why}); moved to {target}, its job runs again")


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
