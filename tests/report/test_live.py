"""When pages are rendered while jobs still run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

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

    def render(self) -> None:
        self.shown = self.gathered.done()
        self.rendered += 1


@pytest.fixture
def live(tmp_path: Path, digits: Digits) -> Counted:
    work = Plan([Job(name, "test", f"{__name__}:nothing", {"of": name}) for name in "ab"], Surroundings({}, "cpu", "x"))
    gathered = Gathered(work, Store(tmp_path / "store"), "smoke")
    known = facts("smoke", profile.load("smoke"), digits, (1, 1), 2, ROOT)
    return Counted(gathered, known, lambda rows, known: ({}, {}), catalogue(), tmp_path, tmp_path)


def land(live: Live, name: str) -> None:
    work = live.gathered.plan
    live.gathered.store.write(work.keys[name], {bundle.RECORDS: b"{}"}, work.origins[name])


def test_it_renders_once_for_what_is_new(live: Counted) -> None:
    live.tick()
    live.due = 0.0
    live.tick()
    assert live.rendered == 1, "nothing landed between the two"
    land(live, "a")
    live.due = 0.0
    live.tick()
    assert live.rendered == 2


def test_what_lands_soon_after_waits(live: Counted) -> None:
    live.tick()
    land(live, "a")
    live.tick()
    assert live.rendered == 1


def test_it_does_not_wait_for_the_scanners(live: Counted) -> None:
    scanned = False
    live.ready = lambda: scanned
    land(live, "a")
    live.tick()
    assert live.rendered == 0
    scanned = True
    live.tick()
    assert live.rendered == 1, "as soon as they have answered"
