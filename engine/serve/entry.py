"""Where a new worker process begins; light, so that the supervisor can name it without importing torch."""

from __future__ import annotations

import socket
from typing import Any

from engine.serve.settings import Settings


def run(listening: socket.socket, settings: Settings, go: Any, ready: Any) -> None:
    """Run a worker (see `engine.serve.worker.run`)."""
    from engine.serve import worker

    worker.run(listening, settings, go, ready)
