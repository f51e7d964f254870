"""Ports for tests: below those that the system gives to outgoing connections, apart for each test process."""

from __future__ import annotations

import os
import random
import socket

FIRST, EACH = 20_000, 2_000


def free() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    start = FIRST + EACH * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for port in random.sample(range(start, start + EACH), EACH):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise RuntimeError(f"no free port from {start} on")
