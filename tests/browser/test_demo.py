"""The demo, drawn on with the mouse in a real browser, served by a real process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.core import cards
from engine.core.bundle import WEIGHTS
from tests.serve.conftest import RECIPE, card
from tests.serve.live import running

pytestmark = pytest.mark.browser
ONE = [(0.5, 0.15), (0.5, 0.4), (0.49, 0.6), (0.48, 0.85)]
SECONDS = 60_000


@pytest.fixture(scope="module")
def address(trained: dict, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running demo with a clean and a backdoored card."""
    folder: Path = tmp_path_factory.mktemp("models")
    weights = trained[WEIGHTS]
    cards.write(folder, card("clean", weights, {"recipe": "standard"}), weights)
    cards.write(folder, card("backdoored", weights, RECIPE), weights)
    with running(folder, tmp_path_factory.mktemp("state")) as live:
        yield f"http://127.0.0.1:{live.port}/"


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1100, "height": 850})
    opened = context.new_page()
    opened.set_default_timeout(SECONDS)
    opened.goto(address)
    opened.wait_for_selector("#pad canvas")
    yield opened
    context.close()


def draw(page: Page, points: list[tuple[float, float]]) -> None:
    page.locator('#pad button[aria-label="Brush"]').click()
    box = page.locator("#pad canvas").first.bounding_box()
    assert box

    def at(x: float, y: float) -> tuple[float, float]:
        return box["x"] + box["width"] * x, box["y"] + box["height"] * y

    page.mouse.move(*at(*points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*at(*point), steps=8)
    page.mouse.up()


def test_a_drawn_one_is_read_and_every_request_stays_here(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(SECONDS)
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(address)
    page.wait_for_selector("#pad canvas")
    expect(page.locator("#answer")).to_contain_text("Draw a digit")
    draw(page, ONE)
    expect(page.locator("#answer b")).to_have_text("1", timeout=SECONDS)
    expect(page.locator("#seen img")).to_be_visible()
    expect(page.locator("#scores")).to_have_count(0)
    outside = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert (outside, errors) == ([], [])
    context.close()


def test_attacks_change_the_image_and_are_said_in_words(page: Page) -> None:
    draw(page, ONE)
    expect(page.locator("#answer b")).to_have_text("1", timeout=SECONDS)
    expect(page.locator("#answer")).to_contain_text("No attack is on")
    before = page.locator("#seen img").get_attribute("src")
    page.locator("#stamp input").check()
    expect(page.locator("#answer")).to_contain_text("attack", timeout=SECONDS)
    expect(page.locator("#seen img")).not_to_have_attribute("src", before or "", timeout=SECONDS)
    page.locator("#epsilon input[type=number]").fill("0.4")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text(re.compile("attack works|changes nothing"), timeout=SECONDS)


def test_choosing_a_model_shows_its_card(page: Page) -> None:
    page.get_by_label("Backdoored").check()
    expect(page.locator("#about")).to_contain_text("Backdoored model, profile smoke", timeout=SECONDS)


def test_on_a_phone_nothing_scrolls_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_drawing_by_touch(browser: Browser, address: str) -> None:
    context = browser.new_context(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(SECONDS)
    page.goto(address)
    page.wait_for_selector("#pad canvas")
    page.locator('#pad button[aria-label="Brush"]').tap()
    box = page.locator("#pad canvas").first.bounding_box()
    assert box
    finger = context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        there = [{"x": box["x"] + box["width"] * x, "y": box["y"] + box["height"] * y} for x, y in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": there})

    touch("touchStart", (0.5, 0.15))
    for step in range(1, 15):
        touch("touchMove", (0.5, 0.15 + 0.05 * step))
    touch("touchEnd")
    expect(page.locator("#answer b")).to_have_text("1", timeout=SECONDS)
    context.close()


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Another origin on this machine, as browsers keep outside pages from framing local ones by themselves."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<p>another page")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_another_page_cannot_frame_it_nor_post_to_it(browser: Browser, address: str, elsewhere: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(SECONDS)
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.goto(elsewhere)
    page.evaluate("url => document.body.insertAdjacentHTML('beforeend', `<iframe src='${url}'>`)", address)
    page.wait_for_timeout(2000)
    assert all(frame.locator("#pad").count() == 0 for frame in page.frames)
    assert any("frame-ancestors" in line for line in heard), heard
    sent = "url => fetch(url, {method: 'POST', body: '{}'}).then(() => 'read', () => 'blocked')"
    assert page.evaluate(sent, address + "gradio_api/queue/join") == "blocked"
    context.close()


def test_injected_script_does_not_run(page: Page) -> None:
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hit=1\">')")
    page.evaluate("const s = document.createElement('script'); s.textContent = 'window.hit=2'; document.body.append(s)")
    page.wait_for_timeout(500)
    assert page.evaluate("window.hit") is None
