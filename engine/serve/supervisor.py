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
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from typing import cast

from engine.core.errors import UserError
from engine.serve import entry
from engine.serve.settings import Settings

FIRST, LAST = 0.2, 30.0  # seconds to wait after the first crash, and at most
STEADY = 60.0  # a worker that lived this long starts the count anew
PATIENCE = 180.0  # seconds that a start may take: torch and Gradio on a busy machine
GRACE = 10.0
HOPELESS = 5  # crashes in a row before the first answer: this is no accident


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


@dataclass(frozen=True)
class Worker:
    """A process, the event that gives it its turn, and the one that it sets once it answers."""

    process: BaseProcess
    go: Event
    answers: Event


class Supervisor:
    """Runs workers one after another, with a spare that has everything loaded and waits for its turn.

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
        self.stopped, self.spare = threading.Event(), cast("Worker | None", None)
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
        try:
            return self._supervise()
        finally:
            if self.spare:
                self.spare.process.kill()
                self.spare.process.join()

    def _supervise(self) -> int:
        crashes, first = 0, True
        while not self.stopped.is_set():
            began, worker = time.monotonic(), self._next()
            if self._up(worker):
                if first:
                    self.ready()
                first = False
                self.spare = self._start()
                wait([worker.process.sentinel, self.woken])
            if self.stopped.is_set():
                return _end(worker)
            worker.process.join()
            if worker.process.exitcode == 2:  # a UserError, already said: the next worker would find the same
                return 2
            crashes = 1 if time.monotonic() - began > STEADY else crashes + 1
            if first and crashes >= HOPELESS:
                self.say(f"no worker came up in {crashes} tries; giving up")
                return 1
            pause = back_off(crashes)
            self.say(f"the worker ended ({worker.process.exitcode}); another one follows in {pause:.1f} s")
            wait([self.woken], pause)
        return 0

    def _start(self) -> Worker:
        go, answers = self.context.Event(), self.context.Event()
        process = self.context.Process(target=entry.run, args=(self.listening, self.settings, go, answers), daemon=True)
        process.start()
        return Worker(process, go, answers)

    def _next(self) -> Worker:
        """Return the spare where it lives, else a new worker; either way told to go."""
        worker, self.spare = self.spare, None
        if worker is None or not worker.process.is_alive():
            worker = self._start()
        worker.go.set()
        return worker

    def _up(self, worker: Worker) -> bool:
        """Wait until the worker answers, dies, takes too long, or everything is to stop."""
        until = time.monotonic() + PATIENCE
        while not worker.answers.is_set() and time.monotonic() < until:
            if wait([worker.process.sentinel, self.woken], 0.02):
                return False
        if not worker.answers.is_set():
            worker.process.kill()
        return bool(worker.answers.is_set())


def _end(worker: Worker) -> int:
    if worker.answers.is_set():
        worker.process.terminate()
        worker.process.join(GRACE)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()
    return 0
