"""Plan and store → what the report is made from, finished or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.core import bundle, cards
from engine.core.jobs import Plan
from engine.core.records import FAMILIES, Evaluation, Evasion, TrainingRun
from engine.core.store import Store
from engine.core.unpack import records

Arrays = Mapping[str, np.ndarray[Any, Any]]


class Gathered:
    """Records by family in plan order; a cell that was not run is there as `Pending`, with the reason."""

    def __init__(self, plan: Plan, store: Store, profile: str) -> None:
        self.plan, self.store, self.profile = plan, store, profile
        self.failed: dict[str, str] = {}
        self._read: dict[str, dict[str, list[Any]]] = {}

    def done(self) -> int:
        """Return how many jobs have their result in the store."""
        return sum(self.store.holds(key) for key in self.plan.keys.values())

    def state(self) -> list[tuple[str, str, str, str]]:
        """Return each job's name, key, when it was stored and why it failed; empty texts where it was and did not."""
        keys = self.plan.keys
        return [(name, keys[name], self.store.when(keys[name]), self.failed.get(name, "")) for name in self.plan.jobs]

    def records(self) -> dict[str, tuple[Any, ...]]:
        """Return everything known now."""
        found: dict[str, list[Any]] = {family: [] for family in FAMILIES}
        for name, job in self.plan.jobs.items():
            known = self._job(self.plan.keys[name])
            if known is None:
                for cell in job.cells:
                    reason = self.failed.get(name, cell.reason)
                    found[cell.family].append(replace(cell, reason=reason))
            else:
                for family, rows in known.items():
                    found[family] += rows
        return {family: tuple(rows) for family, rows in found.items()}

    def _job(self, key: str) -> dict[str, list[Any]] | None:
        if key not in self._read:
            files = self.store.read(key, (bundle.RECORDS,)) if self.store.holds(key) else None
            if files is None:
                return None
            self._read[key] = {family: [self._stamped(row) for row in rows] for family, rows in records(files).items()}
        return self._read[key]

    def _stamped(self, record: Any) -> Any:
        """Fill in the profile, which is not part of a job's key: profiles share what they have in common."""
        origin = getattr(record, "provenance", None)
        return record if origin is None else replace(record, provenance=replace(origin, profile=self.profile))

    def arrays(self) -> Callable[[str], Arrays]:
        """Return a function from a job's key to its arrays, empty where there are none."""
        held: dict[str, Arrays] = {}

        def read(key: str) -> Arrays:
            if key not in held:
                files = self.store.read(key, (bundle.ARRAYS,)) if self.store.holds(key) else None
                held[key] = bundle.arrays(files or {})
            return held[key]

        return read


def publish_models(gathered: Gathered, titles: Mapping[str, str], folder: Path) -> list[str]:
    """Write weights and card of every trained model that has a title; the first seed has the model's plain name."""
    records = gathered.records()
    written: list[str] = []
    for run in (row for row in records["training"] if isinstance(row, TrainingRun) and row.model in titles):
        files = gathered.store.read(run.provenance.job, (bundle.WEIGHTS,)) or {}
        if bundle.WEIGHTS not in files:
            continue
        name = run.model if run.model not in written else f"{run.model}-seed{run.seed}"
        card = cards.Card(
            model=name,
            title=titles[run.model],
            network=run.network,
            recipe=run.recipe,
            dataset=run.dataset,
            seed=run.seed,
            profile=gathered.profile,
            job=run.provenance.job,
            sha256=run.weights_sha256,
            bytes=len(files[bundle.WEIGHTS]),
            metrics=_metrics(run, [*records["evaluation"], *records["evasion"]]),
        )
        cards.write(folder, card, files[bundle.WEIGHTS])
        written.append(name)
    return written


def _metrics(run: TrainingRun, rows: Iterable[Any]) -> dict[str, float]:
    """Return the accuracies of a model, by what it was measured under."""
    found = {}
    for row in rows:
        if isinstance(row, Evaluation | Evasion) and (row.model, row.seed) == (run.model, run.seed):
            under = row.condition if isinstance(row, Evaluation) else f"{row.attack} {row.epsilon:g}"
            found[under] = row.accuracy
    return found
