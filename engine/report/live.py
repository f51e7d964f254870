"""Pages while jobs still run: written early, refreshed as cells land, finished at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any, TypeAlias

from engine.core.earlier import Earlier
from engine.core.gather import Gathered
from engine.core.records import Build
from engine.report import compare, site
from engine.report.view import View

Records: TypeAlias = dict[str, tuple[Any, ...]]
Files: TypeAlias = dict[str, bytes]
REFRESH_SECONDS = 30.0
SHARE = 10  # rendering takes at most about a tenth of a build


@dataclass(frozen=True)
class Known:
    """All that pages are made from: what jobs measured, what follows from it, and files made elsewhere."""

    facts: Build
    measured: Records
    static: Records
    files: Files


@dataclass
class Live:
    """Renders what is known. ``static`` returns the records that follow from the others, and files beside them.

    Refreshes are drawn on ``aside``, one at a time, so that jobs do not wait for them; there is none before
    ``ready`` is true. Use `render` from elsewhere only after `settle`.
    """

    gathered: Gathered
    facts: Build
    static: Callable[[Records, Build], tuple[Records, Files]]
    catalogue: Mapping[str, Mapping[str, Any]]  # the named things of `View`
    docs: Path
    cache: Path
    aside: Executor
    earlier: Earlier | None = None
    ready: Callable[[], bool] = lambda: True
    began: float = field(default_factory=monotonic)
    due: float = 0.0
    shown: int = -1
    drawing: Future[None] | None = None

    def tick(self) -> None:
        """Start a rendering when new cells have landed and the last one is long enough ago."""
        if self.drawing is not None and not self.drawing.done():
            return
        self.settle()
        if monotonic() >= self.due and self.ready() and self.gathered.done() != self.shown:
            self.drawing = self.aside.submit(self._refresh)

    def settle(self) -> None:
        """Wait for a rendering under way; raises what stopped it."""
        if self.drawing is not None:
            self.drawing.result()
            self.drawing = None

    def _refresh(self) -> None:
        began = monotonic()
        self.render()
        self.due = monotonic() + max(REFRESH_SECONDS, SHARE * (monotonic() - began))

    def render(self) -> None:
        """Write every page from what is known now."""
        self.draw(self.known())

    def known(self) -> Known:
        """Return what is known now; waits for the scanners."""
        self.shown = self.gathered.done()
        facts = replace(self.facts, jobs_done=self.shown, seconds=monotonic() - self.began)
        measured = self.gathered.records()
        static, files = self.static(measured, facts)
        return Known(facts, measured, static, files)

    def draw(self, known: Known) -> None:
        """Write every page from this."""
        view = self.view(known.measured | known.static | {"provenance": (known.facts,)}, known.facts)
        site.write(site.render(view, cache=self.cache, extra=known.files), self.docs)

    def view(self, records: Records, facts: Build) -> View:
        """Return what pages are made from."""
        return View(
            records=records,
            arrays=self.gathered.arrays(),
            build=facts,
            made=self.gathered.store.when,
            earlier=self.earlier,
            **self.catalogue,
        )

    def stopped(self, shut: bool, say: Callable[[str], None]) -> bool:
        """Say how the comparison with the earlier build ended; tell whether it stops a build that is gated."""
        return compare.gate(self.view(self.gathered.records(), self.facts), shut, say)
