"""Which files a scan reads: listed by us, so that no tool's own ignore list can hide one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from engine.core.errors import UserError

Side: TypeAlias = Literal["before", "after"]


@dataclass(frozen=True)
class Tree:
    """The Python files under ``paths`` (files or folders relative to ``root``) but not under ``exclude``.

    ``side`` is the tree's place in the diff. Paths are posix.
    """

    root: Path
    side: Side
    paths: tuple[str, ...]
    exclude: tuple[str, ...] = ()

    def files(self) -> tuple[str, ...]:
        """Return the files, sorted; `UserError` when a path is missing or no file is left."""
        found: set[str] = set()
        for path in self.paths:
            place = self.root / path
            if not place.exists():
                raise UserError(f"cannot scan {place}: it does not exist", "check the paths of the scan")
            inside = place.rglob("*.py") if place.is_dir() else [place]
            found.update(file.relative_to(self.root).as_posix() for file in inside if file.is_file())
        kept = tuple(sorted(file for file in found if not self._excluded(file)))
        if not kept:
            raise UserError(
                f"no Python file to scan in {', '.join(self.paths)} under {self.root}",
                "check the paths of the scan",
            )
        return kept

    def _excluded(self, file: str) -> bool:
        return any(file == path or file.startswith(f"{path}/") for path in self.exclude)


@dataclass(frozen=True)
class Source:
    """The text of one scanned file, by lines."""

    path: str
    lines: tuple[str, ...]

    def snippet(self, line: int, end_line: int) -> str:
        """Return the lines from ``line`` to ``end_line`` (1-based, both included) without common indent."""
        chosen = self.lines[line - 1 : end_line]
        indents = [len(text) - len(text.lstrip()) for text in chosen if text.strip()]
        cut = min(indents, default=0)
        return "\n".join(text[cut:].rstrip() for text in chosen)


def sources(tree: Tree) -> dict[str, Source]:
    """Read every file of a tree; `UserError` when one is not UTF-8 text or cannot be read."""
    read: dict[str, Source] = {}
    for file in tree.files():
        try:
            # Split at line feeds only: form feeds and the like do not count as lines for the tools.
            text = (tree.root / file).read_text("utf-8").replace("\r\n", "\n")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"cannot read {file} for the scan: {error}", "mend or remove the file") from None
        read[file] = Source(file, tuple(text.split("\n")[:-1] if text.endswith("\n") else text.split("\n")))
    return read
