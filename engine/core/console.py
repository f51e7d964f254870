"""What the user sees while jobs run: one line a running job and the remaining time."""

from __future__ import annotations

from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from engine.core.outcome import Outcome
from engine.core.times import duration

PLAIN_SECONDS = 15.0  # without a terminal: at most one line a job in this time


class Board:
    """Progress of a run; a live board on a terminal, plain lines elsewhere."""

    def __init__(self, costs: dict[str, float], workers: int) -> None:
        self.costs, self.workers = costs, workers
        self.done = dict.fromkeys(costs, 0.0)
        self.began, self.said = monotonic(), dict.fromkeys(costs, 0.0)
        self.console = Console(stderr=True)
        self.live = self.console.is_terminal
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=self.console,
            disable=not self.live,
            transient=True,
        )
        self.total = self.bar.add_task("all jobs", total=len(costs), note="")
        self.lines: dict[str, TaskID] = {}

    def __enter__(self) -> Board:
        self.bar.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.bar.stop()

    def moved(self, name: str, done: float, what: str) -> None:
        """Show how far a job is, ``done`` in [0, 1]."""
        self.done[name] = done
        if self.live:
            if name not in self.lines:
                self.lines[name] = self.bar.add_task(name, total=100, note="")
            self.bar.update(self.lines[name], completed=round(100 * done), note=what)
            self.bar.update(self.total, note=self.remaining())
        elif monotonic() - self.said[name] >= PLAIN_SECONDS or not self.said[name]:
            self.said[name] = monotonic()
            self.say(f"{name}: {done:.0%}, {what} ({self.remaining()})")

    def ended(self, outcome: Outcome) -> None:
        """Show that a job ended, and how."""
        name = outcome.job.name
        self.done[name] = 1.0
        if name in self.lines:
            self.bar.remove_task(self.lines.pop(name))
        self.bar.advance(self.total)
        self.say(f"{name}: {'failed: ' + outcome.error if outcome.error else 'done'}")

    def remaining(self) -> str:
        """Guess the time left from the cost of what is done and of what is not."""
        spent = sum(self.costs[name] * share for name, share in self.done.items())
        left = sum(self.costs.values()) - spent
        elapsed = monotonic() - self.began
        speed = spent / elapsed if spent > 5 and elapsed > 5 else float(self.workers)
        return f"about {duration(left / speed)} left"

    def say(self, line: str) -> None:
        """Print one line above the board."""
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)
