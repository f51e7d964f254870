"""The lab in a real browser, from a sub-path: drawing, attacking, sharing, on small models trained for the tests."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

import pytest
from playwright.sync_api import Browser, Page

from engine.core.bundle import WEIGHTS
from engine.core.profile import load
from engine.lab.export import Lab
from engine.report import site
from tests.browser.served import SUB, Quiet
from tests.browser.watch import PHONE
from tests.report import example
from tests.test_build import copy

pytestmark = pytest.mark.browser
BADNETS = {"poison": "badnets", "target": 7, "trigger_size": 3, "trigger_row": 25, "trigger_column": 25}
TITLES = {"clean": "Clean", "backdoored": "Backdoored", "certified": "Certified"}
WAIT = 60_000
HURRY = """() => {
    // Thirty changes at once, while a timer notes the longest time that it had to wait.
    let last = performance.now();
    window.longest = 0;
    setInterval(() => {
        const now = performance.now();
        window.longest = Math.max(window.longest, now - last);
        last = now;
    }, 10);
    const slider = document.querySelector('.lab-epsilon');
    for (let k = 1; k <= 30; k++) {
        slider.value = k / 100;
        slider.dispatchEvent(new Event('input', { bubbles: true }));
    }
}"""


class Noting(Quiet):
    """Keeps which files were asked for, and their sizes: a worker's requests are not the page's to Playwright."""

    sent: ClassVar[dict[str, int]] = {}

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path.partition("?")[0]))
        path = path / "index.html" if path.is_dir() else path
        self.sent[path.name] = path.stat().st_size if path.is_file() else 0
        super().do_GET()


class Held:
    """A store that holds the same weights under the names of several jobs."""

    def __init__(self, weights: dict[str, bytes]) -> None:
        self.weights = weights

    def read(self, key: str, _only: tuple[str, ...]) -> dict[str, bytes]:
        return {WEIGHTS: self.weights[key]}


@pytest.fixture(scope="module")
def ramped(blob: bytes) -> bytes:
    """A network on which something can be proved, trained for seconds."""
    from dataclasses import asdict

    from engine.blue.training.train import train
    from tests.conftest import context

    settings = {**asdict(load("smoke").interval), "epochs": 4, "batch": 50, "epsilon": 0.1, "low": 0.3, "high": 0.7}
    spec = {
        "model": "certified", "seed": 0, "network": "ramped", "recipe": "interval", "settings": settings,
        "recipe_run": "engine.blue.training.interval:train_on_bounds", "train_images": 1500,
        "validation_images": 100, "poison": "",
    }  # fmt: skip
    return train(context(blob, spec))[WEIGHTS]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, digits: object, trained: dict, ramped: bytes) -> Iterator[str]:
    """The example's site with a lab of real weights; the hardened model is not trained yet."""
    place = copy(tmp_path_factory.mktemp("lab"), Path())
    held = {"clean": trained[WEIGHTS], "backdoored": trained[WEIGHTS], "certified": ramped}
    rows = [run(model, weights) for model, weights in held.items()]
    lab = Lab(digits, Held({row.provenance.job: held[row.model] for row in rows}), TITLES, place.root / "kept")
    small, files = lab.made(rows, example.build())
    records = example.records() | {"training": (*rows, example.training("hardened")), "lab": small}
    site.write(example.rendered(example.view(records), extra=example.FILES | files), place.root / "docs")
    folder = site.build_site(place.root)
    handler = functools.partial(Noting, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}{SUB}"
        server.shutdown()
        thread.join()


def run(model: str, weights: bytes):
    row = example.training(model)
    recipe = {**row.recipe, **(BADNETS | {"trigger_level": 85} if model == "backdoored" else {})}
    digest = sha256(weights).hexdigest()
    return replace(
        row, weights_sha256=digest, recipe=recipe, provenance=replace(row.provenance, job=f"{model} {digest}")
    )


