"""How the threats stand in one build: looks for the evidence, then weighs it whenever pages are written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.core.records import Build, ThreatRecord
from engine.core.store import Store
from engine.threats import model
from engine.threats.dragon import dragon
from engine.threats.evidence import Known
from engine.threats.status import judge
from engine.threats.suite import Suite


class Threats:
    """The threat model beside one build below ``root``."""

    def __init__(self, root: Path, store: Store) -> None:
        self.file, self.store, self.suite = model.read(), store, Suite(root, store)

    def look(self, more: Iterable[str] = ()) -> None:
        """Run the tests that controls name and ``more``, unless they passed before with the same code."""
        self.suite.run({test.partition("[")[0] for test in (*self.file.tests(), *more)})

    def passed(self, test: str) -> bool:
        """Tell whether a test has passed, with all of its cases."""
        found = self.suite.outcomes.get(test.partition("[")[0])
        return found is not None and found.state == "found"

    def stop(self) -> None:
        """End the tests; what has not run counts as missing."""
        self.suite.stop()

    def stand(self, records: Mapping[str, tuple[Any, ...]], build: Build) -> tuple[tuple[ThreatRecord, ...], bytes]:
        """Return the threat model as these records and the tests so far leave it, and as a Threat Dragon file."""
        known = Known(records, self.suite.outcomes, build, self.store.when, self.store.earlier)
        rows = judge(self.file, known)
        return tuple(rows), json.dumps(dragon(rows), indent=1).encode() + b"\n"
