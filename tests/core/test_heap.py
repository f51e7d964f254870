"""Memory between two jobs, in a process of its own whose allocator is set as a worker's."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from engine.core.run import ENVIRONMENT
from tests.conftest import ROOT

SCRIPT = """
from pathlib import Path
from engine.core.heap import give_back
def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 >> 20
blocks = [bytearray(100_000) for _ in range(3000)]
last = bytearray(100_000)
full = held()
del blocks
kept = held()
give_back()
print(full, kept, held())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_an_ended_job_leaves_no_heap_behind() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env={**os.environ, **ENVIRONMENT},
                          capture_output=True, text=True, check=True)  # fmt: skip
    full, kept, left = map(int, done.stdout.split())
    assert kept > full - 50, "the allocator gave the memory back by itself: the test shows nothing"
    assert left < full - 200
