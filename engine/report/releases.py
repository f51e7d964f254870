"""Reports of earlier releases beside the new one: ``python -m engine.report.releases SITE``, in the Pages workflow.

A deployment replaces the whole of GitHub Pages. So each release keeps its site as an asset, and every deployment
unpacks all of them below ``releases/``, with a page that lists them.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess  # nosec B404 -- GitHub's own command line, fixed arguments, no shell
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from engine.core.errors import UserError

ASSET = "report.tar.gz"
FOLDER = "releases"
TAG = re.compile(r"v[0-9][0-9A-Za-z.+-]*")
SECONDS = 300
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Earlier reports</title>
<style>body {{ font: 18px/1.6 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }}</style>
</head>
<body>
<h1>Earlier reports</h1>
<p><a href="../">The newest report</a></p>
<ul>
{rows}
</ul>
</body>
</html>
"""


def put(site: Path, archives: Mapping[str, Path]) -> list[str]:
    """Unpack each release's site below ``site/releases`` and list them; return the tags, newest name first.

    A tag that is no version, and an archive that reaches outside its folder, raise `UserError`.
    """
    for tag, archive in archives.items():
        if not TAG.fullmatch(tag):
            raise UserError(f"{tag!r} is no release of ours", "name tags v1.0.0 and so on")
        place = site / FOLDER / tag
        place.mkdir(parents=True, exist_ok=True)
        try:
            with tarfile.open(archive) as packed:
                packed.extractall(place, filter="data")  # nosec B202 -- the filter refuses what leaves the folder
        except tarfile.TarError as error:
            raise UserError(f"the report kept at {tag} cannot be unpacked: {error}", "build that tag again") from None
        shutil.rmtree(place / FOLDER, ignore_errors=True)
    tags = sorted(archives, key=_order, reverse=True)
    if tags:
        (site / FOLDER / "index.html").write_text(PAGE.format(rows="\n".join(_rows(tags))), "utf-8")
    return tags


def _order(tag: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"[.+-]", tag[1:])]


def _rows(tags: Iterable[str]) -> list[str]:
    return [f'<li><a href="{escape(tag)}/">{escape(tag)}</a></li>' for tag in tags]


def _gh(*arguments: str) -> str:
    command = [shutil.which("gh") or "gh", *arguments]
    done = subprocess.run(  # nosec B603 -- a fixed program; a tag is checked against TAG before it gets here
        command, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    if done.returncode:
        raise UserError(f"GitHub's releases cannot be read: {done.stderr.strip()[-200:]}", "see GH_TOKEN and GH_REPO")
    return done.stdout


def kept(folder: Path) -> dict[str, Path]:
    """Fetch the report of every release that has one; return the archives by tag."""
    found = {}
    for row in json.loads(_gh("release", "list", "--limit", "1000", "--json", "tagName,isDraft")):
        tag = row["tagName"]
        if row["isDraft"] or not TAG.fullmatch(tag):
            continue
        assets = json.loads(_gh("release", "view", tag, "--json", "assets"))["assets"]
        if any(asset["name"] == ASSET for asset in assets):
            _gh("release", "download", tag, "--pattern", ASSET, "--dir", str(folder / tag))
            found[tag] = folder / tag / ASSET
    return found


def main(arguments: Sequence[str]) -> int:
    """Put all kept reports into the folder that is named, and the one of TAG from FILE if both are named too."""
    try:
        with tempfile.TemporaryDirectory() as place:
            archives = kept(Path(place))
            if arguments[1:]:
                archives[arguments[1]] = Path(arguments[2])
            tags = put(Path(arguments[0]), archives)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.code
    print(f"{len(tags)} earlier reports: {', '.join(tags)}" if tags else "no earlier report is kept")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
