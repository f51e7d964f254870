"""Runs the tests that controls name, and keeps what became of them for as long as it holds.

Outcomes are kept in the store, an entry a test file. Its key covers the tests named, the test code and
the engine code that it reaches, the project's settings files and the versions of Python and of packages.
"""

from __future__ import annotations

import ast
import json
import os
import platform
import re
import subprocess  # nosec B404 -- the one call below passes a list of arguments and no shell
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from engine.core import bundle, machine
from engine.core.code import closure
from engine.core.store import Store
from engine.threats.plugin import OPTION

SECONDS = 600  # a quiet machine needs a small part of it
SETTINGS = ("engine/**/*.toml", "engine/**/*.yaml", "engine/sast/before/*.py", "engine/sast/rules/*.py",
            ".github/workflows/*", "pyproject.toml", "requirements*.txt", "build.py")  # fmt: skip
TREE = re.compile(r"""["']engine["'/]""")  # a test that names the folder may read all of it
MODULE = re.compile(r"\b(?:engine|tests)(?:\.\w+)+")


@dataclass(frozen=True)
class Outcome:
    """What became of a test: ``value`` is what was seen, ``said`` why it does not count."""

    state: Literal["found", "failed", "missing", "stale"]
    value: str = ""
    said: str = ""
    when: str = ""


class Suite:
    """The tests named by controls, below the project's folder ``root``. ``outcomes`` is empty until they have run."""

    def __init__(self, root: Path, store: Store) -> None:
        self.root, self.store = root, store
        self.outcomes: dict[str, Outcome] = {}
        self.process: subprocess.Popen[bytes] | None = None
        self.stopped = False

    def run(self, tests: Iterable[str], seconds: float = SECONDS) -> dict[str, Outcome]:
        """Return each test's outcome. Those whose code is unchanged since they passed are not run again.

        A test is an id without parameters; all of its cases must pass. Where a test did not run, its outcome
        is ``stale`` when an older one is known and ``missing`` otherwise.
        """
        files: dict[str, list[str]] = {}
        for test in sorted(set(tests)):
            files.setdefault(test.partition("::")[0], []).append(test)
        keys = {file: self._key(file, names) for file, names in files.items() if (self.root / file).is_file()}
        known = {file: self._kept(key) for file, key in keys.items()}
        due = {file: self._defined(file, files[file]) for file in keys if not known[file]}
        lines, why = self._pytest([test for names in due.values() for test in names], seconds)
        found: dict[str, Outcome] = {}
        for file, names in files.items():
            absent = Outcome("missing", said=f"{file} has no such test" if file in keys else f"there is no {file}")
            ran = {test: outcome(test, lines, why) for test in due.get(file, ())}
            if len(ran) == len(names) and all(row.state == "found" for row in ran.values()):
                ran = self._keep(file, keys[file], ran)
            rows = known.get(file) or ran
            found |= {test: self._dated(file, rows.get(test, absent)) for test in names}
        self.outcomes = found
        return found

    def stop(self) -> None:
        """End a run; tests that have not finished are missing."""
        self.stopped = True
        if self.process is not None:
            self.process.kill()

    def _pytest(self, tests: list[str], seconds: float) -> tuple[list[dict[str, str]], str]:
        """Run tests; return the plugin's lines, and why a test may have none."""
        if self.stopped or not tests:
            return [], "the build was stopped before it ran"
        if find_spec("pytest") is None:
            return [], "pytest is not installed"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "outcomes"
            command = [sys.executable, "-m", "pytest", "-p", "engine.threats.plugin", f"{OPTION}={path}",
                       "--continue-on-collection-errors", *tests]  # fmt: skip
            self.process = subprocess.Popen(  # nosec B603 -- this interpreter and tests of this project, no shell
                command, cwd=self.root, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )  # fmt: skip
            try:
                code = self.process.wait(seconds)
                why = f"pytest ended with code {code} before it ran"
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                why = f"the tests took more than {seconds:g} s"
            written = path.read_text("utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in written if line.endswith("}")], why

    def _key(self, file: str, tests: list[str]) -> str:
        sources = self._test_code(file)
        made_from = {
            "tests": tests,
            "code": {name: sha256(text).hexdigest() for name, text in sources.items()},
            "engine": _reached(b"\n".join(sources.values()).decode("utf-8")),
            "settings": _digests(self.root, SETTINGS),
            "tree": _digests(self.root, ("engine/**/*.py",)) if TREE.search(sources[file].decode("utf-8")) else {},
            "versions": _versions(),
        }
        return sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()

    def _test_code(self, file: str) -> dict[str, bytes]:
        """Return a test file, every ``conftest.py`` above it and every test module that they name."""
        folders = [folder / "conftest.py" for folder in (self.root / file).parents if folder.is_relative_to(self.root)]
        waiting = [self.root / file, *(path for path in folders if path.is_file())]
        read: dict[str, bytes] = {}
        while waiting:
            path = waiting.pop()
            name = path.relative_to(self.root).as_posix()
            if name not in read:
                read[name] = path.read_bytes()
                named = (module for module in _modules(read[name].decode("utf-8")) if module.startswith("tests."))
                paths = (self.root.joinpath(*module.split(".")).with_suffix(".py") for module in named)
                waiting += [path for path in paths if path.is_file()]
        return dict(sorted(read.items()))

    def _defined(self, file: str, tests: list[str]) -> list[str]:
        """Return the tests that the file defines; pytest runs nothing when it is given an id that is not there."""
        tree = ast.parse((self.root / file).read_bytes())
        names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        return [test for test in tests if test.rpartition("::")[2] in names]

    def _kept(self, key: str) -> dict[str, Outcome]:
        files = self.store.read(key) if self.store.holds(key) else None
        if files is None:
            return {}
        kept: dict[str, dict[str, Any]] = json.loads(files[bundle.RECORDS])
        return {test: Outcome(**{**row, "when": self.store.when(key)}) for test, row in kept.items()}

    def _keep(self, file: str, key: str, outcomes: Mapping[str, Outcome]) -> dict[str, Outcome]:
        text = json.dumps({test: asdict(row) for test, row in outcomes.items()}, indent=1)
        self.store.write(key, {bundle.RECORDS: text.encode()}, {"name": f"evidence/{file}"})
        return {test: Outcome(row.state, row.value, row.said, self.store.when(key)) for test, row in outcomes.items()}

    def _dated(self, file: str, row: Outcome) -> Outcome:
        earlier = self.store.earlier(f"evidence/{file}")
        if row.state == "missing" and earlier:
            return Outcome("stale", "", f"it passed with other code or settings; now {row.said}", earlier)
        return row


