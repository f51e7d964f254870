"""A job: one unit of work, named for people and keyed by everything that its result depends on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Any

from engine.core.bundle import Bundle
from engine.core.code import closure
from engine.core.errors import UserError
from engine.core.records.common import Pending, Provenance, Skipped


@dataclass(frozen=True)
class Job:
    """A node of the plan.

    ``run`` and every name in ``code`` are ``module:function``; both count in the key.
    ``cells`` are what a page shows until the job has run. ``cost`` is a guess in seconds on one
    core, for order and remaining time only. A job that is ``alone`` runs while nothing else does.
    """

    name: str
    kind: str
    run: str
    spec: Mapping[str, Any]
    needs: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    cells: tuple[Pending | Skipped, ...] = ()
    cost: float = 1.0
    alone: bool = False


@dataclass(frozen=True)
class Context:
    """What a job's function is given on the worker."""

    name: str
    key: str
    spec: Mapping[str, Any]
    needs: Mapping[str, Bundle]  # by job name
    data: bytes  # the data set, see engine.data.mnist.decode
    packages: dict[str, str]
    device: str
    cores: int
    progress: Callable[[float, str], None] = field(default=lambda _done, _what: None)

    def provenance(self) -> Provenance:
        """Return where this job's records come from; the profile is filled in when they are published."""
        return Provenance(
            name=self.name,
            job=self.key,
            profile="",
            packages=self.packages,
            device=self.device,
            cores=self.cores,
        )


@dataclass(frozen=True)
class Surroundings:
    """What changes numbers without being in a job: package versions, device class, data digest, training precision."""

    packages: Mapping[str, str]
    device: str
    data: str
    precision: str = "float32"


def origin(job: Job, needs: Mapping[str, str], around: Surroundings) -> dict[str, Any]:
    """Return everything that a job's key is made from. ``needs`` maps names to keys."""
    modules = [run.partition(":")[0] for run in (job.run, *job.code)]
    return {
        "name": job.name,
        "kind": job.kind,
        "run": [job.run, *job.code],
        "spec": dict(job.spec),
        "needs": {name: needs[name] for name in job.needs},
        "code": closure(modules),
        "packages": dict(around.packages),
        "device": around.device,
        "precision": around.precision,
        "data": around.data,
    }


def key_of(made_from: Mapping[str, Any]) -> str:
    """Return the SHA-256 key of an origin. The name is a label and does not count."""
    counted = {part: value for part, value in made_from.items() if part != "name"}
    return sha256(json.dumps(counted, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Plan:
    """Jobs in an order in which every job follows what it needs. ValueError when there is none."""

    def __init__(self, jobs: Iterable[Job], around: Surroundings) -> None:
        self.jobs: dict[str, Job] = {}
        self.origins: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, str] = {}
        for job in jobs:
            if job.name in self.jobs:
                raise ValueError(f"two jobs are called {job.name}")
            missing = [name for name in job.needs if name not in self.jobs]
            if missing:
                raise ValueError(f"{job.name} needs {missing}, not planned before it")
            self.jobs[job.name] = job
            self.origins[job.name] = origin(job, self.keys, around)
            self.keys[job.name] = key_of(self.origins[job.name])

    def select(self, pattern: str | None) -> set[str]:
        """Return the names that match a glob, with all they need. `UserError` when none does."""
        if pattern is None:
            return set(self.jobs)
        chosen = {name for name in self.jobs if fnmatchcase(name, pattern)}
        if not chosen:
            raise UserError(f"no job is called {pattern!r}", "see `python build.py --list` for the names")
        for name in reversed(self.jobs):
            if name in chosen:
                chosen |= set(self.jobs[name].needs)
        return chosen

    def urgency(self) -> dict[str, float]:
        """Return each job's cost with the longest chain of jobs that wait for it."""
        rank: dict[str, float] = {}
        for name in reversed(self.jobs):
            after = [rank[other] for other in rank if name in self.jobs[other].needs]
            rank[name] = self.jobs[name].cost + max(after, default=0.0)
        return rank
