"""Lighthouse on three pages of the built site: ``make measure``."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.browser.conftest import chromium
from tests.browser.npm import installed

pytestmark = [pytest.mark.browser, pytest.mark.measure]
VERSION = "12.8.2"  # the last that runs on Node 20
LEAST = 0.95
PAGES = ("", "report/attacks/", "report/lab/")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")


@pytest.mark.parametrize("path", PAGES)
def test_every_score_is_high(path: str, folder: Path, address: str, tmp_path: Path) -> None:
    if not (folder / path / "index.html").is_file():
        pytest.skip("this site has no such page")
    tool = installed("lighthouse", VERSION)
    if tool is None:
        pytest.skip("needs npm, to fetch Lighthouse")
    flags = "--headless=new --no-sandbox --disable-gpu --disable-background-networking"
    command = [str(tool), address + path, "--quiet", "--output=json", f"--output-path={tmp_path}/said.json",
               f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={flags}"]  # fmt: skip
    done = subprocess.run(
        command, env={**os.environ, "CHROME_PATH": chromium()}, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-800:]
    said = json.loads((tmp_path / "said.json").read_text("utf-8"))
    scores = {name: said["categories"][name]["score"] for name in CATEGORIES}
    print(path or "home", scores)
    low = [f"{k}: {a['title']}" for k, a in said["audits"].items() if a.get("score") is not None and a["score"] < 0.9]
    assert min(scores.values()) >= LEAST, (scores, low)
