"""Every page of the built site, held against what the report promises its readers.

Each page is loaded once a theme with an empty cache; all tests of one theme read from that visit.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.npm import packed
from tests.browser.served import SUB
from tests.browser.watch import DESK, TALL

pytestmark = pytest.mark.browser
AXE = "4.14.1"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COLOURS = ["color-contrast", "link-in-text-block"]  # what another theme can change

MOST_BYTES = 500_000
MOST_SHIFT = 0.1
APART = ("/data/", "/weights/", "/models/")  # records and weights, which a reader asks for
SHIFTS = """
window.shifted = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
TO_THE_END = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {
    scrollTo(0, y);
    await new Promise(done => setTimeout(done, 25));
  }
  const shown = [...document.images].filter(i => i.offsetParent);
  const loaded = Promise.all(shown.map(i => i.complete || new Promise(done => { i.onload = i.onerror = done; })));
  await Promise.race([loaded, new Promise(done => setTimeout(done, 2000))]);
  await new Promise(done => setTimeout(done, 50));
}"""
SETTLED = """() => new Promise(done => {
  const look = () => setTimeout("arranging" in document.documentElement.dataset ? look : done, 150);
  look();
})"""
BROKEN = "[...document.images].filter(i => i.offsetParent && i.complete && !i.naturalWidth).map(i => i.src)"
OPENED = "document.querySelectorAll('details').forEach(d => { d.open = true })"
REACHABLE = """() => [...document.querySelectorAll(
  "a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex='-1'])")].filter(e =>
    e.tabIndex >= 0 && !e.disabled && e.getClientRects().length && !e.closest("[hidden]")
    && e.checkVisibility({visibilityProperty: true})
    && !(e.type === "radio" && !e.checked)
  ).map((e, k) => { e.dataset.stop = k; return e.outerHTML.slice(0, 120); })"""

TAB = {"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
REACHED = """() => {
  window.reached = [];
  document.addEventListener("focusin", event => window.reached.push(event.target.dataset.stop || ""));
}"""


@dataclass
class Visit:
    """What a page did when it was opened and read to its end."""

    heads: int = 0
    theme: str = ""
    broken: list[str] = field(default_factory=list)
    shift: float = 0.0
    loaded: Counter[str] = field(default_factory=Counter)  # bytes over the wire by address, before anything is done
    violations: list[tuple[str, str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def axe() -> str:
    """The checker's script, or nothing where npm cannot fetch it."""
    found = packed("axe-core", AXE)
    return (found / "axe.min.js").read_text("utf-8") if found else ""


