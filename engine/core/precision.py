"""Whether this machine's processor multiplies bfloat16 faster than float32."""

from __future__ import annotations

from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


def faster_in_bfloat16(cpuinfo: Path = CPUINFO) -> bool:
    """Tell it from the processor's flags; False where the system does not list them.

    Intel's tiles (AMX) and AMD's vectors take bfloat16 at twice the speed of float32 or more. Intel's vectors
    alone, as where a virtual machine hides the tiles, take it at two thirds: see ``bench/precision.py``.
    """
    said = cpuinfo.read_text("utf-8", "replace") if cpuinfo.is_file() else ""
    flags = set(said.split())
    return "amx_bf16" in flags or ("AuthenticAMD" in flags and "avx512_bf16" in flags)
