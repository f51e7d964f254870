"""The installed packages against known advisories, by pip-audit. See https://github.com/pypa/pip-audit.

It asks a service on the internet. Where that does not answer the result is "not checked" with the reason,
never "clean".
"""

from __future__ import annotations

import json
import sys
from datetime import date
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

from engine.core import machine
from engine.core.errors import UserError
from engine.core.records import Advisory, Audit, Skipped, dump, load
from engine.sast import tool

NAME = "pip-audit"
SOCKET_SECONDS, SECONDS = 3, 40.0
OPTIONS = ("-m", "pip_audit", "--local", "--format=json", "--progress-spinner=off", f"--timeout={SOCKET_SECONDS}")
Found: TypeAlias = Audit | Advisory | Skipped


def kept(root: Path, memory: Path) -> list[Found]:
    """Return today's `audit`, from the file ``memory`` where the same packages were asked about already."""
    packages = sorted(f"{found.name} {found.version}" for found in machine.installed())
    asked = sha256(json.dumps([str(date.today()), packages]).encode()).hexdigest()
    try:
        held = json.loads(memory.read_text("utf-8"))
        if held["asked"] == asked:
            return load("sast", json.dumps(held["records"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass  # nothing held, or nothing that can be read: ask again
    found = audit(root)
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.write_text(json.dumps({"asked": asked, "records": json.loads(dump(found))}), "utf-8")
    return found


def audit(root: Path, timeout: float = SECONDS) -> list[Found]:
    """Return one audit with its advisories, or one `Skipped` that says why nothing was checked."""
    try:
        output = tool.run(NAME, [sys.executable, *OPTIONS], root, timeout=timeout)
        report = json.loads(output.stdout)
    except UserError as error:
        return [_not_checked(str(error).partition(";")[0])]
    except ValueError:
        return [_not_checked(_reason(output))]
    return read(report)


def read(report: dict[str, Any]) -> list[Found]:
    """Return the records of a report. A package that the service did not know was not checked."""
    checked = [entry for entry in report.get("dependencies", []) if "vulns" in entry]
    if not checked:
        count = len(report.get("dependencies", []))
        return [_not_checked(f"the advisory service knew none of the {count} packages")]
    named = [_advisory(entry, vulnerability) for entry in checked for vulnerability in entry["vulns"]]
    done = Audit(tool=NAME, version=version(NAME), packages=len(checked), advisories=len(named))
    return [done, *sorted(named, key=lambda row: (row.package, row.id))]


def _advisory(entry: dict[str, Any], found: dict[str, Any]) -> Advisory:
    return Advisory(
        package=entry["name"],
        version=entry["version"],
        id=found["id"],
        fixed=tuple(found.get("fix_versions", ())),
        about=" ".join(found.get("description", "").split())[:300],
    )


def _reason(output: tool.Output) -> str:
    """Return what went wrong without addresses or local paths, which differ from machine to machine."""
    said = output.stderr or output.stdout
    if any(word in said for word in ("ConnectionError", "Connection", "resolve", "timed out", "Max retries")):
        return "the advisory service did not answer"
    last = [line for line in said.splitlines() if line.strip()]
    return f"{NAME} failed: {last[-1][:160]}" if last else f"{NAME} failed with exit code {output.code}"


def _not_checked(reason: str) -> Skipped:
    return Skipped(
        family="sast", name=NAME, model="", subject="dependencies", norm="none", epsilon=0.0, seed=0, reason=reason
    )
