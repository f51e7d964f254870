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

CYCLES = """
import gc, weakref
from engine.core.heap import give_back
give_back()
import torch
give_back()
class Part: pass
frozen = gc.get_freeze_count()
one, other = Part(), Part()
one.other, other.one = other, one
gone = weakref.ref(one)
del one, other
give_back()
print(frozen, gc.get_freeze_count(), gone() is None)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_an_ended_job_leaves_no_heap_behind() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env={**os.environ, **ENVIRONMENT},
                          capture_output=True, text=True, check=True)  # fmt: skip
    full, kept, left = map(int, done.stdout.split())
    assert kept > full - 50, "the allocator gave the memory back by itself: the test shows nothing"
    assert left < full - 200


def test_imports_are_not_looked_through_again_and_what_jobs_leave_is_freed() -> None:
    done = subprocess.run([sys.executable, "-c", CYCLES], cwd=ROOT, capture_output=True, text=True, check=True)
    before, after, freed = done.stdout.split()
    assert int(before) > 100_000, "torch is that large"
    assert int(after) <= int(before), "only imports are set aside"
    assert freed == "True"
