"""The GitHub workflows against GitHub's own schema, and against what they must promise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def test_there_is_one_for_tests_and_one_for_pages() -> None:
    assert [path.name for path in WORKFLOWS] == ["pages.yml", "tests.yml"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_the_schema_accepts_it(path: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_rights_are_the_least_needed(path: Path) -> None:
    flow = yaml.safe_load(path.read_text("utf-8"))
    assert flow["permissions"] == {"contents": "read"}
    for name, job in flow["jobs"].items():
        assert job["timeout-minutes"] <= 180
        if name != "publish":
            assert "permissions" not in job


def test_they_run_the_readmes_commands() -> None:
    tests, pages = ((ROOT / f".github/workflows/{name}.yml").read_text("utf-8") for name in ("tests", "pages"))
    assert "run: make check" in tests
    assert "run: make report" in pages
    assert "engine.report.releases" in pages
    assert "make test" in (ROOT / ".ci/run").read_text("utf-8")


def test_a_report_is_published_only_after_its_gates(tmp_path: Path) -> None:
    steps = yaml.safe_load((ROOT / ".github/workflows/pages.yml").read_text("utf-8"))["jobs"]["build"]["steps"]
    named = [step.get("run", step.get("uses", "")) for step in steps]
    report = next(k for k, run in enumerate(named) if run.startswith("make report"))
    upload = next(k for k, run in enumerate(named) if "upload-pages-artifact" in run)
    assert "GATES" in named[report]
    assert report < upload
    assert "continue-on-error" not in str(steps)
    out = tmp_path / "out"
    for owner, name, url in (
        ("Ann", "thing", "https://ann.github.io/thing/"),
        ("ann", "Ann.github.io", "https://ann.github.io/"),
    ):
        known = {"OWNER": owner, "NAME": name, "PATH": "/usr/bin:/bin", "https_proxy": "http://127.0.0.1:9"}
        subprocess.run(
            ["bash", str(ROOT / ".ci/where"), str(out)], cwd=ROOT, env=known, check=True, capture_output=True
        )
        assert out.read_text("utf-8").endswith(f"url={url}\ngates=--gate\n")


@pytest.mark.parametrize(
    ("compare", "gates"), [("true", "--gate --compare https://ann.github.io/thing/"), ("false", "--gate")]
)
def test_the_published_report_is_compared_with_unless_told_not_to(tmp_path: Path, compare: str, gates: str) -> None:
    curl = tmp_path / "curl"
    curl.write_text("#!/bin/sh\nexit 0\n")  # the published report answers
    curl.chmod(0o755)
    known = {"OWNER": "Ann", "NAME": "thing", "COMPARE": compare, "PATH": f"{tmp_path}:/usr/bin:/bin"}
    subprocess.run(["bash", str(ROOT / ".ci/where"), str(tmp_path / "out")], cwd=ROOT, env=known, check=True)
    assert (tmp_path / "out").read_text("utf-8").splitlines()[-1] == f"gates={gates}"
