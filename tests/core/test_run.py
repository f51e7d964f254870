"""The runner on a real Dask cluster: order, failures, lost workers, a scheduler that goes away."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.core.console import Board
from engine.core.errors import UserError
from engine.core.jobs import Job, Plan, Surroundings
from engine.core.outcome import Outcome, Watch
from engine.core.run import Runner
from engine.core.store import Store
from tests.conftest import ROOT
from tests.ports import free

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning", "default::pytest.PytestUnraisableExceptionWarning")
AROUND = Surroundings({"torch": "1"}, "cpu", "data")


def job(name: str, function: str, *needs: str, **spec: Any) -> Job:
    return Job(name, "test", f"tests.core.work:{function}", {"name": name, **spec}, needs)


def planned(*jobs: Job) -> Plan:
    return Plan(jobs, AROUND)


@contextmanager
def running(
    plan: Plan, store: Store, workers: int = 1, scheduler: str | None = None, device: str = "cpu"
) -> Iterator[Runner]:
    runner = Runner(plan, store, b"12345", {}, device)
    try:
        runner.connect(workers, scheduler)
        yield runner
    finally:
        runner.close()


def run(plan: Plan, store: Store, scheduler: str | None = None) -> tuple[list[Outcome], list[str], list[str]]:
    """Return failures, names in the order of ending, and what was said of progress."""
    order: list[str] = []
    said: list[str] = []
    watch = Watch(
        ended=lambda outcome: order.append(outcome.job.name),
        moved=lambda name, done, what: said.append(f"{name} {done} {what}"),
    )
    with running(plan, store, 2, scheduler) as runner:
        return runner.run(set(plan.jobs), watch), order, said


def test_results_are_stored_in_the_order_of_needs(tmp_path: Path) -> None:
    plan, store = planned(job("a", "ok"), job("b", "ok", "a"), job("c", "ok", "a", "b")), Store(tmp_path)
    failures, order, said = run(plan, store)
    assert (failures, order) == ([], ["a", "b", "c"])
    assert store.read(plan.keys["c"]) == {"records.json": b"['a', 'b'] 5"}
    assert "a 0.5 half" in said


def test_a_failure_takes_what_needs_it_and_nothing_else(tmp_path: Path) -> None:
    plan = planned(job("bad", "broken"), job("after", "ok", "bad"), job("wrong", "user"), job("good", "ok"))
    store = Store(tmp_path)
    failures, order, _ = run(plan, store)
    assert {f.job.name: f.error for f in failures} == {
        "bad": "RuntimeError: no luck",
        "wrong": "the images are upside down; turn them",
    }
    assert "after" not in order
    assert store.sound(plan.keys["good"])
    assert not store.holds(plan.keys["after"])


@pytest.mark.parametrize(("device", "forked"), [("cpu", True), ("cuda", False)])
def test_workers_are_forked_only_where_they_need_no_gpu(tmp_path: Path, device: str, forked: bool) -> None:
    plan, store = planned(job("a", "parent")), Store(tmp_path)
    with running(plan, store, device=device) as runner:
        assert runner.run({"a"}, Watch()) == []
    stored = store.read(plan.keys["a"])
    assert stored is not None
    assert (b"forkserver" in stored["records.json"]) is forked


def test_local_workers_listen_on_the_loopback_address_only(tmp_path: Path) -> None:
    with running(planned(job("a", "ok")), Store(tmp_path)) as runner:
        known = runner.client.scheduler_info()
        addresses = [known["address"], *known["workers"], *(w["nanny"] for w in known["workers"].values())]
        server = runner.cluster.scheduler
        bound = {address for listener in server.listeners for address in _bound(listener)}
    assert len(addresses) == 3
    assert {address.split("//")[1].rpartition(":")[0] for address in addresses} == {"127.0.0.1"}
    assert {address[0] for address in bound} == {"127.0.0.1"}


def _bound(listener: Any) -> list[tuple[str, int]]:
    return [tuple(socket.getsockname()[:2]) for socket in listener.tcp_server._sockets.values()]


def test_a_worker_that_keeps_dying_is_one_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    many = [job(f"good {k}", "ok") for k in range(6)]
    plan, store = planned(job("dies", "dies"), *many), Store(tmp_path)
    failures, _, _ = run(plan, store)
    (failure,) = failures
    assert failure.error.startswith("its worker process died again and again; likely out of memory: try --workers 1")
    assert all(store.sound(plan.keys[good.name]) for good in many), "jobs queued beside it are not blamed"


@contextmanager
def scheduler(workers: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    address = f"tcp://127.0.0.1:{free()}"
    quiet = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m", "dask"]
    port = address.rpartition(":")[2]
    first = subprocess.Popen(
        [*dask, "scheduler", "--host", "127.0.0.1", "--port", port, "--dashboard-address", "127.0.0.1:0"], **quiet
    )
    rest = [
        subprocess.Popen([*dask, "worker", address, "--nthreads", "1", "--no-dashboard"], **quiet)
        for _ in range(workers)
    ]
    try:
        yield address, first
    finally:
        for process in (*rest, first):
            process.send_signal(signal.SIGTERM)
        for process in (*rest, first):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def test_a_running_cluster_can_be_used(tmp_path: Path) -> None:
    plan, store = planned(job("a", "ok"), job("b", "ok", "a")), Store(tmp_path)
    with scheduler(2) as (address, _):
        failures, order, _ = run(plan, store, address)
    assert (failures, order) == ([], ["a", "b"])


def test_a_scheduler_that_goes_away_is_one_line(tmp_path: Path) -> None:
    mark = tmp_path / "begun"
    plan, store = planned(job("a", "ok"), job("slow", "slow", "a", mark=str(mark))), Store(tmp_path / "store")

    def stop(process: subprocess.Popen[bytes]) -> None:
        for _ in range(600):
            if mark.exists():
                break
            time.sleep(0.1)
        process.kill()

    with scheduler(1) as (address, process):
        threading.Thread(target=stop, args=(process,), daemon=True).start()
        with pytest.raises(UserError, match="the Dask scheduler is gone; start it again"):
            run(plan, store, address)
    assert store.sound(plan.keys["a"]), "what had finished is kept"


def test_no_scheduler_at_the_address_is_one_line(tmp_path: Path) -> None:
    address = f"tcp://127.0.0.1:{free()}"
    with pytest.raises(UserError, match=f"no Dask scheduler answers at {address}"):
        run(planned(job("a", "ok")), Store(tmp_path), address)


def test_without_a_terminal_progress_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with Board({"a": 10.0, "b": 30.0}, 2) as board:
        board.moved("a", 0.25, "epoch 1")
        board.moved("a", 0.26, "epoch 1")
        board.ended(Outcome(job("a", "ok"), {}))
        board.ended(Outcome(job("b", "ok"), None, "no luck"))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("a: 25%, epoch 1 (about ")
    assert lines[1:] == ["a: done", "b: failed: no luck"]


def test_dask_says_nothing_of_its_own_when_a_build_is_stopped(tmp_path: Path) -> None:
    with running(planned(job("a", "ok")), Store(tmp_path)):
        for part in ("scheduler", "worker", "nanny"):
            assert not logging.getLogger(f"distributed.{part}").isEnabledFor(logging.CRITICAL)