def watch(page: Page, address: str) -> tuple[list[str], Counter[str]]:
    """Collect console errors, failed requests, requests to anyone else, and bytes by address."""
    faults: list[str] = []
    loaded: Counter[str] = Counter()
    names: dict[str, str] = {}
    page.on("console", lambda m: faults.append(f"console: {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("response", lambda r: faults.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    own = (address, "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(own) else faults.append(f"outside: {r.url}"))
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    wire.on("Network.responseReceived", lambda e: names.update({e["requestId"]: e["response"]["url"]}))
    wire.on("Network.loadingFinished",
            lambda e: loaded.update({names.get(e["requestId"], "?"): int(e["encodedDataLength"])}))  # fmt: skip
    return faults, loaded


def visit(page: Page, address: str, path: str, axe: str, scheme: str) -> Visit:
    """Open a page, count what it loads, read it to the end, open all that folds, and check it."""
    faults, loaded = watch(page, address)
    page.goto(address + path)
    page.evaluate(SETTLED)
    found = Visit(faults=faults, loaded=Counter(loaded))
    page.evaluate(TO_THE_END)
    found.shift = page.evaluate("window.shifted")
    found.heads = page.locator("h1").count()
    found.theme = page.evaluate("document.body.getAttribute('data-md-color-scheme')")
    found.broken = page.evaluate(BROKEN)
    if axe:
        # At an ordinary height a link half under the header or at the edge of a scrolled menu counts as too small.
        # A reader scrolls; in a tall window nothing is scrolled, and each target is judged by its own size.
        page.set_viewport_size(TALL)
        page.evaluate("scrollTo(0, 0)")
        page.evaluate(OPENED)
        page.evaluate(SETTLED)
        page.evaluate(axe)
        rules = RULES if scheme == "light" else COLOURS
        options = {"runOnly": rules, "resultTypes": ["violations"]}
        said: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
        found.violations = [
            (v["id"], str(n["target"]), n["html"][:100]) for v in said["violations"] for n in v["nodes"]
        ]
    return found


@pytest.fixture(scope="module", params=["light", "dark"])
def seen(
    request: pytest.FixtureRequest, browser: Browser, address: str, paths: list[str], axe: str
) -> Iterator[tuple[str, dict[str, Visit]]]:
    """The theme and every page's visit."""
    context = browser.new_context(viewport=DESK, color_scheme=request.param)
    context.add_init_script(SHIFTS)
    visits = {}
    for path in paths:
        page = context.new_page()
        visits[path] = visit(page, address, path, axe, request.param)
        page.close()
    yield request.param, visits
    context.close()


def test_every_page_opens_without_a_fault(seen: tuple[str, dict[str, Visit]]) -> None:
    scheme, visits = seen
    theme = "slate" if scheme == "dark" else "default"
    assert {path: v.heads for path, v in visits.items() if v.heads != 1} == {}
    assert {path: v.theme for path, v in visits.items() if v.theme != theme} == {}
    assert {path: v.broken for path, v in visits.items() if v.broken} == {}
    assert {path: v.faults for path, v in visits.items() if v.faults} == {}


def test_no_page_breaks_a_rule_of_wcag(seen: tuple[str, dict[str, Visit]], axe: str) -> None:
    if not axe:
        pytest.skip("needs npm, to fetch axe-core")
    assert {path: v.violations for path, v in seen[1].items() if v.violations} == {}


def test_nothing_moves_while_a_page_is_read(seen: tuple[str, dict[str, Visit]]) -> None:
    assert {path: v.shift for path, v in seen[1].items() if v.shift > MOST_SHIFT} == {}


def test_no_page_is_heavy(seen: tuple[str, dict[str, Visit]]) -> None:
    """Bytes over the wire of a first load, compressed as GitHub Pages does it, lazy pictures in view included."""
    sums = {path: sum(size for url, size in v.loaded.items() if not any(part in url for part in APART))
            for path, v in seen[1].items()}  # fmt: skip
    assert min(sums.values()) > 50_000, "nothing was counted"
    assert {path: size for path, size in sums.items() if size > MOST_BYTES} == {}


@pytest.mark.parametrize("width", [390, 320])
def test_on_a_phone_no_page_scrolls_sideways(browser: Browser, address: str, paths: list[str], width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = context.new_page()
    wide = []
    for path in paths:
        page.goto(address + path)
        page.evaluate(OPENED)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(path)
    assert wide == []
    context.close()


def test_the_tab_key_reaches_everything(browser: Browser, address: str, paths: list[str]) -> None:
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    missed = {}
    for path in paths:
        page.goto(address + path)
        page.evaluate(SETTLED)
        if page.locator("#lab").count():  # its cards come and go until the models are there
            page.wait_for_load_state("networkidle")
        stops = page.evaluate(REACHABLE)
        assert len(stops) > 10, path
        page.evaluate(REACHED)
        wire = context.new_cdp_session(page)
        for _ in range(len(stops) + 3):  # the key's going down alone: a call each, where `press` needs several
            wire.send("Input.dispatchKeyEvent", TAB)
        wire.detach()
        reached = set(page.evaluate("window.reached"))
        lost = [stop for k, stop in enumerate(stops) if str(k) not in reached]
        if lost:
            missed[path] = lost
    assert missed == {}
    context.close()


def test_keys_open_the_menu_of_a_phone(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(address)
    page.wait_for_load_state("networkidle")
    menu, link = (
        page.locator(".md-header__button[for=__drawer]"),
        page.locator(".md-sidebar--primary a[href$='overview/']"),
    )
    assert not link.first.is_visible()
    menu.focus()
    page.keyboard.press("Enter")
    link.first.wait_for(state="visible")
    context.close()


@pytest.fixture
def placed(folder: Path) -> Path:
    """A site that was built for an address, with SITE_URL; others cannot know what an unknown one leads back to."""
    if 'rel="canonical"' not in (folder / "index.html").read_text("utf-8"):
        pytest.skip("the site was built without SITE_URL, so it does not know its address")
    return folder


@pytest.mark.usefixtures("placed")
def test_an_unknown_address_leads_back(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    assert page.goto(f"{address}no/such/page/").status == 404
    assert "not in the report" in page.locator("h1").inner_text()
    assert page.evaluate("getComputedStyle(document.querySelector('.md-header')).position") == "sticky"
    page.locator(".md-content a.md-button").first.click()
    page.wait_for_url(lambda url: url.rstrip("/") + "/" == address or url == f"{address}index.html")
    context.close()


def test_a_link_to_it_shows_the_card(browser: Browser, address: str, placed: Path) -> None:
    card = (placed / "report/figures/card.png").read_bytes()
    assert struct.unpack(">II", card[16:24]) == (1200, 630)
    assert len(card) < 300_000
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}report/attacks/")
    said = page.locator("meta[property='og:image']").get_attribute("content")
    assert said.endswith(f"{SUB}report/figures/card.png")
    assert said.startswith("https://")
    context.close()
