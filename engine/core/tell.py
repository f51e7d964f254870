"""What ``build.py`` prints about a plan and about its results."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.core.errors import UserError
from engine.core.jobs import Plan
from engine.core.records import Evaluation, Evasion, Poisoning
from engine.core.store import Store

SHOWN = (("fgsm", 0.1), ("pgd", 0.1), ("pgd", 0.3))


def plan_lines(plan: Plan, store: Store) -> list[str]:
    """Return a line a job: whether it is stored, its key, its name, what it needs."""
    lines = []
    for name, job in plan.jobs.items():
        state = "stored" if store.holds(plan.keys[name]) else "to run"
        needs = f"  needs {', '.join(job.needs)}" if job.needs else ""
        lines.append(f"{state}  {plan.keys[name][:12]}  {name}{needs}")
    return lines


def explain(plan: Plan, store: Store, name: str) -> list[str]:
    """Return why the job ``name`` would run again; `UserError` for an unknown name."""
    if name not in plan.jobs:
        raise UserError(f"no job is called {name!r}", "see `python build.py --list` for the names")
    if store.holds(plan.keys[name]):
        return [f"{name} is stored under {plan.keys[name]}; nothing that it depends on has changed"]
    before, now = store.latest(name), plan.origins[name]
    if before is None:
        return [f"{name} has never been run with this store"]
    lines = [f"{name} runs again because of:"]
    for part in ("kind", "run", "spec", "needs", "code", "packages", "device", "precision", "data"):
        lines += [f"  {line}" for line in _differences(part, before.get(part), now[part])]
    return lines if len(lines) > 1 else [f"{name}: its stored entry was damaged or removed"]


def _differences(part: str, before: Any, now: Any) -> list[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        lines = []
        for key in sorted(before.keys() | now.keys()):
            lines += _differences(f"{part} {key}", before.get(key), now.get(key))
        return lines
    if before == now:
        return []
    if before is None or now is None:
        return [f"{part} is {'new' if before is None else 'gone'}"]
    if part.startswith(("code ", "needs ")):
        return [f"{part} changed"]
    return [f"{part}: {before} → {now}"]


def summary_rows(records: dict[str, tuple[Any, ...]]) -> Iterable[list[str]]:
    """Return the closing table: a row a model and seed."""
    clean = [row for row in records["evaluation"] if isinstance(row, Evaluation) and row.condition == "clean"]
    for row in clean:
        who = (row.model, row.seed)
        cells = [row.model, str(row.seed), f"{row.accuracy:.2%}"]
        for attack, epsilon in SHOWN:
            found = [
                each.accuracy
                for each in records["evasion"]
                if isinstance(each, Evasion)
                and (each.model, each.seed) == who
                and (each.attack, each.epsilon) == (attack, epsilon)
            ]
            cells.append(f"{found[0]:.1%}" if found else "not run")
        hits = [
            each.success_rate
            for each in records["poisoning"]
            if isinstance(each, Poisoning) and (each.model, each.seed) == who
        ]
        cells.append(f"{hits[0]:.2%}" if hits else "not run")
        yield cells


def summary_columns() -> list[str]:
    """Return the headings of `summary_rows`."""
    return [
        "model",
        "seed",
        "clean",
        *(f"{attack} {epsilon:g}" for attack, epsilon in SHOWN),
        "stamp → target",
    ]


def close(
    store: Store, title: str, records: dict[str, tuple[Any, ...]], failed: int, jobs: int, site: Path | None
) -> None:
    """Print how a build ended: what was damaged, the summary table, failures, and where the site is."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{title} profile", title_justify="left")
    for order, column in enumerate(summary_columns()):
        table.add_column(column, justify="left" if order == 0 else "right")
    for row in summary_rows(records):
        table.add_row(*row)
    Console(file=sys.stdout).print(table)
    for line in store.damaged:
        print(line, file=sys.stderr)
    if failed > 0:
        print(
            f"{failed} of {jobs} jobs failed, see above; finished ones are kept, run again to go on",
            file=sys.stderr,
        )
    if site is not None:
        print(f"the site is in {site}; to read it: mkdocs serve", file=sys.stderr)
