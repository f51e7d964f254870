"""Seeds derived from what they are for, so that no two uses share a random stream by accident."""

from __future__ import annotations

from hashlib import sha256


def derive(*parts: object) -> int:
    """Return a seed in [0, 2**32) that depends on every part, e.g. ``derive("shuffle", model, 0)``."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big")
