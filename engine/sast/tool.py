"""Run a scanner as a process and tell "it found nothing" from "it failed"."""

from __future__ import annotations

import json
import os
import subprocess  # nosec B404 -- the scanners are command-line tools; this file is the only one to start them
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.core.errors import UserError

INSTALL = "install it with `pip install -r requirements.txt`"
TIMEOUT = 120.0  # seconds


@dataclass(frozen=True)
class Output:
    """How a scanner ended and what it printed."""

    code: int
    stdout: str
    stderr: str


def run(
    name: str,
    command: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
) -> Output:
    """Run a scanner to its end. `UserError` when it is missing or takes more than ``timeout`` seconds."""
    try:
        done = subprocess.run(  # nosec B603 -- a fixed command as a list, no shell, paths listed by us
            list(command),
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError:
        raise UserError(f"{name} is not there: {command[0]} does not exist", INSTALL) from None
    except PermissionError:
        raise UserError(f"{name} cannot be started: {command[0]} is not executable", INSTALL) from None
    except subprocess.TimeoutExpired:
        raise UserError(f"{name} did not finish within {timeout:g} s", "run it by hand to see where it stops") from None
    return Output(done.returncode, done.stdout, done.stderr)


def report(name: str, output: Output, accepted: Sequence[int]) -> dict[str, Any]:
    """Return the JSON report that a scanner printed.

    `UserError` with the tool's own message when its exit code is not among ``accepted``, when it printed
    no JSON object, or when the report lists an error: a file that was not parsed was not scanned.
    """
    try:
        found = json.loads(output.stdout)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UserError(f"{name} failed (exit code {output.code}): {tail(output)}", INSTALL)
    errors = [_describe(error) for error in found.get("errors", [])]
    if errors:
        raise UserError(f"{name} could not scan everything: {'; '.join(errors)}", "mend it and scan again")
    if output.code not in accepted:
        raise UserError(f"{name} failed (exit code {output.code}): {tail(output)}", "run it by hand")
    return found


def tail(output: Output) -> str:
    """Return the last lines that the tool said, on one line."""
    said = [line.strip() for line in (output.stderr or output.stdout).splitlines() if line.strip()]
    return " / ".join(said[-3:])[-400:] or "it said nothing"


def all_scanned(name: str, expected: Sequence[str], scanned: Sequence[str]) -> None:
    """Raise `UserError` unless the tool read exactly the files that it was given."""
    missing = sorted(set(expected) - set(scanned))
    if missing:
        raise UserError(
            f"{name} left out {len(missing)} of {len(expected)} files, the first is {missing[0]}",
            "look for an ignore file or a size limit that hides it",
        )


def _describe(error: object) -> str:
    """Return one entry of ``errors[]`` on one line: Bandit names file and reason, Semgrep a message."""
    if not isinstance(error, dict):
        return str(error)
    if "reason" in error:
        return f"{error.get('filename', '?')}: {error['reason']}"
    return " ".join(str(error.get("message", error)).split())
