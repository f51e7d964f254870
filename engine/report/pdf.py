"""The built site as one PDF, its pages in the order of the menu: ``make pdf``, or ``python -m engine.report.pdf``.

The pages' articles are put into one file, with anchors of their own, and printed by Chromium with `docs/css/print.css`.
Scripts are left out, so what is interactive on the screen shows its picture.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess  # nosec B404 -- one call, a fixed program and arguments, no shell
import sys
import tempfile
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from posixpath import normpath
from urllib.parse import unquote, urlsplit

from engine.core.errors import UserError

SECONDS = 300
ARTICLE = re.compile(r'<article class="md-content__inner md-typeset">(.*?)</article>', re.S)
MENU = re.compile(r'<nav class="md-nav md-nav--primary".*?</nav>\s*</div>\s*</div>', re.S)
ENTRY = re.compile(r'<a href="([^"#]+)" class="md-nav__link')
REFERENCE = re.compile(r'\b(id|for|href|src)="([^"]*)"')
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-pdf-header-footer",
    "--generate-pdf-document-outline", "--run-all-compositor-stages-before-draw", "--virtual-time-budget=20000",
)  # fmt: skip


def order(site: Path) -> list[str]:
    """Return the pages' paths below ``site`` in the order of the menu, the home page first as ``""``."""
    home = (site / "index.html").read_text("utf-8")
    menu = MENU.search(home)
    found = [""] + [_inside("", unescape(href)) for href in ENTRY.findall(menu[0] if menu else home)]
    return [path for path in dict.fromkeys(found) if (site / path / "index.html").is_file()]


def _inside(page: str, href: str) -> str:
    path = normpath(f"{page}{unquote(urlsplit(href).path)}")
    return "" if path == "." else path.removesuffix("/index.html").rstrip("/") + "/"


def _part(path: str) -> str:
    return f"page-{path.strip('/').replace('/', '-') or 'home'}"


def article(site: Path, path: str, known: Sequence[str]) -> str:
    """Return one page's article; its links lead to other articles where those are ``known``, else to files."""
    text = (site / path / "index.html").read_text("utf-8")
    inner = ARTICLE.search(text)
    if inner is None:
        raise UserError(f"{path or 'index.html'} holds no article", "build the site again")

    def moved(found: re.Match[str]) -> str:
        name, value = found[1], unescape(found[2])
        target = urlsplit(value)
        if name in ("id", "for"):
            return f'{name}="{_part(path)}--{value}"'
        if target.scheme:
            return found[0]
        page = path if not target.path else _inside(path, value)
        if name == "href" and page in known:
            return f'href="#{_part(page)}{f"--{target.fragment}" if target.fragment else ""}"'
        if name == "href":  # a record: the reader of paper is told its name, not a path of this machine
            return f'data-file="{Path(target.path).name}"'
        file = (site / normpath(f"{path}{unquote(target.path)}")).resolve()
        return f'src="{file.as_uri()}{f"#{target.fragment}" if target.fragment else ""}"'

    body = REFERENCE.sub(moved, inner[1]).replace('loading="lazy"', "")
    body = re.sub(r"<script\b.*?</script>", "", body, flags=re.S).replace("<details", "<details open")
    return f'<section class="sheet-of-paper" id="{_part(path)}">{body}</section>'


def whole(site: Path) -> str:
    """Return the site as one HTML page, light and without scripts."""
    known = order(site)
    home = (site / "index.html").read_text("utf-8")
    sheets = re.findall(r'<link rel="stylesheet"(?: media="print")? href="([^":]+)">', home)
    sheets.sort(key=lambda sheet: sheet.endswith("print.css"))  # the last word
    styles = "".join(f'<link rel="stylesheet" href="{(site / sheet).resolve().as_uri()}">' for sheet in sheets)
    parts = "".join(article(site, path, known) for path in known)
    head = f'<meta charset="utf-8"><title>MNIST security report</title>{styles}'
    shell = '<div class="md-container"><main class="md-main"><article class="md-content__inner md-typeset">'
    start = f'<!doctype html><html lang="en"><head>{head}</head><body data-md-color-scheme="default" dir="ltr">{shell}'
    return f"{start}{parts}</article></main></div></body></html>"


def pdf(site: Path, target: Path) -> int:
    """Print the built ``site`` into ``target`` and return its bytes; `UserError` without a site or Chromium."""
    if not (site / "index.html").is_file():
        raise UserError(f"there is no site in {site}", "run `make report` first")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium or not shutil.which(chromium):
        raise UserError("no Chromium", "install it (Debian: apt-get install chromium) or set CHROMIUM to its path")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as place:
        page = Path(place) / "report.html"
        page.write_text(whole(site), "utf-8")
        command = [chromium, *FLAGS, f"--user-data-dir={place}/profile", f"--print-to-pdf={target.resolve()}"]
        try:
            subprocess.run(  # nosec B603 -- the browser that the user installed, constant arguments, no shell
                [*command, page.as_uri()], capture_output=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise UserError("Chromium did not finish printing", "try again with fewer programs running") from None
    if not target.is_file():
        raise UserError("Chromium printed nothing", f"try `{chromium} --headless --print-to-pdf` by hand")
    return target.stat().st_size


def main(arguments: Sequence[str]) -> int:
    """Print SITE into FILE, as the two arguments say."""
    site, target = (
        Path(arguments[0] if arguments else "site"),
        Path(arguments[1] if arguments[1:] else "build/report.pdf"),
    )
    try:
        size = pdf(site, target)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.code
    print(f"{target}: {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
