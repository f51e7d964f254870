"""Headless Chromium. Where it is missing the tests fail and say how to install it: none is skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from engine.report import site
from tests.browser.served import SUB, served
from tests.browser.watch import DESK, watched
from tests.report import example
from tests.test_build import copy

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-quic",
]  # fmt: skip


def chromium() -> str:
    """The browser's path, or a failure that says what to do."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found or not Path(found).exists():
        pytest.fail("no Chromium: install it (Debian: apt-get install chromium) or set CHROMIUM to its path")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as player:
        started = player.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built site, for the address that it is served from.

    That of the hand-built records, every kind of page without training, or the one that ``--site`` names.
    """
    named = request.config.getoption("--site")
    if named:
        return Path(named).resolve()
    place = copy(tmp_path_factory.mktemp("site"), Path())
    site.write(example.rendered(extra=example.FILES), place.root / "docs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITE_URL", f"https://example.org{SUB}")
        return site.build_site(place.root)


@pytest.fixture(scope="session")
def address(folder: Path) -> Iterator[str]:
    with served(folder) as where:
        yield where


@pytest.fixture(scope="session")
def paths(folder: Path) -> list[str]:
    found = sorted(str(p.parent.relative_to(folder)) for p in folder.rglob("index.html"))
    assert len(found) > 14
    return ["" if path == "." else f"{path}/" for path in found]


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A wide, light page of the site that ``address`` serves; any fault on it fails the test."""
    context = browser.new_context(viewport=DESK, color_scheme="light")
    page = context.new_page()
    faults = watched(page, address)
    yield page
    assert faults == []
    context.close()
