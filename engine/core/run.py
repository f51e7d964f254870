"""Runs what the store does not hold, on Dask workers: one engine for this machine and for clusters.

Results travel back as bytes and only this process writes the store, so workers need no shared disk.
"""

from __future__ import annotations

import importlib
import logging
import queue
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import dask
from distributed import Client, Future, LocalCluster, get_worker
from distributed.scheduler import KilledWorker
from distributed.utils import get_mp_context

from engine.core.bundle import Bundle
from engine.core.errors import UserError
from engine.core.heap import give_back
from engine.core.jobs import Context, Job, Plan
from engine.core.outcome import Outcome, Watch
from engine.core.sent import Sent
from engine.core.store import Store

TOPIC = "engine-progress"
# Dask logs as critical that a client left while the scheduler wrote to it, which is what stopping a build is.
# What goes wrong reaches the user through outcomes, so its own log says nothing at all.
SILENT = logging.CRITICAL + 1
# Dask has its workers give memory back to the system at once. Training frees and takes the same large blocks at
# every step, and then spends close to half of its time on page faults; see bench/workers.py.
ENVIRONMENT = {
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    "MALLOC_MMAP_THRESHOLD_": str(1 << 25),
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
METHOD = "distributed.worker.multiprocessing-method"
SETTINGS = {
    "distributed.nanny.pre-spawn-environ": ENVIRONMENT,
    "distributed.admin.large-graph-warning-threshold": "1GiB",  # the data set is sent as a task on purpose
    "distributed.scheduler.allowed-failures": 2,
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,
    "distributed.comm.timeouts.connect": "10s",
    "distributed.admin.low-level-log-length": 100,
}


@dataclass
class _State:
    """Jobs by where they stand."""

    waiting: dict[str, Job]
    running: dict[str, Future] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    # Jobs whose worker died. Dask blames every job that was queued there, so each gets a second try by itself.
    suspect: set[str] = field(default_factory=set)


def execute(
    job: Job, key: str, packages: dict[str, str], device: str, data: bytes, needs: dict[str, Bundle]
) -> dict[str, Any]:
    """Run one job on a worker; an exception comes back as text, so that no worker needs our classes."""

    def progress(done: float, what: str) -> None:
        with suppress(ValueError):  # no worker here when a test calls this directly
            get_worker().log_event(TOPIC, {"name": job.name, "done": done, "what": what})

    progress(0.0, "started")
    give_back()  # what the job before this one left
    module, _, function = job.run.partition(":")
    try:
        context = Context(job.name, key, job.spec, needs, data, packages, device, 1, progress)
        bundle: Bundle = getattr(importlib.import_module(module), function)(context)
    except UserError as error:
        return {"error": str(error), "trace": ""}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}
    return {"bundle": bundle}


def _same(value: Any) -> Any:
    return value


