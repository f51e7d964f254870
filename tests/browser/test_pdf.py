"""The site on paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.core.errors import UserError
from engine.report import pdf
from tests.conftest import ROOT

pytestmark = pytest.mark.browser


def test_pages_come_in_the_order_of_the_menu(folder: Path) -> None:
    menu = re.findall(r"(\w[\w/-]*)\.md", (ROOT / "mkdocs.yml").read_text("utf-8").split("nav:")[-1])
    found = pdf.order(folder)
    wanted = ["" if name == "index" else f"{name}/" for name in menu]
    assert found == [path for path in wanted if (folder / path / "index.html").is_file()]
    assert len(found) > 14


def test_links_stay_inside_and_nothing_folds(folder: Path) -> None:
    text = pdf.whole(folder)
    ids = set(re.findall(r'\bid="([^"]+)"', text))
    inside = set(re.findall(r'href="#([^"]+)"', text))
    assert len(inside) > 40
    assert inside <= ids
    assert "<script" not in text
    assert not re.search(r"<details(?! open)", text)
    assert not re.search(r'href="(?!#|https?:|mailto:|file:)', text)
    for source in re.findall(r'src="file://([^"#]+)', text):
        assert Path(source).is_file(), source


def test_what_is_missing_is_said_in_one_line(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="no site"):
        pdf.pdf(tmp_path, tmp_path / "a.pdf")
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "none"))
    with pytest.raises(UserError, match="no Chromium"):
        pdf.pdf(folder, tmp_path / "a.pdf")


@pytest.mark.measure
def test_chromium_prints_every_page(folder: Path, tmp_path: Path) -> None:
    size = pdf.pdf(folder, tmp_path / "build/report.pdf")
    content = (tmp_path / "build/report.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert size == len(content)
    assert len(re.findall(rb"/Type\s*/Page\b", content)) >= len(pdf.order(folder))
    assert b"/Outlines" in content