def outcome(test: str, lines: Iterable[Mapping[str, str]], why: str) -> Outcome:
    """Return what the plugin's lines say of a test: found when it ran and none of its cases failed or was skipped."""
    file = test.partition("::")[0]
    cases = [line for line in lines if line["test"].partition("[")[0] in (test, file)]
    failed = [line["said"] for line in cases if line["outcome"] == "failed"]
    if failed:
        return Outcome("failed", f"{len(failed)} of {len(cases)} failed", failed[0], now())
    skipped = [line["said"] for line in cases if line["outcome"] == "skipped"]
    if skipped or not cases:
        return Outcome("missing", said=f"skipped: {skipped[0]}" if skipped else why)
    return Outcome("found", f"{len(cases)} passed", when=now())


def now() -> str:
    """Return the time, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@cache
def _modules(text: str) -> frozenset[str]:
    """Return every module of the engine or the tests that a source names, in an import or in a string."""
    found = set(MODULE.findall(text))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


@cache
def _versions() -> dict[str, str]:
    return {**machine.packages(), "python": platform.python_version(), "pytest": _version("pytest")}


@cache
def _reached(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for module in sorted(name for name in _modules(text) if name.startswith("engine.")):
        parts = module.split(".")
        for end in range(len(parts), 1, -1):  # the name may be of something inside a module
            try:
                found |= closure([".".join(parts[:end])])
                break
            except ModuleNotFoundError:
                continue
    return found


def _digests(root: Path, patterns: Iterable[str]) -> dict[str, str]:
    paths = sorted({path for pattern in patterns for path in root.glob(pattern) if path.is_file()})
    return {path.relative_to(root).as_posix(): sha256(path.read_bytes()).hexdigest() for path in paths}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