def opened(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("#lab[data-ready]").wait_for(timeout=WAIT)


def settled(page: Page, models: int = 3) -> None:
    """Wait until every model has answered what was asked last."""
    many = "[...document.querySelectorAll('.lab-model .lab-digit')].filter(d => /[0-9]/.test(d.textContent)).length"
    ready = f"{many} >= {models} && document.getElementById('lab').dataset.ms && !document.querySelector('.busy')"
    page.wait_for_function(ready, timeout=WAIT)


def answer(page: Page, model: str) -> str:
    return page.locator(f"[data-model={model}] .lab-digit").inner_text()


def draw_one(page: Page) -> None:
    """An upright stroke in the middle."""
    box = page.locator(".lab-pad").bounding_box()
    assert box
    middle = box["x"] + box["width"] / 2
    page.mouse.move(middle, box["y"] + 0.2 * box["height"])
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(middle, box["y"] + (0.2 + 0.075 * step) * box["height"])
    page.mouse.up()


def test_draw_attack_and_see_a_model_fall(page: Page, address: str) -> None:
    opened(page, address + "report/lab/")
    draw_one(page)
    page.locator(".lab-label").select_option("1")
    settled(page)
    assert answer(page, "clean") == "1"
    page.locator(".lab-epsilon").fill("0.3")
    page.get_by_role("button", name="Attack", exact=True).click()
    page.locator("[data-model=clean][data-outcome=fell]").wait_for(timeout=WAIT)
    settled(page)
    assert answer(page, "clean") != "1"
    assert "Clean" in page.locator(".lab-verdict").inner_text()
    assert "fell" in page.locator(".lab-verdict").inner_text()
    page.get_by_role("button", name="Take the attack back").click()
    page.locator("[data-model=clean][data-outcome='']").wait_for(timeout=WAIT)
    assert answer(page, "clean") == "1"


def test_a_link_restores_drawing_and_attack(page: Page, address: str) -> None:
    opened(page, address + "report/lab/")
    draw_one(page)
    page.locator(".lab-epsilon").fill("0.25")
    page.locator(".lab-stamp").check()
    page.get_by_role("button", name="Attack", exact=True).click()
    page.wait_for_url("**epsilon=0.25**", timeout=WAIT)
    page.wait_for_url("**on=1**")
    settled(page)
    before = [answer(page, model) for model in TITLES], picture(page)
    opened(page, page.url)
    settled(page)
    page.locator("[data-model=backdoored] .lab-note", has_text="step").wait_for(timeout=WAIT)
    settled(page)
    assert ([answer(page, model) for model in TITLES], picture(page)) == before
    assert page.locator(".lab-stamp").is_checked()
    assert page.locator(".lab-epsilon-shown").inner_text() == "0.25"


def picture(page: Page) -> str:
    return page.evaluate("document.querySelector('.lab-seen').toDataURL()")


def test_the_keyboard_alone_picks_and_attacks(page: Page, address: str) -> None:
    opened(page, address + "report/lab/")
    settled(page, 1)
    page.locator(".lab-pick[tabindex='0']").focus()
    page.keyboard.press("Home")  # not ours, and must do no harm
    page.keyboard.press("ArrowRight")
    chosen = page.locator(".lab-pick[aria-checked=true]")
    assert chosen.count() == 1
    assert chosen.evaluate("e => e === document.activeElement")
    label = page.locator(".lab-label").input_value()
    assert f"A {label}," in (chosen.get_attribute("aria-label") or "")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.lab-go')"):
            break
    page.keyboard.press("Enter")
    settled(page)
    assert page.locator(".lab-go").get_attribute("aria-pressed") == "true"


def test_the_certified_model_says_what_is_proved(page: Page, address: str) -> None:
    opened(page, address + "report/lab/")
    page.locator(".lab-pick").first.click()
    page.locator("[data-model=certified] .lab-note", has_text="roved").wait_for(timeout=WAIT)
    assert page.locator("[data-model=clean] .lab-note", has_text="roved").count() == 0


def test_a_model_that_is_not_trained_is_named(page: Page, address: str) -> None:
    opened(page, address + "report/lab/")
    assert page.locator("[data-model=hardened] .lab-missing").is_visible()
    settled(page, 1)


def test_models_come_in_turn_and_the_first_ones_are_small(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    Noting.sent.clear()
    opened(page, address + "report/lab/")
    settled(page, 1)
    page.wait_for_load_state("networkidle")
    models = {f"{model}.bin" for model in TITLES}
    assert models & set(Noting.sent) == {"clean.bin"}, "two that hardly shrink are too much"
    assert 1e6 < sum(Noting.sent.values()) < 2.5e6
    page.locator(".lab-pick").first.click()
    settled(page)
    assert models <= set(Noting.sent)
    context.close()


def test_a_newer_question_ends_an_older_one_and_the_page_stays_free(page: Page, address: str) -> None:
    opened(page, address + "report/lab/")
    page.locator(".lab-pick").first.click()
    settled(page)
    page.get_by_role("button", name="Attack", exact=True).click()
    page.evaluate(HURRY)
    settled(page)
    assert page.locator(".lab-epsilon-shown").inner_text() == "0.30"
    assert "±0.30" in page.locator("[data-model=clean] .lab-change-about").inner_text()
    assert page.evaluate("window.longest") < 500, "the page's own thread was held up"


def test_it_comes_and_goes_with_instant_navigation(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(".md-nav__link[href*='report/lab']").first.click()
    page.locator("#lab[data-ready]").wait_for(timeout=WAIT)
    settled(page, 1)
    page.locator(".md-nav__link[href*='overview']").first.click()
    page.locator("h1", has_text="verview").wait_for(timeout=WAIT)
    assert page.locator("#lab").count() == 0
    page.go_back()
    page.locator("#lab[data-ready]").wait_for(timeout=WAIT)
    settled(page, 1)


def test_without_script_a_sentence_says_so(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "report/lab/")
    assert "needs JavaScript" in page.locator("main").inner_text()
    assert not page.locator("#lab").is_visible()
    context.close()


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_width_scrolls_sideways(browser: Browser, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = context.new_page()
    opened(page, address + "report/lab/")
    settled(page, 1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
