"""What an ended job leaves in a worker's heap goes back to the system."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress

_modules = [0]  # how many there were when the collector last let go of what imports made


def give_back() -> None:
    """Free what nobody holds any more and return it; where the C library has no ``malloc_trim`` nothing happens.

    Workers keep freed memory, because training takes the same blocks again at every step. The next job needs other
    blocks, and a worker would grow from job to job.

    What imports made stays for good and is taken from the collector: with torch there, looking through all of it
    took half a second between any two jobs.
    """
    gc.collect()
    if len(sys.modules) > _modules[0]:
        gc.freeze()
        _modules[0] = len(sys.modules)
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
