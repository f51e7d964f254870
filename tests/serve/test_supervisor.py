"""How long it waits, when it gives up, and which names the demo answers to."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from engine.serve import __main__ as entry
from engine.serve import supervisor
from engine.serve.settings import LOOPBACK, Settings
from engine.serve.supervisor import Supervisor, Worker, back_off


def test_the_pause_doubles_up_to_a_bound() -> None:
    assert [back_off(crashes) for crashes in range(1, 6)] == [0.2, 0.4, 0.8, 1.6, 3.2]
    assert back_off(50) == 30


class Ends:
    """A process that has ended already."""

    def __init__(self, code: int) -> None:
        self.exitcode, (self.sentinel, self.other) = code, socket.socketpair()
        self.other.close()

    def join(self, *_: object) -> None:
        self.sentinel.close()

    def is_alive(self) -> bool:
        return False

    def kill(self) -> None:
        self.sentinel.close()


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A supervisor whose workers end with these codes, and the pauses that it makes."""
    monkeypatch.setattr(supervisor, "FIRST", 0.001)
    ended: list[Ends] = []

    def make(codes: list[int], answers: bool) -> tuple[Supervisor, list[str]]:
        said: list[str] = []
        settings = Settings(tmp_path, None, False, LOOPBACK, tmp_path / "j", tmp_path, b"")
        made = Supervisor(socket.socket(), settings, said.append, lambda: said.append("ready"))

        def start() -> Worker:
            event = made.context.Event()
            if answers:
                event.set()
            ended.append(Ends(codes.pop(0)))
            return Worker(ended[-1], made.context.Event(), event)  # type: ignore[arg-type]

        monkeypatch.setattr(made, "_start", start)
        return made, said

    yield make
    for process in ended:
        process.kill()


def test_a_worker_that_crashes_is_followed_by_another_and_a_wrong_file_ends_it(watch: Any) -> None:
    made, said = watch([-9, 1, -11, 2], answers=False)
    with made.listening:
        assert made._supervise() == 2
    assert [line.split(";")[0] for line in said] == [f"the worker ended ({code})" for code in (-9, 1, -11)]


def test_it_gives_up_where_none_ever_came_up(watch: Any) -> None:
    made, said = watch([1] * 9, answers=False)
    with made.listening:
        assert made._supervise() == 1
    assert said[-1] == "no worker came up in 5 tries; giving up"


def test_it_says_once_that_it_is_ready(watch: Any) -> None:
    made, said = watch([-9, 0, -9, 0, 2, 0], answers=True)
    with made.listening:
        assert made._supervise() == 2
    assert said.count("ready") == 1


@pytest.mark.parametrize(
    ("arguments", "more"),
    [([], ()), (["--host", "192.0.2.1"], ("192.0.2.1",)), (["--host", "0.0.0.0"], ()),
     (["--allow-host", "demo.test"], ("demo.test",))],
)  # fmt: skip
def test_names_that_the_demo_answers_to(arguments: list[str], more: tuple[str, ...]) -> None:
    assert entry.names(entry.parse(arguments)) == (*LOOPBACK, *more)
