"""Whether the site stands as a build would write it again: made from the same, and untouched since.

A build asks before it draws pages. What the site was made from is one digest over the project's own files, the
state of every job, the scans, the threats and the facts of the build. When a build started, how long it took and who
carried the data do not count. What was written is held by digest too: a file changed by hand is written again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.core.errors import UserError
from engine.core.records import Build
from engine.integrity.manifest import NAME, check, digest

SOURCES = ("build.py", "mkdocs.yml", "engine", "templates", "docs")
GENERATED = ("docs/index.md", "docs/report", "docs/data")  # what a build writes below `SOURCES`
SEALED = ("site", "docs/data", "models")
# Fields of a build that tell of the run, not of what it made. The digests of the data count, whoever carried it.
RUN = ("started", "seconds", "carrier")


def made_from(root: Path, facts: Build, parts: Iterable[Any]) -> str:
    """Return the digest of all that pages are made from.

    Args:
        root: The project's folder; what MkDocs, the templates and the engine read below it is hashed.
        facts: The build, with its packages, profile, data and revision.
        parts: The rest, in a fixed order: texts, bytes, and records, which are told apart by their `repr`.
    """
    whole = sha256()
    for path in sorted(_sources(root)):
        whole.update(f"{path.relative_to(root).as_posix()} {digest(path)}\n".encode())
    told = {name: value for name, value in asdict(facts).items() if name not in RUN}
    whole.update(json.dumps(told, sort_keys=True).encode())
    for part in parts:
        content = (part if isinstance(part, bytes) else repr(part).encode()).replace(facts.started.encode(), b"")
        whole.update(f"\n{len(content)}\n".encode())
        whole.update(content)
    return whole.hexdigest()


def stands(root: Path, memory: Path, made: str) -> bool:
    """Tell whether the last site was made from ``made`` and every file of it is as it was written."""
    try:
        held: Mapping[str, Any] = json.loads(memory.read_text("utf-8"))
        same = held["made"] == made and held["written"] == _written(root)
        return same and not any(any(check(root / folder)) for folder in SEALED)
    except (OSError, ValueError, KeyError, TypeError, UserError):
        return False  # no memory, or nothing sealed: write all of it


def remember(root: Path, memory: Path, made: str) -> None:
    """Keep in the file ``memory`` what the site, just sealed, was made from."""
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.write_text(json.dumps({"made": made, "written": _written(root)}), "utf-8")


def _sources(root: Path) -> Iterator[Path]:
    for name in SOURCES:
        for path in _files(root / name):
            below = path.relative_to(root).as_posix()
            if not any(below == made or below.startswith(f"{made}/") for made in GENERATED):
                yield path


def _written(root: Path) -> dict[str, str]:
    """Return the digests of the generated pages, which no manifest lists, and of the manifests themselves."""
    pages = [path for name in GENERATED[:2] for path in _files(root / name)]
    found = {path.relative_to(root).as_posix(): digest(path) for path in sorted(pages)}
    return found | {f"{folder}/{NAME}": digest(root / folder / NAME) for folder in SEALED}


def _files(place: Path) -> Iterator[Path]:
    """Yield a file itself, or the files below a folder; neither hidden ones nor Python's caches."""
    if place.is_file():
        yield place
    for path in place.rglob("*"):
        parts = path.relative_to(place).parts
        if path.is_file() and "__pycache__" not in parts and not any(part.startswith(".") for part in parts):
            yield path
