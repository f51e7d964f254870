"""What the report is made from, and ways to pick from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np

from engine.core.earlier import Earlier
from engine.core.records import (
    Build,
    Evaluation,
    Evasion,
    Latency,
    Minimal,
    Norm,
    Pending,
    Poisoning,
    Record,
    Skipped,
    TrainingRun,
    Trust,
    WorstCase,
)
from engine.core.registry import Entry

Arrays = Mapping[str, np.ndarray[Any, Any]]
T = TypeVar("T")


class ModelLike(Protocol):
    """What the report needs to know of a model."""

    @property
    def name(self) -> str:
        """Short name, as in the records."""
        ...

    @property
    def title(self) -> str:
        """Name on pages."""
        ...

    @property
    def about(self) -> str:
        """One sentence."""
        ...

    @property
    def recipe(self) -> str:
        """How it is trained."""
        ...

    @property
    def poison(self) -> str:
        """Name of its poison, or empty."""
        ...

    @property
    def spared(self) -> str:
        """Why some attacks are not tried on it, or empty."""
        ...

    def tries(self, attack: str) -> bool:
        """Tell whether an attack is made on it."""
        ...


@dataclass(frozen=True)
class View:
    """Records by family, arrays by job key, the build, and titles. Shows the first seed; others are beside it.

    ``records`` must not change: what is picked from them by type and model is remembered.
    """

    records: Mapping[str, tuple[Record, ...]]
    arrays: Callable[[str], Arrays]
    build: Build
    attacks: Mapping[str, Entry]
    models: Mapping[str, ModelLike]
    poisons: Mapping[str, Entry]
    certificates: Mapping[str, Entry]
    defences: Mapping[str, Entry]  # of the input
    detectors: Mapping[str, Entry]  # of poison, and repairs
    earlier: Earlier | None = None  # the build to compare with
    made: Callable[[str], str] = lambda _job: ""  # when a job's records were made, by its key
    _picked: dict[tuple[type, object], list[Any]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def seed(self) -> int:
        """The seed whose models the pages show."""
        return self.build.seeds[0]

    def select(self, kind: type[T], **fields: object) -> list[T]:
        """Return all records of a type whose fields have these values, in plan order."""
        rows: list[T] = self._of(kind, fields.get("model"))
        return [row for row in rows if all(getattr(row, name) == value for name, value in fields.items())]

    def _of(self, kind: type[Any], model: object) -> list[Any]:
        """Return all records of a type, or those of a model."""
        if (kind, model) not in self._picked:
            rows: list[Any] = [row for family in self.records.values() for row in family if isinstance(row, kind)]
            self._picked[kind, model] = [row for row in rows if model is None or row.model == model]
        return self._picked[kind, model]

    def first(self, kind: type[T], **fields: object) -> T | None:
        """Return the first of `select`, or None."""
        found = self.select(kind, **fields)
        return found[0] if found else None

    def waiting(self, family: str, **fields: object) -> Pending | Skipped | None:
        """Return the cell that stands for something that was not run, if there is one."""
        cells: list[Pending | Skipped] = [*self.select(Pending, family=family, **fields)]
        cells += self.select(Skipped, family=family, **fields)
        return cells[0] if cells else None

    def spared(self, model: object, attack: object) -> str:
        """Return why an attack is not tried on a model; empty where it is, or where nothing is known of either."""
        known = self.models.get(str(model))
        return known.spared if known and attack in self.attacks and not known.tries(str(attack)) else ""

    def evaluation(self, model: str, condition: str) -> Evaluation | None:
        """Return a model's accuracy on clean or stamped images."""
        return self.first(Evaluation, model=model, condition=condition, seed=self.seed)

    def training(self, model: str) -> TrainingRun | None:
        """Return how a model was trained."""
        return self.first(TrainingRun, model=model, seed=self.seed)

    def latency(self, model: str) -> list[Latency]:
        """Return a model's timings, one a batch size."""
        return self.select(Latency, model=model, seed=self.seed)

    def evasion(self, model: str, attack: str, epsilon: float) -> Evasion | None:
        """Return one cell of the matrix."""
        return self.first(Evasion, model=model, attack=attack, epsilon=epsilon, seed=self.seed)

    def sweep(self, model: str, attack: str) -> list[Evasion]:
        """Return a model's measured cells for one attack, smallest ε first."""
        rows = self.select(Evasion, model=model, attack=attack, seed=self.seed)
        return sorted(rows, key=lambda row: row.epsilon)

    def worst(self, model: str, norm: Norm = "linf") -> list[WorstCase]:
        """Return a model's worst cases over attacks of a norm, smallest ε first."""
        rows = self.select(WorstCase, model=model, norm=norm, seed=self.seed)
        return sorted(rows, key=lambda row: row.epsilon)

    def trust(self, model: str) -> list[Trust]:
        """Return the checks of a model's attack, smallest ε first."""
        return sorted(self.select(Trust, model=model, seed=self.seed), key=lambda row: row.epsilon)

    def minimal(self, model: str, attack: str) -> Minimal | None:
        """Return the smallest changes that an attack found on a model."""
        return self.first(Minimal, model=model, attack=attack, seed=self.seed)

    def trigger(self, model: str) -> Poisoning | None:
        """Return what the stamp does to a model."""
        return self.first(Poisoning, study="model", model=model, seed=self.seed)

    def epsilons(self) -> list[float]:
        """Return the sizes of the plan, measured or not."""
        return sorted(float(size) for size in self.build.settings["epsilons"])

    def sizes(self, attack: str) -> list[float]:
        """Return the sizes at which an attack has a cell, measured or not; "worst" for the worst case in L∞."""
        rows: list[Evasion | WorstCase | Pending | Skipped] = [*self.select(Evasion, attack=attack)]
        among = {"norm": "linf"} if attack == "worst" else {}
        rows += self.select(WorstCase, **among) if attack == "worst" else []
        rows += self.select(Pending, family="evasion", subject=attack, **among)
        rows += self.select(Skipped, family="evasion", subject=attack, **among)
        return sorted({row.epsilon for row in rows})

    def planned_models(self) -> list[ModelLike]:
        """Return the models that this build has a cell for."""
        kinds = (TrainingRun, Pending, Skipped)
        known = {row.model for row in self.records["training"] if isinstance(row, kinds)}
        return [model for model in self.models.values() if model.name in known]

    def planned_attacks(self) -> list[Entry]:
        """Return the attacks inside an L∞ ball that this build has a cell for."""
        return [entry for entry in self._planned("evasion", Evasion) if entry.norm == "linf" and not entry.control]

    def planned_others(self) -> list[Entry]:
        """Return the controls, and the attacks that no L∞ ball holds."""
        return [entry for entry in self._planned("evasion", Evasion) if entry.norm != "linf" or entry.control]

    def planned_minimal(self) -> list[Entry]:
        """Return the attacks for the smallest change that this build has a cell for."""
        return self._planned("minimal", Minimal)

    def _planned(self, family: str, kind: type[Evasion] | type[Minimal]) -> list[Entry]:
        known = {row.attack for row in self.select(kind)}
        known |= {row.subject for row in self.select(Pending, family=family)}
        known |= {row.subject for row in self.select(Skipped, family=family)}
        return [entry for entry in self.attacks.values() if entry.name in known]
