"""Saved model files: safetensors read by header, anything else as the pickle that it may be. Nothing is loaded.

Pickles are judged by fickling (https://github.com/trailofbits/fickling), which reads their instructions and
runs none. A control, a trap that would only make a file, shows in every build that it would be seen.
"""

from __future__ import annotations

import io
import json
import pickle  # nosec B403 -- writes the control; nothing is read with it
import pickletools  # nosec B403 -- lists instructions and runs none
import zipfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

from engine.core.errors import UserError
from engine.core.records import Saved

LEFT_OUT = frozenset({".json", ".md", ""})  # cards and words
CONTROL = "the control"
HEADER_LIMIT = 100_000_000  # bytes, as in the format's own reader


class Trap:
    """Unpickling it would try to make a file."""

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, ("trap", "x")


def saved(folder: Path) -> list[Saved]:
    """Return one record a file in ``folder``, after the control's; `UserError` when that is not seen."""
    control = judge(CONTROL, pickle.dumps(Trap()), control=True)
    if control.holds != "may run code":
        raise UserError(f"{control.tool} does not see a pickle that runs code", "check the installed version")
    files = [path for path in sorted(folder.glob("*")) if path.is_file() and path.suffix not in LEFT_OUT]
    return [control, *(judge(path.name, path.read_bytes()) for path in files)]


def judge(name: str, content: bytes, *, control: bool = False) -> Saved:
    """Say what a file holds, from its bytes alone and not from its name."""
    size = len(content)
    why = safetensors_fault(content)
    if not why:
        return _record(name, size, "header check", "numbers only", "safetensors", control)
    try:
        pickles = _pickles(content)
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        return _record(name, size, "header check", "not readable", str(error), control)
    for place, part in pickles:
        fault = pickle_fault(part)
        if fault:
            return _record(name, size, _fickling(), "may run code", f"{place}: {fault}", control)
    if not pickles:
        return _record(name, size, "header check", "numbers only", "an archive of plain arrays", control)
    return _record(name, size, _fickling(), "numbers only", "a pickle of plain values", control)


def safetensors_fault(content: bytes) -> str:
    """Return why the bytes are no safetensors file, or an empty string: a header, then tensors without gaps."""
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or not 2 <= length <= min(HEADER_LIMIT, len(content) - 8):
        return "no header"
    try:
        header = json.loads(content[8 : 8 + length])
        ranges = sorted(tuple(entry["data_offsets"]) for name, entry in header.items() if name != "__metadata__")
    except (ValueError, KeyError, TypeError, AttributeError):
        return "a header that cannot be read"
    at = 0
    for start, end in ranges:
        if start != at or end < start:
            return "tensors that overlap or leave gaps"
        at = end
    return "" if at == len(content) - 8 - length else "bytes that belong to no tensor"


def pickle_fault(content: bytes) -> str:
    """Return what fickling holds against a pickle, an empty string for nothing."""
    from fickling.analysis import Severity, check_safety
    from fickling.fickle import Pickled

    try:
        end = max(place for _, _, place in pickletools.genops(content) if place is not None) + 1
        result = check_safety(Pickled.load(content))
    except Exception as error:
        return f"cannot be followed ({type(error).__name__})"
    if end != len(content):  # old torch files are several pickles in a row, of which the last one counts
        return "more follows the first pickle"
    if result.severity == Severity.LIKELY_SAFE:
        return ""
    return " ".join(str(result.severity.name).replace("_", " ").lower().split())


def _pickles(content: bytes) -> list[tuple[str, bytes]]:
    """Return the pickles in a file by their place; ValueError when it is of no known kind."""
    if content[:6] == b"\x93NUMPY":
        return _array("array", content)
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found: list[tuple[str, bytes]] = []
            for name in archive.namelist():
                if name.endswith(".npy"):
                    found += _array(name, archive.read(name))
                elif name.endswith((".pkl", ".pickle")):
                    found.append((name, archive.read(name)))
            if not found and not all(name.endswith(".npy") for name in archive.namelist()):
                raise ValueError("an archive of no kind that is known")
            return found
    if content[:1] in (b"\x80", b"(", b"]", b"}", b"c"):
        return [("pickle", content)]
    raise ValueError("of no kind that is known")


def _array(name: str, content: bytes) -> list[tuple[str, bytes]]:
    """Return the pickle in a .npy file of objects; an empty list for numbers."""
    stream = io.BytesIO(content)
    major = np.lib.format.read_magic(stream)[0]
    read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
    kind = read(stream)[2]
    return [(name, content[stream.tell() :])] if kind.hasobject else []


def _fickling() -> str:
    return f"fickling {version('fickling')}"


def _record(path: str, size: int, tool: str, holds: str, why: str, control: bool) -> Saved:
    return Saved(path=path, bytes=size, tool=tool, holds=holds, why=why, control=control)  # type: ignore[arg-type]
