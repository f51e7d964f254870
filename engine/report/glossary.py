"""Terms in words: one page, and a tooltip wherever a page uses one."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engine.report.sources import slug

TERMS = Path(__file__).with_name("glossary.toml")
KEYS = {"name", "means", "also", "link", "tooltip"}


@dataclass(frozen=True)
class Entry:
    """A term, what it means, its other spellings, and where to read more (or empty)."""

    name: str
    means: str
    also: tuple[str, ...] = ()
    link: str = ""
    tooltip: bool = True  # False for words too common to mark

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every spelling, the term's own first."""
        return (self.name, *self.also)


@cache
def terms(path: Path = TERMS) -> tuple[Entry, ...]:
    """Read and check the terms, by name. ValueError for an unknown key, a double spelling or a line break."""
    found = []
    for raw in tomllib.loads(path.read_text("utf-8"))["term"]:
        if unknown := raw.keys() - KEYS:
            raise ValueError(f"{path.name}: {raw.get('name')} has unknown keys {sorted(unknown)}")
        found.append(Entry(**{**raw, "also": tuple(raw.get("also", ()))}))
    spellings = [word for entry in found for word in entry.spellings]
    if double := sorted({word for word in spellings if spellings.count(word) > 1}):
        raise ValueError(f"{path.name}: {double} are there twice")
    if split := [entry.name for entry in found if "\n" in entry.means]:
        raise ValueError(f"{path.name}: {split} have line breaks, which would end a tooltip")
    return tuple(sorted(found, key=lambda entry: entry.name.lower()))


def explained(text: str) -> str:
    """Return a page with the definitions of the terms that it uses, as Markdown's abbr extension reads them."""
    used = [
        f"*[{word}]: {entry.means}"
        for entry in terms()
        if entry.tooltip
        for word in entry.spellings
        if word in text and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)  # the first is much the quicker
    ]
    return text + "\n" + "\n".join(used) + "\n" if used else text


def anchor(word: str) -> str:
    """Return a spelling's anchor on the page."""
    return f"term-{slug(word) or 'epsilon'}"


def glossary(_view: object, _shelf: object) -> dict[str, Any]:
    """Every term."""
    return {"terms": terms(), "anchor": anchor}
