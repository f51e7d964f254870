"""What an ended job leaves in a worker's heap goes back to the system."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress


def give_back() -> None:
    """Free what nobody holds any more and return it; where the C library has no ``malloc_trim`` nothing happens.

    Workers keep freed memory, because training takes the same blocks again at every step. The next job needs other
    blocks, and a worker would grow from job to job.
    """
    gc.collect()
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
