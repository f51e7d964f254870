"""Drawings from the network: a PNG checked before it is unpacked, and a bounded place to keep what it shows.

Gradio would write each picture to a file and read whatever path a later call names. Here a picture becomes
the model's 28×28 pixels at once, and a call can only name one that the server handed out or was told of.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter, OrderedDict
from io import BytesIO
from threading import Lock
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from engine.data.canvas import LARGEST, to_mnist

Array: TypeAlias = np.ndarray[Any, Any]
SIGNATURE = b"\x89PNG\r\n\x1a\n"
BYTES = 1 << 18
BROKEN = (OSError, ValueError, SyntaxError, OverflowError, IndexError, EOFError, struct.error, zlib.error)


def decode(content: bytes) -> Array | None:
    """Return the model's uint8 image (1, 1, 28, 28) of a PNG, None where nothing is drawn.

    Raises:
        ValueError: Not a whole PNG of at most 256 KiB and 1024×1024 pixels. The size is read from the
            header, before any pixel is unpacked.
    """
    if len(content) > BYTES:
        raise ValueError(f"a drawing has at most {BYTES} bytes")
    if content[:8] != SIGNATURE or content[12:16] != b"IHDR" or len(content) < 33:
        raise ValueError("a drawing is a PNG")
    width, height = struct.unpack(">II", content[16:24])
    if not (1 <= width <= LARGEST and 1 <= height <= LARGEST):
        raise ValueError(f"a drawing has at most {LARGEST}×{LARGEST} pixels")
    try:
        with Image.open(BytesIO(content), formats=["PNG"]) as opened:
            ground = Image.new("RGBA", opened.size, "white")
            flat = Image.alpha_composite(ground, opened.convert("RGBA")).convert("L")
    except (*BROKEN, Image.DecompressionBombError):
        raise ValueError("the PNG is damaged") from None
    return to_mnist(np.asarray(flat))


class Shelf:
    """The latest drawings of each client, as 784 bytes each, by the token that a call names them with.

    Args:
        each: Drawings kept a client; its oldest goes first, so that one client cannot push out another's.
        total: Drawings kept in all.
    """

    def __init__(self, each: int = 24, total: int = 8192) -> None:
        self.each, self.total = each, total
        self.kept: OrderedDict[str, tuple[str, Array | None]] = OrderedDict()
        self.counts: Counter[str] = Counter()
        self.lock = Lock()

    def put(self, token: str, owner: str, image: Array | None) -> None:
        """Keep a drawing; ValueError where the token is another client's."""
        with self.lock:
            if token in self.kept:
                if self.kept[token][0] != owner:
                    raise ValueError("the drawing's name is taken")
                self._drop(token)
            elif self.counts[owner] >= self.each:
                self._drop(next(t for t, (whose, _) in self.kept.items() if whose == owner))
            elif len(self.kept) >= self.total:
                self._drop(next(iter(self.kept)))
            self.kept[token] = owner, image
            self.counts[owner] += 1

    def get(self, token: str, owner: str) -> Array | None:
        """Return a client's drawing, None where it is blank, gone or another's."""
        with self.lock:
            whose, image = self.kept.get(token, ("", None))
            return image if whose == owner else None

    def _drop(self, token: str) -> None:
        owner, _ = self.kept.pop(token)
        self.counts[owner] -= 1
        if not self.counts[owner]:
            del self.counts[owner]
