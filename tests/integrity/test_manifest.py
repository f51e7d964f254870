"""A manifest names every file that is not as it was built."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from engine.core.errors import UserError
from engine.integrity.__main__ import main
from engine.integrity.manifest import NAME, check, seal
from engine.integrity.sbom import packages, sbom


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    (tmp_path / "site/data").mkdir(parents=True)
    (tmp_path / "models").mkdir()
    for name in ("site/index.html", "site/data/evasion.json", "models/clean.json", "models/README.md"):
        (tmp_path / name).write_text(name)
    seal(tmp_path / "models", {}, ("*.json",))
    seal(tmp_path / "site/data", {})
    seal(tmp_path / "site", {"profile": "smoke"})
    return tmp_path


def said(root: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    code = main([str(root / "site"), "--root", str(root)])
    out, err = capsys.readouterr()
    return code, (out + err).splitlines()


def test_an_untouched_build_verifies(sealed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(sealed, capsys) == (0, ["every file is as it was built"])


@pytest.mark.parametrize("name", ["site/index.html", "site/data/evasion.json", "models/clean.json"])
def test_a_changed_file_is_named(sealed: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (sealed / name).write_text("other")
    code, lines = said(sealed, capsys)
    assert code == 1
    assert f"changed: {sealed / name}" in lines


def test_missing_and_added_files_are_named(sealed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (sealed / "site/index.html").unlink()
    (sealed / "site/evil.js").write_text("")
    code, lines = said(sealed, capsys)
    assert code == 1
    assert lines[:2] == [f"not listed: {sealed / 'site/evil.js'}", f"missing: {sealed / 'site/index.html'}"]


def test_files_outside_the_patterns_are_free(sealed: Path) -> None:
    (sealed / "models/README.md").write_text("other")
    assert list(check(sealed / "models")) == []


def test_the_same_folder_gives_the_same_bytes(sealed: Path) -> None:
    before = (sealed / "site" / NAME).read_bytes()
    seal(sealed / "site", {"profile": "smoke"})
    assert (sealed / "site" / NAME).read_bytes() == before


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2, "files": {}, "patterns": ["*"]}',
                                  '{"version": 1, "files": {"../x": ""}, "patterns": ["*"]}'])  # fmt: skip
def test_what_is_no_manifest_is_one_line(sealed: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (sealed / "site" / NAME).write_text(text)
    code, lines = said(sealed, capsys)
    assert code == 2
    assert len(lines) == 1
    assert f"{sealed / 'site' / NAME} is no manifest" in lines[0]


def test_no_manifest_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"run `python build.py` first"):
        list(check(tmp_path))


def test_the_bill_of_materials_follows_the_schema_and_names_torch() -> None:
    text = sbom("abc", "2026-01-02T03:04:05+00:00").decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    named = {row["name"]: row for row in json.loads(text)["components"]}
    assert named["torch"]["purl"].startswith("pkg:pypi/torch@2.")
    assert len(named) == len(list(packages())) > 50


def test_the_bill_of_materials_differs_only_by_its_time() -> None:
    first, second = (sbom("abc", f"2026-01-02T03:04:0{second}+00:00") for second in "56")
    assert first != second
    assert first == second.replace(b"03:04:06", b"03:04:05")
    assert sbom("abd", "2026-01-02T03:04:05+00:00") != first
