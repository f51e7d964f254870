"""Pictures say their size before they arrive, so that nothing on a page moves when they do."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from posixpath import dirname, normpath

PICTURE = re.compile(r"(!\[[^\]]*\]\(([^)#\s]+)(?:#[\w-]+)?\)\{)(?![^}]*\bwidth=)")
BOX = re.compile(rb'viewBox="0 0 ([\d.]+) ([\d.]+)"')
PNG = b"\x89PNG\r\n\x1a\n"


def size(content: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels of a PNG or of an SVG with a viewBox, else None."""
    if content.startswith(PNG):
        wide, high = struct.unpack(">II", content[16:24])
        return int(wide), int(high)
    box = BOX.search(content[:2000])
    return (round(float(box[1])), round(float(box[2]))) if box else None


def sized(text: str, page: str, files: Mapping[str, bytes]) -> str:
    """Return a page's Markdown in which each picture that has attributes gets its width and height.

    ``page`` is the page's path and ``files`` are contents by path, both below ``docs``.
    """

    def told(found: re.Match[str]) -> str:
        content = files.get(normpath(f"{dirname(page)}/{found[2]}" if dirname(page) else found[2]))
        known = size(content) if content else None
        return f"{found[1]} width={known[0]} height={known[1]}" if known else found[1]

    return PICTURE.sub(told, text)
