"""Pictures that are not drawings, and a shelf that cannot grow."""

from __future__ import annotations

import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.canvas import to_mnist
from engine.serve.sketch import BYTES, Shelf, decode
from tests.serve.live import png


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def bomb(side: int) -> bytes:
    """A white one-bit PNG of any size, small on disk."""
    squeeze = zlib.compressobj(9)
    row = b"\0" + b"\xff" * ((side + 7) // 8)
    rows = b"".join(squeeze.compress(row) for _ in range(side)) + squeeze.flush()
    start = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + start + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_drawing_is_what_the_canvas_makes_of_it() -> None:
    array = np.full((280, 280), 255, np.uint8)
    array[50:230, 132:148] = 0
    expected, found = to_mnist(array), decode(png(array))
    assert expected is not None
    assert found is not None
    assert (found == expected).all()
    assert decode(png(np.full((280, 280), 255, np.uint8))) is None


def test_what_is_transparent_is_paper() -> None:
    array = np.zeros((280, 280, 4), np.uint8)  # the pad exports black under alpha 0
    assert decode(png(array)) is None
    array[50:230, 132:148, 3] = 255
    assert decode(png(array)) is not None


@pytest.mark.parametrize("side", [1025, 13_000])
def test_a_huge_picture_is_refused_before_it_is_unpacked(side: int) -> None:
    content = bomb(side)
    assert len(content) < BYTES
    tracemalloc.start()
    with pytest.raises(ValueError, match="at most 1024×1024"):
        decode(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 16


def test_damaged_pictures_are_refused() -> None:
    whole = png()
    for cut in (0, 7, 16, 32, 33, 60, len(whole) // 2):
        with pytest.raises(ValueError, match="PNG"):
            decode(whole[:cut])
    with pytest.raises(ValueError, match="bytes"):
        decode(whole + bytes(BYTES))
    for other in (b"GIF89a" + bytes(60), b"\xff\xd8\xff" + bytes(60), b"RIFF....WEBP" + bytes(60)):
        with pytest.raises(ValueError, match="is a PNG"):
            decode(other)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(8, 400), st.integers(0, 255)), max_size=6), st.integers(0, 3000))
def test_any_change_of_a_png_gives_a_drawing_or_a_value_error(changes: list[tuple[int, int]], cut: int) -> None:
    content = bytearray(png())
    for place, value in changes:
        content[place % len(content)] = value
    try:
        found = decode(bytes(content[: max(40, len(content) - cut % len(content))]))
    except ValueError:
        return
    assert found is None or (found.shape, found.dtype) == ((1, 1, 28, 28), np.uint8)


def test_one_client_pushes_out_only_its_own() -> None:
    shelf, image = Shelf(each=3, total=5), np.zeros((1, 1, 28, 28), np.uint8)
    shelf.put("polite", "a", image)
    for number in range(100):
        shelf.put(f"flood{number}", "b", image)
    assert shelf.get("polite", "a") is image
    assert [t for t in shelf.kept if t != "polite"] == ["flood97", "flood98", "flood99"]


def test_the_shelf_is_bounded_in_all() -> None:
    shelf = Shelf(each=3, total=5)
    for number in range(100):
        shelf.put(f"t{number}", f"client{number}", None)
    assert len(shelf.kept) == 5
    assert len(shelf.counts) == 5


def test_a_drawing_is_its_owners_only() -> None:
    shelf, image = Shelf(), np.zeros((1, 1, 28, 28), np.uint8)
    shelf.put("token", "a", image)
    assert shelf.get("token", "b") is None
    with pytest.raises(ValueError, match="taken"):
        shelf.put("token", "b", None)
    assert shelf.get("token", "a") is image
    assert shelf.get("unknown", "a") is None
