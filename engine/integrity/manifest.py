"""A folder's manifest: the SHA-256 of every file in it, and the run that made it.

It is one JSON file whose bytes follow from its content, so that it can be signed as it is:
``ssh-keygen -Y sign -n report -f KEY MANIFEST``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.core.errors import UserError

NAME = "MANIFEST"
VERSION = 1
BESIDE = (NAME, f"{NAME}.sig")  # a signature may lie beside a manifest


@dataclass(frozen=True)
class Difference:
    """A file that is not as the manifest says. ``what`` is ``changed``, ``missing`` or ``not listed``."""

    path: Path
    what: str


def seal(folder: Path, run: dict[str, Any], patterns: tuple[str, ...] = ("**/*",)) -> Path:
    """Write the manifest of a folder's files and return its path.

    Args:
        folder: Its files are named by their paths below it.
        run: What made them: profile, revision, machine and so on, as JSON takes it.
        patterns: Which files; hidden ones never count.
    """
    digests = {name: digest(folder / name) for name in sorted(files(folder, patterns))}
    content = {"version": VERSION, "run": run, "patterns": list(patterns), "files": digests}
    target = folder / NAME
    part = target.with_name(f".{NAME}.part")
    part.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", "utf-8")
    part.replace(target)
    return target


def files(folder: Path, patterns: tuple[str, ...]) -> set[str]:
    """Return the files of a folder that match, as paths below it; neither hidden ones nor the manifest itself."""
    found = set()
    for path in (path for pattern in patterns for path in folder.glob(pattern)):
        name = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)
        if path.is_file() and not hidden and name.as_posix() not in BESIDE:
            found.add(name.as_posix())
    return found


def digest(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    return sha256(path.read_bytes()).hexdigest()


def check(folder: Path) -> Iterator[Difference]:
    """Yield every file that differs from the folder's manifest, by name. `UserError` where there is none to read."""
    stated, patterns = _read(folder / NAME)
    there = files(folder, patterns)
    for name in sorted(there | set(stated)):
        if name not in there:
            yield Difference(folder / name, "missing")
        elif name not in stated:
            yield Difference(folder / name, "not listed")
        elif digest(folder / name) != stated[name]:
            yield Difference(folder / name, "changed")


def _read(path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the digests and patterns of a manifest; a path that leads out of its folder is not followed."""
    try:
        content = json.loads(path.read_text("utf-8"))
        stated, patterns = dict(content["files"]), tuple(content["patterns"])
        if content["version"] != VERSION or not patterns:
            raise ValueError(f"version {content['version']}")
        for name in (*stated, *patterns):
            if Path(name).is_absolute() or ".." in Path(name).parts:
                raise ValueError(f"{name!r} leads out of the folder")
        if not all(isinstance(value, str) for value in stated.values()):
            raise ValueError("a digest is no text")
    except FileNotFoundError:
        raise UserError(f"there is no {path}", "run `python build.py` first") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is no manifest: {error}", "build again, or fetch it again") from None
    return stated, patterns
