"""Earlier reports beside the new one."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from engine.core.errors import UserError
from engine.report import releases


def archive(path: Path, files: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as packed:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            packed.addfile(entry, io.BytesIO(content))
    return path


def test_each_is_put_in_its_folder_and_listed(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "report").mkdir(parents=True)
    (site / "index.html").write_text("new")
    kept = {tag: archive(tmp_path / tag / "a.tar.gz", {"index.html": tag.encode(), "releases/v0.1.0/a": b"-"})
            for tag in ("v1.2.0", "v1.10.0", "v0.9.0")}  # fmt: skip
    assert releases.put(site, kept) == ["v1.10.0", "v1.2.0", "v0.9.0"]
    assert (site / "releases/v1.2.0/index.html").read_text() == "v1.2.0"
    assert not (site / "releases/v1.2.0/releases").exists()
    assert (site / "index.html").read_text() == "new"
    page = (site / "releases/index.html").read_text()
    assert page.index("v1.10.0/") < page.index("v1.2.0/") < page.index("v0.9.0/")


def test_nothing_kept_writes_nothing(tmp_path: Path) -> None:
    assert releases.put(tmp_path, {}) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("tag", ["../v1", "v1/..", "latest", "v", "v1 2"])
def test_a_tag_that_is_no_version_is_refused(tmp_path: Path, tag: str) -> None:
    with pytest.raises(UserError, match="no release"):
        releases.put(tmp_path, {tag: archive(tmp_path / "a.tar.gz", {})})


def test_an_archive_cannot_leave_its_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be unpacked"):
        releases.put(tmp_path / "site", {"v1.0.0": archive(tmp_path / "a.tar.gz", {"../../evil": b"x"})})
    assert not list(tmp_path.rglob("evil"))


def test_only_releases_with_a_report_are_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def gh(*arguments: str) -> str:
        asked.append(arguments)
        if arguments[1] == "list":
            names = (("v1.0.0", False), ("v2.0.0", True), ("nightly", False), ("v3.0.0", False))
            return json.dumps([{"tagName": tag, "isDraft": draft} for tag, draft in names])
        if arguments[1] == "view":
            return json.dumps({"assets": [{"name": releases.ASSET}] if arguments[2] == "v3.0.0" else []})
        return ""

    monkeypatch.setattr(releases, "_gh", gh)
    assert releases.kept(tmp_path) == {"v3.0.0": tmp_path / "v3.0.0" / releases.ASSET}
    assert [a[2] for a in asked if a[1] == "download"] == ["v3.0.0"]
