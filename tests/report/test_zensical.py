"""Zensical, which is to follow Material, builds the site from the same mkdocs.yml: ``make measure``."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine.report import site
from tests.conftest import ROOT
from tests.report import example
from tests.test_build import copy

pytestmark = pytest.mark.measure
VERSION = "0.0.45"  # later ones need a package of their own for the interface
PLACE = ROOT / f"node_modules/zensical-{VERSION}"  # an environment of its own, among the other fetched tools


@pytest.fixture(scope="module")
def zensical() -> Path:
    tool = PLACE / "bin/zensical"
    if not tool.exists():
        subprocess.run([sys.executable, "-m", "venv", str(PLACE)], check=True, capture_output=True, timeout=120)
        command = [str(PLACE / "bin/python"), "-m", "pip", "install", "--quiet", f"zensical=={VERSION}"]
        if subprocess.run(command, capture_output=True, timeout=240, check=False).returncode:
            pytest.skip("pip cannot fetch Zensical here")
    return tool


def test_it_builds_the_same_pages(zensical: Path, tmp_path: Path) -> None:
    place = copy(tmp_path, Path()).root
    site.write(site.render(example.view(), extra=example.FILES), place / "docs")
    ours = site.build_site(place).rename(place / "ours")
    done = subprocess.run(
        [str(zensical), "build", "--clean"], cwd=place, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-800:]
    theirs = place / "site"
    pages = {str(path.relative_to(ours)) for path in ours.rglob("*.html")}
    assert pages <= {str(path.relative_to(theirs)) for path in theirs.rglob("*.html")}
    for name in sorted(pages):
        first, second = ((side / name).read_text("utf-8") for side in (ours, theirs))
        assert figures(first) == figures(second), name
        assert "css/report.css" in second, name


def figures(page: str) -> list[str]:
    """Every figure that a page shows in a table or card, in order."""
    return re.findall(r'<(?:span class="figure"|b)>([^<]*)<', page)
