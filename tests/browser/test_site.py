"""The built site in a real browser: from a sub-path, as GitHub Pages serves it."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from engine.report import site
from tests.report import example
from tests.test_build import copy

pytestmark = pytest.mark.browser
SUB = "/somewhere/"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves the site below a sub-path and writes no log."""

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.removeprefix(SUB.rstrip("/")))

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the hand-built records: every kind of page, no training."""
    place = copy(tmp_path_factory.mktemp("site"), Path())
    site.write(
        site.render(example.view(), extra=example.FILES),
        place.root / "docs",
    )
    return site.build_site(place.root)


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}{SUB}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def paths(folder: Path) -> list[str]:
    found = sorted(str(p.parent.relative_to(folder)) for p in folder.rglob("index.html"))
    assert len(found) > 14
    return ["" if path == "." else f"{path}/" for path in found]


def watched(page: Page, address: str) -> list[str]:
    """Collect console errors, failed requests and requests to anyone else."""
    faults: list[str] = []
    page.on("console", lambda m: faults.append(f"console: {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("response", lambda r: faults.append(f"{r.status} {r.url}") if r.status >= 400 else None)

    def asked(url: str) -> None:
        if not url.startswith((address, "data:", "blob:")):
            faults.append(f"outside: {url}")

    page.on("request", lambda request: asked(request.url))
    return faults


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_opens_without_a_fault(browser: Browser, address: str, paths: list[str], scheme: str) -> None:
    context = browser.new_context(viewport=DESK, color_scheme=scheme)
    page = context.new_page()
    faults = watched(page, address)
    for path in paths:
        page.goto(address + path)
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        page.wait_for_load_state("networkidle")
        assert page.locator("h1").count() == 1, path
        theme = page.evaluate("document.body.getAttribute('data-md-color-scheme')")
        assert theme == ("slate" if scheme == "dark" else "default"), path
        broken = page.evaluate(
            "[...document.images].filter(i => i.offsetParent && i.complete && !i.naturalWidth).map(i => i.src)"
        )
        assert broken == [], path
    assert faults == []
    context.close()


def test_on_a_phone_no_page_scrolls_sideways(browser: Browser, address: str, paths: list[str]) -> None:
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    wide = []
    for path in paths:
        page.goto(address + path)
        if page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            wide.append(path)
    assert wide == []
    context.close()


def test_every_link_and_anchor_leads_somewhere(browser: Browser, address: str, paths: list[str], folder: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    links: set[tuple[str, str]] = set()
    anchors: dict[str, set[str]] = {}
    for path in paths:
        page.goto(address + path)
        anchors[path] = set(page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)"))
        links |= {(path, href) for href in page.evaluate("[...document.links].map(a => a.getAttribute('href'))")}
    context.close()
    wrong = []
    for path, href in links:
        target = urlsplit(urljoin(address + path, href))
        if target.scheme in ("http", "https") and target.netloc == urlsplit(address).netloc:
            inside = unquote(target.path).removeprefix(SUB)
            file = folder / inside / "index.html" if inside.endswith("/") or not inside else folder / inside
            known = anchors.get(inside if inside.endswith("/") or not inside else "", set())
            if not file.is_file() or (target.fragment and unquote(target.fragment) not in known):
                wrong.append((path, href))
    assert wrong == []
    assert len(links) > 100


def test_the_theme_switch_changes_figures_too(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport=DESK, color_scheme="light")
    page = context.new_page()
    page.goto(address + "report/attacks/")
    figure = "img[src*='curves-fgsm-{}']"
    assert page.locator(figure.format("light")).is_visible()
    assert not page.locator(figure.format("dark")).is_visible()
    page.locator("label[for^=__palette_]:visible").first.click()
    page.locator(figure.format("dark")).wait_for(state="visible")
    assert not page.locator(figure.format("light")).is_visible()
    context.close()


def test_search_finds_a_term(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    page.goto(address)
    page.locator("[data-md-component=search-query]").click()
    page.wait_for_load_state("networkidle")  # the index is read on the first click
    page.locator("[data-md-component=search-query]").press_sequentially("wilson", delay=50)
    page.locator(".md-search-result__item").first.wait_for(timeout=60_000)
    context.close()


def test_an_unknown_address_gives_a_page_of_ours(folder: Path) -> None:
    assert "report" in (folder / "404.html").read_text("utf-8").lower()
