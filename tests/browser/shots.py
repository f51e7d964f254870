"""Pictures of the built site: ``make shots``, or ``python -m tests.browser.shots --help``.

By default the pages that README shows, at the size of a desk and of a phone, in both themes, as far down
as a window shows. ``--all`` takes every page of the site at full length, to be looked at.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import FLAGS
from tests.browser.served import served
from tests.conftest import ROOT

PAGES = {"home": "", "matrix": "report/attacks/", "lab": "report/lab/", "sast": "report/sast/"}
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
MOST = 300_000  # bytes of a picture that is committed


def shoot(page: Page, target: Path, *, full: bool = False) -> int:
    """Write what the page shows as PNG, in 256 colours where it would be too large; return its bytes."""
    page.evaluate("document.querySelectorAll('img').forEach(i => { i.loading = 'eager' })")
    page.wait_for_load_state("networkidle")
    shot = page.screenshot(full_page=full)
    if len(shot) > MOST and not full:
        buffer = io.BytesIO()
        Image.open(io.BytesIO(shot)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
            buffer, "PNG", optimize=True
        )
        shot = buffer.getvalue()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(shot)
    return len(shot)


def pages(site: Path, *, every: bool) -> dict[str, str]:
    """Return names and addresses of the pages to take; those that this site lacks are left out."""
    if every:
        found = sorted(str(path.parent.relative_to(site)) for path in site.rglob("index.html"))
        return {("home" if p == "." else p.replace("/", "-")): ("" if p == "." else f"{p}/") for p in found}
    return {name: path for name, path in PAGES.items() if (site / path / "index.html").is_file()}


def shots(browser: Browser, site: Path, out: Path, *, every: bool, widths: list[int]) -> Iterator[str]:
    """Take the pictures; yield a line for each."""
    sizes = {str(width): (width, 900) for width in widths} if every else SIZES
    with served(site) as address:
        for size, (width, height) in sizes.items():
            for scheme in ("light", "dark"):
                context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
                page = context.new_page()
                for name, path in pages(site, every=every).items():
                    page.goto(address + path)
                    target = out / f"{name}-{size}-{scheme}.png"
                    yield f"{target}: {shoot(page, target, full=every) / 1000:.0f} kB"
                context.close()


def main() -> int:
    """Take the pictures that the command line asks for."""
    parser = argparse.ArgumentParser(description="Pictures of the built site.")
    parser.add_argument("--site", type=Path, default=ROOT / "site")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/assets")
    parser.add_argument("--all", action="store_true", help="every page at full length")
    parser.add_argument("--widths", type=int, nargs="+", default=[1280, 390, 320], help="with --all")
    chosen = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium or not (chosen.site / "index.html").is_file():
        missing = "no Chromium: install it or set CHROMIUM" if not chromium else f"no site in {chosen.site}: build it"
        print(f"error: {missing}", file=sys.stderr)
        return 2
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=chromium, args=FLAGS)
        for line in shots(browser, chosen.site, chosen.out, every=chosen.all, widths=chosen.widths):
            print(line, flush=True)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
