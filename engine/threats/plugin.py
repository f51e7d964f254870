"""A pytest plugin that writes what became of each test, a JSON line each, while the tests run.

Lines are written at once, so that a run that is stopped still tells what it knew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

OPTION = "--evidence-file"


class Recorder:
    """Appends ``{"test", "outcome", "said"}`` to a file; a failure before or after the test itself counts too."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that ran, failed or was skipped."""
        if report.when == "call" or not report.passed:
            self._note(report.nodeid, report.outcome, _last_line(report.longrepr))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a test file that cannot be read."""
        if report.failed:
            self._note(report.nodeid, "failed", _last_line(report.longrepr))

    def _note(self, test: str, outcome: str, said: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"test": test, "outcome": outcome, "said": said}) + "\n")


def _last_line(found: object) -> str:
    crash = getattr(found, "reprcrash", None)
    text = crash.message if crash is not None else found[2] if isinstance(found, tuple) else str(found or "")
    lines = [line.strip() for line in str(text).splitlines() if line.strip()]
    return (lines[0] if crash is not None else lines[-1])[:200] if lines else ""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say where the lines go."""
    parser.addoption(OPTION, default="")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to write when a file was named."""
    path = config.getoption(OPTION)
    if path:
        config.pluginmanager.register(Recorder(Path(path)), "evidence-recorder")
