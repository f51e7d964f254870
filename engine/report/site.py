"""Pages as text, then the one function that writes, then MkDocs."""

from __future__ import annotations

import os
import re
import subprocess  # nosec B404 -- every call below passes a fixed list of arguments and no shell
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.core.errors import UserError
from engine.report import cells, compare, explore, glossary, outcomes, sources, words
from engine.report.figures import Shelf
from engine.report.pages import Page, pages
from engine.report.publish import downloads
from engine.report.sized import sized
from engine.report.view import View

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
GENERATED = ("index.md", "report", "data")  # below docs; nothing else there is touched
FOLDER = "site"  # as mkdocs.yml names it
VARIABLES = ("SITE_URL",)  # what mkdocs.yml reads from the environment
MKDOCS_SECONDS = 300
ACTIVE = re.compile(r"[&<>\"'\\`*_{}\[\]|#~$]")  # what HTML or Markdown would act on


def render(view: View, *, cache: Path | None = None, extra: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    """Return every generated file by its path below ``docs``.

    ``cache`` is a folder where drawn figures are kept; ``extra`` are files made elsewhere.
    """
    shelf = Shelf(cache)
    environment = _environment(view)
    environment.globals["explore"] = explore.Hooks(view, shelf)
    texts = {page.path: _text(environment, page) for page in pages(view, shelf)}
    files = {path: sized(text, path, {**shelf.files, **(extra or {})}).encode() for path, text in texts.items()}
    return {**files, **shelf.files, **downloads(view.records), **released(view), **(extra or {})}


def released(view: View) -> dict[str, bytes]:
    """Return the downloads beside the families: a file a job, outcomes by image, the comparison, data of charts."""
    return {
        **dict(sources.files(view)), **outcomes.files(view), **dict(compare.files(view)), **explore.files(view),
    }  # fmt: skip


def _environment(view: View) -> Environment:
    environment = Environment(  # nosec B701 -- writes Markdown; text from outside goes through the filters text and code
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "percent": words.percent,
        "count": words.count,
        "many": words.many,
        "seconds": words.seconds,
        "ms": words.milliseconds,
        "at_sizes": words.at_sizes,
        "names": words.names,
        "points": words.points,
        "settings": words.settings,
        "size": words.size,
        "text": plain,
        "words": _escaped,
        "code": code,
    }
    environment.globals |= {"trust_of": partial(sources.trust_of, view), "slug": sources.slug}
    environment.globals |= {"build": view.build, "view": view, "interval": words.interval, "cells": cells}
    return environment


def _text(environment: Environment, page: Page) -> str:
    up = "../" * page.path.count("/")
    top = up + "../" * (page.path != "index.md")  # to the site's root, for links that MkDocs does not rewrite
    text = environment.get_template(page.template).render(page=page, up=up, top=top, **page.values)
    return glossary.explained(re.sub(r"\n{3,}", "\n\n", text).strip() + "\n")


def plain(value: Any) -> str:
    """Return text from outside so that neither HTML nor Markdown in it takes effect, on one line."""
    return _escaped(" ".join(str(value).split()))


def code(value: str) -> str:
    """Return source code as an HTML block that Markdown leaves alone."""
    lines = [plain_line.rstrip() for plain_line in str(value).expandtabs(4).splitlines() if plain_line.strip()]
    indent = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    body = "&#10;".join(_escaped(line[indent:]) for line in lines)
    return f"<pre><code>{body}</code></pre>"


def _escaped(line: str) -> str:
    return ACTIVE.sub(lambda found: f"&#{ord(found[0])};", line)


def write(files: Mapping[str, bytes], docs: Path) -> list[str]:
    """Write what has changed below ``docs`` and remove generated files that are gone; return both.

    `UserError` when the disk is full. Each file is replaced by rename, so a reader never sees half of one.
    """
    touched = []
    try:
        for name, content in files.items():
            target = docs / name
            if target.is_file() and target.read_bytes() == content:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{target.name}.part")
            part.write_bytes(content)
            part.replace(target)
            touched.append(name)
        for old in [path for top in GENERATED for path in (docs / top).rglob("*") if path.is_file()]:
            name = old.relative_to(docs).as_posix()
            if name not in files:
                old.unlink()
                touched.append(name)
    except OSError as error:
        raise UserError(
            f"cannot write the pages below {docs}: {error.strerror}", "free some space and run again"
        ) from None
    return touched


def build_site(root: Path) -> Path:
    """Run MkDocs in strict mode and return the folder ``site``; `UserError` carries its own words."""
    variables = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    try:
        done = subprocess.run(  # nosec B603 -- this interpreter, constant arguments, no shell
            command,
            cwd=root,
            env=variables,
            capture_output=True,
            text=True,
            timeout=MKDOCS_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UserError("MkDocs did not finish", "run `mkdocs build --strict` to see where it stops") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise UserError(f"MkDocs failed: {' / '.join(said[-4:])}", "run `mkdocs build --strict` to see all of it")
    return root / FOLDER


def environment() -> dict[str, str | None]:
    """Return what the site depends on outside the project: the variables that mkdocs.yml reads."""
    return {name: os.environ.get(name) for name in VARIABLES}
