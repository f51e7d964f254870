"""Where a figure comes from: the link beside it, its badge, a file and a line of the records page for each job."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from engine.core.records import Provenance, Trust
from engine.report.cells import Cell
from engine.report.publish import to_json
from engine.report.view import View

WORST = "worst_case"


@dataclass
class Source:
    """A job with its records. ``made`` is ISO 8601 in UTC, or empty where the store does not tell."""

    origin: Provenance
    command: str
    made: str
    records: list[Any] = field(default_factory=list)

    @property
    def slug(self) -> str:
        """The job's anchor and file name."""
        return slug(self.origin.name)

    @property
    def what(self) -> str:
        """Its records by kind, as ``5 evasion``."""
        kinds = Counter(str(row.kind).replace("_", " ") for row in self.records)
        return ", ".join(f"{many} {kind}" for kind, many in kinds.items())

    @property
    def images(self) -> str:
        """How many images its records count: ``n``, or ``n … m``; empty where they count none."""
        counts = sorted({row.n for row in self.records if hasattr(row, "n")})
        ends = dict.fromkeys([*counts[:1], *counts[-1:]])
        return " … ".join(f"{many:,}" for many in ends)


def slug(name: str) -> str:
    """Return a job's name as an anchor: ``attack-clean-pgd-seed0``."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def command(view: View, name: str) -> str:
    """Return the command that makes a job's records again."""
    return f"python build.py --profile {view.build.profile} --seed {view.seed} --only '{name}'"


def sources(view: View) -> dict[str, Source]:
    """Return every job that has records, by name, in plan order."""
    found: dict[str, Source] = {}
    for row in (row for family in view.records.values() for row in family):
        origin = getattr(row, "provenance", None)
        if isinstance(origin, Provenance):
            if origin.name not in found:
                found[origin.name] = Source(origin, command(view, origin.name), view.made(origin.job))
            found[origin.name].records.append(row)
    return found


def files(view: View) -> Iterator[tuple[str, bytes]]:
    """Yield a small download a job: its records, the command that makes them again, and when they were made."""
    for source in sources(view).values():
        head = json.dumps({"name": source.origin.name, "command": source.command, "made": source.made})
        rows = to_json(asdict(row) for row in source.records)
        yield f"data/jobs/{source.slug}.json", f'{head[:-1]}, "records": {rows.rstrip()}}}\n'.encode()


def trust_of(view: View, cell: Cell) -> Trust | None:
    """Return the checks of the very attack that a cell shows; of a worst case, those of the attack in it.

    Only gradient attacks in a ball are checked, at some sizes. A figure without an attack needs no such check.
    """
    row = cell.record
    attacks = getattr(row, "attacks", ()) if getattr(row, "kind", "") == WORST else (getattr(row, "attack", ""),)
    where = {name: getattr(row, name, None) for name in ("model", "norm", "epsilon", "seed")}
    return next((trust for trust in view.select(Trust, **where) if trust.attack in attacks), None)


def records(view: View, _shelf: object) -> dict[str, Any]:
    """The page with a line for each job."""
    return {"sources": list(sources(view).values()), "again": command(view, "NAME")}
