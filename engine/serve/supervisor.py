"""Keeps one worker running on one socket: starts it, starts it again when it dies, and stops it.

The socket stays open meanwhile, so a visitor who comes between two workers waits instead of being refused.
"""

from __future__ import annotations

import multiprocessing
import signal
import socket
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

from engine.core.errors import UserError
from engine.serve.settings import Settings

FIRST, LAST = 0.2, 30.0  # seconds to wait after the first crash, and at most
STEADY = 60.0  # a worker that lived this long starts the count anew
PATIENCE = 180.0  # seconds that a start may take: torch and Gradio on a busy machine
GRACE = 10.0


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; `UserError` where that address cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, kind, protocol)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind(address)
            opened.listen(128)
        except BaseException:
            opened.close()
            raise
    except OSError as error:
        raise UserError(
            f"cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}",
            "stop what uses it, or choose another with --port and --host",
        ) from None
    return opened


def back_off(crashes: int) -> float:
    """Return the seconds to wait after so many crashes in a row: 0.2, doubled each time, at most 30."""
    return float(min(LAST, FIRST * 2 ** min(crashes - 1, 20)))


class Supervisor:
    """Runs workers one after another.

    Args:
        listening: The socket that they share.
        settings: What each is told.
        say: Gets one line about each event.
        ready: Called once, when the first worker answers.
    """

    def __init__(
        self, listening: socket.socket, settings: Settings, say: Callable[[str], None], ready: Callable[[], None]
    ) -> None:
        self.listening, self.settings, self.say, self.ready = listening, settings, say, ready
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["engine.serve.worker"])
        self.stopped = threading.Event()
        self.wake, self.woken = self.context.Pipe()

    def stop(self, *_: object) -> None:
        """Ask for an orderly end; safe in a signal handler."""
        if not self.stopped.is_set():
            self.stopped.set()
            self.wake.send(None)

    def run(self) -> int:
        """Supervise until stopped (0) or until a worker says that starting again is of no use (its exit code)."""
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self.stop)
        crashes, first = 0, True
        while not self.stopped.is_set():
            began = time.monotonic()
            worker, answered = self._start()
            if self._up(worker, answered):
                if first:
                    self.ready()
                first = False
                wait([worker.sentinel, self.woken])
            if self.stopped.is_set():
                return self._end(worker)
            worker.join()
            if worker.exitcode == 2:  # a UserError, already said: a file is wrong, and will be the next time
                return 2
            crashes = 1 if time.monotonic() - began > STEADY else crashes + 1
            pause = back_off(crashes)
            self.say(f"the worker ended ({worker.exitcode}); starting another in {pause:.1f} s")
            wait([self.woken], pause)
        return 0

    def _start(self) -> tuple[BaseProcess, Any]:
        from engine.serve.entry import run

        answered = self.context.Event()
        worker = self.context.Process(target=run, args=(self.listening, self.settings, answered), daemon=True)
        worker.start()
        return worker, answered

    def _up(self, worker: BaseProcess, answered: Any) -> bool:
        """Wait until the worker answers, dies, takes too long, or everything is to stop."""
        until = time.monotonic() + PATIENCE
        while not answered.is_set() and time.monotonic() < until:
            if wait([worker.sentinel, self.woken], 0.05):
                return False
        if not answered.is_set():
            worker.kill()
        return bool(answered.is_set())

    def _end(self, worker: BaseProcess) -> int:
        worker.terminate()
        worker.join(GRACE)
        if worker.is_alive():
            worker.kill()
            worker.join()
        return 0
