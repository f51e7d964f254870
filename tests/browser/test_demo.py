"""The demo, drawn on with the mouse in a real browser, served by a real process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.core import cards
from engine.core.bundle import WEIGHTS
from tests.conftest import ROOT
from tests.serve.conftest import RECIPE, card
from tests.serve.test_models import free

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
    port = free()
    command = [sys.executable, "-m", "engine.serve", "--port", str(port), "--models", str(folder)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert f"http://127.0.0.1:{port}/" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}/"
        process.terminate()
        assert process.wait(30) == 0, "SIGTERM ends the demo cleanly"


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


def test_what_is_posted_is_not_believed(trained: dict) -> None:
    import gradio as gr
    import numpy as np

    from engine.networks import from_bytes
    from engine.serve.app import respond
    from engine.serve.models import Served

    served = {"clean": Served(card("clean", trained[WEIGHTS], {}), from_bytes("simplecnn", trained[WEIGHTS]))}
    assert respond(served, None, "clean", False, 0) is None
    assert respond(served, {"composite": None}, "clean", False, 0) is None
    for wrong in (np.zeros((5000, 5000), np.uint8), np.zeros((9, 9, 4), np.uint8)):
        with pytest.raises(gr.Error, match="not a drawing"):
            respond(served, {"composite": wrong}, "clean", False, 0)
    with pytest.raises(gr.Error, match="Unknown model"):
        respond(served, {"composite": np.zeros((280, 280), np.uint8)}, "../clean", False, 0)
    with pytest.raises(gr.Error, match="ε is in"):
        respond(served, {"composite": np.zeros((280, 280), np.uint8)}, "clean", False, 7)
