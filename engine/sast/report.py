"""What a build publishes of its scans, and what may stop it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from engine.core.options import Options
from engine.core.records import Change, Pending, Scan
from engine.sast import base, precision
from engine.sast.proofs import proofs
from engine.sast.sarif import sarif
from engine.sast.saved import saved
from engine.sast.scan import open_findings


def published(
    findings: Future[list[Scan | Change]], asked: Future[list[Any]], root: Path, passed: Callable[[str], bool]
) -> tuple[tuple[Any, ...], bytes]:
    """Return the family's records and the SARIF log; waits for the scanners, not for the advisory service.

    ``passed`` tells of a pytest id whether it passed.
    """
    scanned = findings.result()
    advised = asked.result() if asked.done() else [_waiting()]
    rows = (*scanned, *proofs(root, passed), *advised, *saved(root / "models"), *precision.load())
    return rows, json.dumps(sarif(scanned), indent=1).encode()


def gate(root: Path, records: list[Scan | Change], options: Options, say: Callable[[str], None]) -> bool:
    """Print open findings and the diff that was asked for; tell whether ``--gate`` stops the build."""
    found: Sequence[Any] = open_findings(records)
    for row in found:
        say(f"open finding in our own code: {row.rule} at {row.path}:{row.line}")
    if options.sast_base is not None:
        with tempfile.TemporaryDirectory() as scratch:
            changes = base.against(root, options.sast_base, Path(scratch), semgrep_configs=options.semgrep_config)
        for line in base.lines(options.sast_base, changes):
            say(line)
        found = base.new_findings(changes)
    if options.gate and found:
        say(f"error: the gate is shut by {len(found)} new findings; mend them or suppress them with a reason")
    return options.gate and bool(found)


def _waiting() -> Pending:
    return Pending(
        family="sast", name="pip-audit", model="", subject="dependencies", norm="none", epsilon=0.0, seed=0,
        reason="the advisory service has not answered yet",
    )  # fmt: skip
