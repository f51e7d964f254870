"""What readers can touch, touched: charts, cells, the digit explorer, tables; on the site of hand-built records."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.served import SUB
from tests.browser.watch import DESK
from tests.report import example_gallery

pytestmark = pytest.mark.browser
NARROW = {"width": 320, "height": 700}
LIMIT_BYTES = 500_000


def opened(page: Page, name: str) -> Locator:
    host = page.locator(f".chart-host:has(img[data-chart='{name}'])").first
    host.locator(".chart-open").click()
    chart = page.locator(".chart").last
    chart.locator("canvas").wait_for()
    return chart


def kept(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"data/charts/{name}.json").read_bytes())
    return found


def percent(point: dict[str, Any]) -> str:
    return f"{100 * point['y']:.1f} %" if point["y"] not in (0, 1) else f"{100 * point['y']:.0f} %"


def test_nothing_of_the_library_is_loaded_before_it_is_wanted(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address + "report/attack-by-attack/")
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "vendor" in url or "data/charts" in url]
    opened(page, "curves-pgd")
    assert [url for url in asked if url.endswith("javascripts/vendor/uplot.js")]


def test_hovering_says_the_figure_of_the_record(page: Page, address: str, folder: Path) -> None:
    page.goto(address + "report/attack-by-attack/")
    chart = opened(page, "curves-pgd")
    clean = kept(folder, "curves-pgd")["series"][0]
    point = clean["points"][1]
    over = chart.locator(".u-over")
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box
    last = max(p["x"] for p in clean["points"])
    across = box["width"] * (point["x"] / last + 0.02) / 1.04
    page.mouse.move(box["x"] + across, box["y"] + box["height"] * (103 - 100 * point["y"]) / 106)
    said = page.locator(".explore-tip").inner_text()
    assert said.startswith(f"Clean, {point['x']:g}: {percent(point)}, 95 % interval [")
    assert f"n = {point['n']:,}" in said
    link = chart.locator(".chart-said a")
    assert link.inner_text() == f"record of {point['name']}"
    records = page.request.get(link.evaluate("a => a.href")).json()
    named = [r for r in records if r["kind"] == "evasion" and r["provenance"]["name"] == point["name"]]
    assert point["y"] in [r["accuracy"] for r in named if r["epsilon"] == point["x"]]


def test_the_keyboard_goes_from_point_to_point(page: Page, address: str, folder: Path) -> None:
    page.goto(address + "report/attacks/")
    chart = opened(page, "matrix")
    expect(chart.locator(".chart-plot")).to_be_focused()
    row = kept(folder, "matrix")["rows"][0]
    page.keyboard.press("ArrowRight")
    assert percent(row["cells"][0]) in chart.locator(".chart-said").inner_text()
    page.keyboard.press("ArrowRight")
    assert percent(row["cells"][1]) in chart.locator(".chart-said").inner_text()


def test_the_legend_takes_a_curve_away(page: Page, address: str) -> None:
    page.goto(address + "report/attack-by-attack/")
    chart = opened(page, "curves-pgd")
    before = chart.locator("canvas").evaluate("c => c.toDataURL()")
    entry = chart.get_by_role("button", name="Clean")
    entry.click()
    expect(entry).to_have_attribute("aria-pressed", "false")
    page.wait_for_timeout(200)
    assert chart.locator("canvas").evaluate("c => c.toDataURL()") != before
    for _ in range(4):
        chart.locator(".chart-plot").press("ArrowRight")
        assert not chart.locator(".chart-said").inner_text().startswith("Clean")
    entry.click()
    page.wait_for_timeout(200)
    expect(entry).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(("path", "name"), [
    ("", "bracket"), ("report/protection/", "recipes"), ("report/poisoning/", "surface-success"),
    ("report/certification/", "certified-interval"), ("report/certification/", "smoothing"),
])  # fmt: skip
def test_every_kind_of_chart_opens_and_speaks(page: Page, address: str, path: str, name: str) -> None:
    page.goto(address + path)
    chart = opened(page, name)
    chart.locator(".chart-plot").press("ArrowRight")
    assert (
        "interval [" in chart.locator(".chart-said").inner_text()
        or "seed [" in chart.locator(".chart-said").inner_text()
    )
    colours = chart.locator("canvas").evaluate(
        "c => new Set(new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size"
    )
    assert colours > 10


def test_the_theme_switch_paints_a_chart_anew(page: Page, address: str) -> None:
    page.goto(address + "report/attack-by-attack/")
    chart = opened(page, "curves-pgd")
    swatch = chart.locator(".chart-swatch").first
    light = swatch.evaluate("s => getComputedStyle(s).backgroundColor")
    picture = chart.locator("canvas").evaluate("c => c.toDataURL()")
    page.locator("label[for^=__palette_]:visible").first.click()
    expect(chart).to_have_attribute("data-theme", "dark")
    page.wait_for_timeout(200)
    assert chart.locator(".chart-swatch").first.evaluate("s => getComputedStyle(s).backgroundColor") != light
    assert chart.locator("canvas").evaluate("c => c.toDataURL()") != picture
    assert "-dark.svg" in (chart.get_by_role("link", name="SVG").get_attribute("href") or "")


def test_downloads_hold_the_figures(page: Page, address: str, folder: Path) -> None:
    page.goto(address + "report/attack-by-attack/")
    chart = opened(page, "curves-pgd")
    with page.expect_download() as waiting:
        chart.get_by_role("button", name="CSV").click()
    lines = Path(waiting.value.path()).read_text("utf-8").splitlines()
    points = [p for one in kept(folder, "curves-pgd")["series"] for p in one["points"]]
    assert len(lines) == len(points) + 1
    assert str(points[0]["y"]) in lines[1]
    with page.expect_download() as waiting:
        chart.get_by_role("button", name="PNG").click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as waiting:
        chart.get_by_role("link", name="SVG").click()
    assert b"<svg" in Path(waiting.value.path()).read_bytes()


def test_instant_navigation_mounts_again(page: Page, address: str, folder: Path) -> None:
    """The theme navigates so only to pages of the sitemap, which is empty where the site does not know its address."""
    places = [file.parent.relative_to(folder).as_posix() for file in folder.rglob("index.html")]
    urls = "".join(f"<url><loc>{address}{'' if p == '.' else p + '/'}</loc></url>" for p in sorted(places))
    (folder / "sitemap.xml").write_text(f"<?xml version='1.0'?><urlset>{urls}</urlset>", "utf-8")
    page.goto(address + "report/attack-by-attack/")
    page.evaluate("window.stayed = true")
    opened(page, "curves-pgd")
    page.locator(".md-nav__link[href*='certification']").first.click()
    page.locator("h1", has_text="Certified robustness").wait_for()
    assert page.locator(".chart").count() == 0
    opened(page, "bracket")
    page.locator(".md-nav__link[href*='evaluation/clean']").first.click()
    page.locator("h1", has_text="Clean model").wait_for()
    page.locator("table.confusion[data-behind] button").first.wait_for()
    assert page.evaluate("window.stayed") is True, "the page was loaded anew"


def test_a_cell_opens_as_many_images_as_stated(page: Page, address: str) -> None:
    page.goto(address + "report/evaluation/clean/")
    many = example_gallery.CELLS.count((7, 7))
    table = page.locator("table.confusion[data-behind='clean-clean']")
    cell = table.locator("tr").nth(8).locator("td").nth(7)
    cell.hover()
    share = f"{100 * int(cell.inner_text()) / 100:.2f} %"
    assert page.locator(".explore-tip").inner_text() == f"Digit 7 read as 7: {cell.inner_text()} of 100, {share}"
    cell.locator("button").press("Enter")
    panel = page.locator(".behind").first
    panel.locator(".digit").first.wait_for()
    assert panel.locator(".digit").count() == many
    assert f"Shown: {many}, at most the first {example_gallery.LIMIT}" in panel.inner_text()
    assert panel.locator(".digit").first.get_attribute("aria-label") == "Test image 3, a 7 read as 7"
    panel.get_by_role("button", name="Close").click()
    expect(cell.locator("button")).to_be_focused()
    assert panel.locator(".digit").count() == 0


def test_the_matrix_of_an_attack_opens_attacked_images(page: Page, address: str) -> None:
    page.goto(address + "report/evaluation/clean/")
    table = page.locator("table.confusion[data-behind='clean-fgsm-0.3']")
    page.locator("details", has=table).locator("summary").click()
    cell = table.locator("tr").nth(8).locator("td").nth(7).locator("button")
    cell.click()
    panel = page.locator("details", has=table).locator(".behind")
    panel.locator(".digit").first.wait_for()
    assert panel.locator(".digit").count() == example_gallery.CELLS.count((7, 7))


def test_the_explorer_filters_shows_and_remembers(page: Page, address: str) -> None:
    page.goto(address + "report/explorer/")
    rows = page.locator("table.explorer tbody tr:visible")
    assert rows.count() == 10
    page.get_by_label("Model").select_option("clean")
    page.get_by_label("State").select_option("broken")
    assert rows.count() == 2
    page.locator(".pick").nth(1).click()
    card = page.locator(".fate-card")
    assert card.count() == 1
    assert "Broken at ε 0.1 by PGD." in card.inner_text()
    assert "read as 7" in card.inner_text()
    assert page.url.endswith("#model=clean&state=broken&image=101") or "image=101" in page.url
    page.reload()
    page.locator(".fate-card").wait_for()
    assert rows.count() == 2
    assert "Test image 101" in page.locator(".explorer-detail").inner_text()


def test_a_table_sorts_by_value_and_says_so(page: Page, address: str) -> None:
    page.goto(address + "report/explorer/")
    head = page.locator("table.explorer thead th").nth(2)
    page.locator(".pick").first.wait_for()
    states = []
    for way in ("ascending", "descending"):
        head.locator("button.sort").press("Enter")
        expect(head).to_have_attribute("aria-sort", way)
        states.append(page.locator("table.explorer tbody tr td:nth-child(3)").all_inner_texts())
    assert states[0] == ["read as 6", "0.1", "0.3", *["stands"] * 7]
    assert states[1][-1] == "read as 6"
    assert page.locator("table.explorer [aria-sort]").count() == 1


@pytest.mark.parametrize(("text", "value"), [
    ("1,234", 1234), ("98.5 % [97, 99]", 98.5), ("–", None), ("2 min 5 s", 120), ("1.5 ms", 0.0015), ("FGSM", "FGSM"),
    ("−0.5 points", -0.5), ("1.2.3", "1.2.3"),
])  # fmt: skip
def test_cells_are_read_as_values(page: Page, address: str, text: str, value: object) -> None:
    page.goto(address + "report/explorer/")
    read = "d = document.createElement('td'); d.textContent = t; return m.valueOf(d);"
    script = f"import('{SUB}javascripts/explore/tables.js').then(m => {{ const {read} }})"
    assert page.evaluate(f"t => {script}", text) == value


def test_a_long_table_is_filtered_by_words(page: Page, address: str) -> None:
    page.goto(address + "report/stride-appendix/")
    page.locator("html:not([data-arranging])").wait_for()
    page.evaluate("""() => { const t = document.querySelector('.md-typeset table');
        delete t.dataset.ready; t.querySelectorAll('button.sort').forEach(b => b.replaceWith(...b.childNodes));
        while (t.tBodies[0].rows.length < 12) t.tBodies[0].append(t.tBodies[0].rows[0].cloneNode(true)); }""")
    page.evaluate(f"import('{SUB}javascripts/explore/tables.js').then(m => m.scan())")
    field = page.get_by_label("Filter the rows of this table").first
    first = page.locator(".md-typeset table tbody tr").first.locator("td").nth(2).inner_text()
    field.fill(first)
    shown = page.locator(".md-typeset table").first.locator("tbody tr:visible")
    assert 0 < shown.count() < 12 or first in shown.first.inner_text()
    field.fill("no row says this")
    assert shown.count() == 0
    assert page.locator(".filter-said").first.inner_text().startswith("0 of")


def test_without_scripts_figures_and_tables_are_there(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport=DESK, java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "report/attacks/")
    assert page.locator("img[data-chart='matrix']").first.is_visible()
    assert page.locator(".chart-open").count() == 0
    page.goto(address + "report/explorer/")
    assert page.locator("table.explorer tbody tr").count() == 10
    context.close()


def test_in_print_the_still_figure_is_back(page: Page, address: str) -> None:
    page.goto(address + "report/attacks/")
    chart = opened(page, "matrix")
    page.emulate_media(media="print")
    assert not chart.is_visible()
    assert page.locator(".chart-host:has(img[data-chart='matrix'])").is_visible()


def test_at_320_pixels_nothing_scrolls_sideways(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport=NARROW)
    page = context.new_page()
    for path, name in (("report/attacks/", "matrix"), ("report/attack-by-attack/", "curves-pgd"), ("", "bracket")):
        page.goto(address + path)
        opened(page, name).locator(".chart-plot").press("ArrowRight")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], name
    page.goto(address + "report/explorer/")
    page.locator(".pick").nth(2).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.goto(address + "report/evaluation/clean/")
    page.locator("table.confusion[data-behind] tr").nth(8).locator("td").nth(7).locator("button").click()
    page.locator(".behind .digit").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    context.close()


@pytest.mark.parametrize("path", ["report/attack-by-attack/", "report/explorer/", "report/evaluation/clean/"])
def test_a_page_is_light_and_still_before_it_is_touched(browser: Browser, address: str, path: str) -> None:
    """Sizes are counted as a host sends them, compressed."""
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    sizes: list[int] = []
    page.on("response", lambda r: sizes.append(len(gzip.compress(r.body()))))
    page.add_init_script("""window.shift = 0; new PerformanceObserver((list) => { for (const e of list.getEntries())
        if (!e.hadRecentInput) window.shift += e.value; }).observe({ type: 'layout-shift', buffered: true });""")
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)
    assert sum(sizes) < LIMIT_BYTES
    assert page.evaluate("window.shift") < 0.1
    context.close()
