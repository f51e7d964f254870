"""How long the lab of a finished site takes to attack all of its models: ``make measure``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.measure]
MOST_MS, STEPS, TRIED, WAIT = 1500, 20, 10, 60_000
SMALL = 0.01  # no model falls at this ε, so each takes all of its steps
ANSWERED = """many => document.getElementById('lab').dataset.ms && !document.querySelector('.lab-model.busy')
    && [...document.querySelectorAll('.lab-digit')].filter(d => /[0-9]/.test(d.textContent)).length === many"""


def test_twenty_steps_on_every_model(page: Page, address: str, folder: Path) -> None:
    manifest = folder / "data/lab/manifest.json"
    held = json.loads(manifest.read_text("utf-8")) if manifest.is_file() else {"models": []}
    names = [entry["model"] for entry in held["models"]]
    if not names:
        pytest.skip("this site's lab has no models")
    for place in held["digits"]["places"][:TRIED]:
        page.goto(f"{address}report/lab/?image={place}&epsilon={SMALL}&models={'.'.join(names)}")
        page.locator("#lab[data-ready]").wait_for(timeout=WAIT)
        page.wait_for_function(ANSWERED, arg=len(names), timeout=WAIT)
        page.get_by_role("button", name="Attack", exact=True).click()
        page.wait_for_function(ANSWERED, arg=len(names), timeout=WAIT)
        notes = page.locator(".lab-model:has(.lab-bars) .lab-note").all_inner_texts()
        if sum(f"{STEPS} steps" in note for note in notes) == len(names):
            break
    else:
        pytest.fail(f"some model misreads each of the first {TRIED} images: {notes}")
    spent = int(page.locator("#lab").get_attribute("data-ms") or "0")
    print(f"PGD-{STEPS} of {len(names)} models: {spent} ms")
    assert 0 < spent <= MOST_MS
