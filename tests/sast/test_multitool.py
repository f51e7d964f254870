"""The matcher against Microsoft's SARIF Multitool, which matches results by rules of its own."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import tarfile
from collections import Counter
from pathlib import Path

import pytest

from engine.core.records import Finding
from engine.sast.diff import diff
from engine.sast.sarif import baseline, sarif
from tests.conftest import ROOT
from tests.sast.helpers import finding

VERSION = "5.7.0"
PACKAGE = f"@microsoft/sarif-multitool-linux@{VERSION}"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("npm") is None or platform.system() != "Linux", reason="needs Linux, and npm to fetch the tool"
    ),
]
A, B = "pickle.load(a)", "pickle.load(b)"
CASES = {
    "nothing changed": ([finding(snippet=A)], [finding(snippet=A)]),
    "one fixed": ([finding(snippet=A), finding(snippet=B, line=5)], [finding(snippet=A)]),
    "one new": ([finding(snippet=A)], [finding(snippet=A), finding(snippet=B, line=5)]),
    "moved lines": ([finding(snippet=A, line=3)], [finding(snippet=A, line=30)]),
    "one fixed and one new of a rule": (
        [finding(snippet=A), finding(snippet=B, line=5, path="code/b.py")],
        [finding(snippet=A), finding(snippet="pickle.load(c)", line=9, path="code/c.py")],
    ),
    "renamed file": ([finding(snippet=A)], [finding(snippet=A, path="code/z.py")]),
    "a second copy": ([finding(snippet=A)], [finding(snippet=A), finding(snippet=A, line=9)]),
    "suppression added": ([finding(snippet=A)], [finding(snippet=A, justification="its own file, written above")]),
    "another rule at the same place": ([finding(snippet=A)], [finding(snippet=A, rule="B614")]),
}


@pytest.fixture(scope="module")
def multitool() -> Path:
    """The program, fetched once and kept in a folder that git ignores."""
    folder = ROOT / f"node_modules/multitool-{VERSION}"
    if not (folder / "package").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", PACKAGE]
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=240, check=False)
        if done.returncode:
            pytest.skip("npm cannot fetch the tool here")
        archive = next(folder.glob("*.tgz"))
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        archive.unlink()
    machine = "arm64" if platform.machine() == "aarch64" else "amd64"
    found = list((folder / "package").rglob("Sarif.Multitool"))
    program = next((path for path in found if path.parent.name == machine), found[0])
    program.chmod(0o755)
    return program


def log(tree: list[Finding]) -> dict:
    """A log of one tree as a scanner would write it: no baseline, and no fingerprint of ours to match by."""
    made = json.loads(json.dumps(sarif(diff([], tree))))
    for run in made["runs"]:
        run["invocations"] = [{"executionSuccessful": True}]
        for result in run["results"]:
            result.pop("baselineState", None)
            result.pop("partialFingerprints", None)
            result.pop("fingerprints", None)
    return made


def theirs(program: Path, before: list[Finding], after: list[Finding], folder: Path) -> Counter:
    for name, tree in (("before", before), ("after", after)):
        (folder / f"{name}.sarif").write_text(json.dumps(log(tree)))
    command = [program, "match-results-forward", "after.sarif", "-r", "before.sarif", "-o", "out.sarif"]
    environment = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    runs = json.loads((folder / "out.sarif").read_text("utf-8-sig"))["runs"]
    return Counter(matched(result.get("baselineState", "none")) for run in runs for result in run["results"])


def matched(state: str) -> str:
    """Whether a result that is in both trees counts as updated is told differently; that it is in both is not."""
    return "both" if state in ("unchanged", "updated") else state


@pytest.mark.parametrize("case", CASES)
def test_it_finds_what_the_multitool_finds(multitool: Path, tmp_path: Path, case: str) -> None:
    before, after = CASES[case]
    ours = Counter(matched(baseline(change)) for change in diff(before, after))
    assert theirs(multitool, before, after, tmp_path) == ours
