"""Stored results on the cluster, where jobs that need them find them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

from engine.core.bundle import Bundle
from engine.core.errors import UserError
from engine.core.jobs import Job, Plan
from engine.core.store import Store


class Sent:
    """Sends a result once and keeps it there until the last of ``jobs`` that needs it has ended.

    ``send`` takes a bundle and a key that was not used before and returns the future that holds it.
    """

    def __init__(self, send: Callable[[Bundle, str], Any], plan: Plan, store: Store, jobs: Iterable[Job]) -> None:
        self.send, self.plan, self.store = send, plan, store
        self.wanted = Counter(need for job in jobs for need in job.needs)
        self.held: dict[str, Any] = {}
        self.sendings = count()

    def result(self, name: str) -> Any:
        """Return the result of a job; `UserError` where the store has lost it. One lost with its worker goes again."""
        if name not in self.held or self.held[name].status in ("error", "lost", "cancelled"):
            bundle = self.store.read(self.plan.keys[name])
            if bundle is None:
                raise UserError(f"the stored result of {name} is gone", "run again: it will be made again")
            key = f"need-{self.plan.keys[name]}-{next(self.sendings)}"
            self.held[name] = self.send(bundle, key)
        return self.held[name]

    def let_go(self, job: Job) -> None:
        """Free what was sent for a job that has ended, where no other one needs it."""
        self.wanted.subtract(job.needs)
        for need in job.needs:
            if not self.wanted[need]:
                self.held.pop(need, None)
