"""Runs the jobs that are not stored, with the progress board in front."""

from __future__ import annotations

from collections.abc import Callable

from engine.core import machine
from engine.core.console import Board
from engine.core.gather import Gathered
from engine.core.jobs import Surroundings
from engine.core.options import Options
from engine.core.outcome import Outcome, Watch
from engine.core.run import Runner

# What most jobs import, done once for all workers. Nothing here may start a thread when it is imported.
IMPORTED = ("torch", "torch._dynamo", "scipy.stats", "sklearn.metrics")


def execute(
    gathered: Gathered,
    todo: set[str],
    data: bytes,
    around: Surroundings,
    options: Options,
    tick: Callable[[], None],
) -> int:
    """Run the jobs named in ``todo``; return how many failed. ``tick`` is called about twice a second."""
    plan, workers = gathered.plan, options.workers or machine.cores()
    runner = Runner(plan, gathered.store, data, dict(around.packages), around.device, IMPORTED)
    with Board({name: job.cost for name, job in plan.jobs.items() if name in todo}, workers) as board:

        def ended(outcome: Outcome) -> None:
            board.ended(outcome)
            if outcome.error:
                gathered.failed[outcome.job.name] = f"failed: {outcome.error}"
            if outcome.trace and options.debug:
                board.say(outcome.trace)

        try:
            runner.connect(workers, options.scheduler)
            return len(runner.run(todo, Watch(moved=board.moved, ended=ended, tick=tick)))
        finally:
            runner.close()
