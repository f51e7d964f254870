"""When pages are rendered while jobs still run."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest

from engine.core import bundle, profile
from engine.core.facts import facts
from engine.core.gather import Gathered
from engine.core.jobs import Job, Plan, Surroundings
from engine.core.store import Store
from engine.data.mnist import Digits
from engine.plan.catalogue import catalogue
from engine.report.live import Live
from tests.conftest import ROOT


@dataclass
class Counted(Live):
    """Counts its renderings instead of writing them to the project's folder."""

    rendered: int = 0
    drawn: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.drawn.set()

    def render(self) -> None:
        assert self.drawn.wait(30)
        self.shown = self.gathered.done()
        self.rendered += 1

    def after(self) -> int:
        """Tick, wait for what that started and return how often it has rendered."""
        self.tick()
        self.settle()
        return self.rendered


@pytest.fixture
def live(tmp_path: Path, digits: Digits) -> Iterator[Counted]:
    work = Plan([Job(name, "test", f"{__name__}:nothing", {"of": name}) for name in "ab"], Surroundings({}, "cpu", "x"))
    gathered = Gathered(work, Store(tmp_path / "store"), "smoke")
    known = facts("smoke", profile.load("smoke"), digits, (1, 1), 2, ROOT)
    with ThreadPoolExecutor(1) as aside:
        yield Counted(gathered, known, lambda rows, known: ({}, {}), catalogue(), tmp_path, tmp_path, aside)


def land(live: Live, name: str) -> None:
    work = live.gathered.plan
    live.gathered.store.write(work.keys[name], {bundle.RECORDS: b"{}"}, work.origins[name])


def test_it_renders_once_for_what_is_new(live: Counted) -> None:
    assert live.after() == 1
    live.due = 0.0
    assert live.after() == 1, "nothing landed between the two"
    land(live, "a")
    live.due = 0.0
    assert live.after() == 2


def test_what_lands_soon_after_waits(live: Counted) -> None:
    live.after()
    land(live, "a")
    assert live.after() == 1


def test_jobs_do_not_wait_for_pages(live: Counted) -> None:
    live.drawn.clear()
    land(live, "a")
    live.tick()
    land(live, "b")
    live.tick()
    assert live.rendered == 0, "both came back while the first is being drawn"
    live.drawn.set()
    live.settle()
    assert live.rendered == 1, "and no second one was started beside it"


def test_what_stops_a_rendering_stops_the_build(live: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ValueError("no such page")

    monkeypatch.setattr(live, "render", broken)
    live.tick()
    with pytest.raises(ValueError, match="no such page"):
        live.settle()


def test_it_does_not_wait_for_the_scanners(live: Counted) -> None:
    scanned = False
    live.ready = lambda: scanned
    land(live, "a")
    assert live.after() == 0
    scanned = True
    assert live.after() == 1, "as soon as they have answered"