class Runner:
    """Runs a plan on a cluster. Use as a context manager; leaving it stops the local workers."""

    def __init__(
        self, plan: Plan, store: Store, data: bytes, packages: dict[str, str], device: str, imported: Sequence[str] = ()
    ) -> None:
        """``imported`` are modules for the process that local workers are forked from."""
        self.plan, self.store, self.data, self.packages, self.device = plan, store, data, packages, device
        self.imported = list(imported)
        self.inbox: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.client: Client
        self.cluster: LocalCluster | None = None
        self.sent: Sent

    def connect(self, workers: int, scheduler: str | None) -> None:
        """Start single-threaded workers here, or join the cluster at ``scheduler`` (`UserError` without)."""
        for name in ("distributed", "distributed.nanny", "distributed.worker", "distributed.scheduler"):
            logging.getLogger(name).setLevel(SILENT)
        # CUDA does not work in a process that is forked from one which may have looked for a GPU.
        dask.config.set(SETTINGS | {METHOD: "forkserver" if self.device == "cpu" else "spawn"})
        try:
            if scheduler is None:
                get_mp_context().set_forkserver_preload(["distributed", *self.imported])
                self.cluster = LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address="127.0.0.1:0",
                    host="127.0.0.1",
                    silence_logs=SILENT,
                )
            self.client = Client(self.cluster or scheduler, timeout="15s", set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise UserError(
                f"no Dask scheduler answers at {scheduler}: {error}",
                "start one with `dask scheduler` and workers, or leave out --scheduler",
            ) from None
        self.client.subscribe_topic(TOPIC, self._heard)

    def close(self) -> None:
        """Stop everything without waiting for jobs in flight."""
        for part in (getattr(self, "client", None), self.cluster):
            if part is not None:
                with suppress(Exception):
                    part.close(timeout=5)

    def _heard(self, event: tuple[float, dict[str, Any]]) -> None:
        self.inbox.put(("progress", event[1]))

    def run(self, names: set[str], watch: Watch) -> list[Outcome]:
        """Run the named jobs that are not in the store; return the failures. Jobs marked alone come last."""
        state = _State({name: job for name, job in self.plan.jobs.items() if name in names})
        state.done = {name for name in self.plan.jobs if name not in names}
        self._send_data()
        failures: list[Outcome] = []
        self.sent = Sent(self._send, self.plan, self.store, state.waiting.values())
        urgency = self.plan.urgency()
        while state.waiting or state.running:
            self._submit(state, urgency)
            if not state.running:
                break
            for outcome in self._collect(state, watch):
                if outcome.error:
                    failures.append(outcome)
                watch.ended(outcome)
            watch.tick()
        return failures

    def _send_data(self) -> None:
        self.blob = self.client.submit(_same, self.data, key=f"data-{monotonic()}", priority=1e9)

    def _send(self, bundle: Bundle, key: str) -> Future:
        return self.client.submit(_same, bundle, key=key, priority=1e9)

    def _submit(self, state: _State, urgency: dict[str, float]) -> None:
        """Hand over every job whose needs are met. What needs a lost job is lost with it."""
        for name, job in list(state.waiting.items()):
            if state.lost & set(job.needs):
                state.lost.add(name)
                del state.waiting[name]
                self.sent.let_go(job)
        ready = [job for job in state.waiting.values() if set(job.needs) <= state.done]
        shared = [job for job in ready if not job.alone and job.name not in state.suspect]
        if not shared and not state.running:
            shared = ready[:1]
        for job in sorted(shared, key=lambda job: -urgency[job.name]):
            del state.waiting[job.name]
            state.running[job.name] = self._start(job, urgency[job.name], "-again" if job.name in state.suspect else "")

    def _start(self, job: Job, priority: float, attempt: str) -> Future:
        key = self.plan.keys[job.name]
        needs = {name: self.sent.result(name) for name in job.needs}
        future = self.client.submit(
            execute,
            job,
            key,
            self.packages,
            self.device,
            self.blob,
            needs,
            key=f"job-{key}{attempt}",
            priority=priority,
        )
        future.add_done_callback(lambda ended, name=job.name: self.inbox.put(("ended", (name, ended))))
        return future

    def _collect(self, state: _State, watch: Watch) -> list[Outcome]:
        """Wait a moment for news and return the jobs that ended, their results already stored."""
        ended: list[Outcome] = []
        try:
            kind, news = self.inbox.get(timeout=0.5)
        except queue.Empty:
            self._check_scheduler()
            return ended
        while True:
            if kind == "progress" and news["name"] in state.running:
                watch.moved(news["name"], news["done"], news["what"])
            elif kind == "ended" and news[0] in state.running:
                ended += self._finish(state, *news)
            try:
                kind, news = self.inbox.get_nowait()
            except queue.Empty:
                return ended

    def _finish(self, state: _State, name: str, future: Future) -> list[Outcome]:
        del state.running[name]
        job = self.plan.jobs[name]
        if future.status == "error" and isinstance(future.exception(), KilledWorker) and name not in state.suspect:
            state.suspect.add(name)
            state.waiting[name] = job
            if self.blob.status == "error":  # it died with its worker
                self._send_data()
            return []
        self.sent.let_go(job)
        outcome = self._outcome(job, future)
        if outcome.bundle is None:
            state.lost.add(name)
        else:
            self.store.write(self.plan.keys[name], outcome.bundle, self.plan.origins[name])
            state.done.add(name)
        return [outcome]

    def _outcome(self, job: Job, future: Future) -> Outcome:
        if future.status == "cancelled":  # we cancel nothing: Dask does when it loses the scheduler
            raise self._gone()
        try:
            answer = future.result(timeout=60)
        except KilledWorker:
            todo = "likely out of memory: try --workers 1, then run again; finished jobs are kept"
            return Outcome(job, None, f"its worker process died again and again; {todo}")
        except Exception as error:  # whatever broke between the worker and here belongs to this job
            self._check_scheduler()
            return Outcome(job, None, f"{type(error).__name__}: {error}", traceback.format_exc())
        return Outcome(job, answer.get("bundle"), answer.get("error", ""), answer.get("trace", ""))

    def _check_scheduler(self) -> None:
        if self.client.status not in ("running", "connecting"):
            raise self._gone()

    @staticmethod
    def _gone() -> UserError:
        return UserError(
            "the Dask scheduler is gone", "start it again and run the same command; finished jobs are kept"
        )
