"""The built site in a real browser: from a sub-path, as GitHub Pages serves it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from playwright.sync_api import Browser

from tests.browser.served import SUB
from tests.browser.watch import DESK

pytestmark = pytest.mark.browser


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
    page.goto(address + "report/attack-by-attack/")
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
    first = page.locator(".md-search-result__item").first
    first.wait_for(timeout=60_000)
    assert "wilson" in first.inner_text().lower()
    context.close()
