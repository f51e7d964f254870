"""The pages about code and threats: SAST diff, STRIDE, its appendix and its evidence."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from engine.core.records import (
    Advisory,
    Audit,
    Boundary,
    Change,
    Component,
    Control,
    Evidence,
    Flow,
    Pending,
    Proof,
    Sample,
    Saved,
    Scan,
    Skipped,
    Term,
    Threat,
    Verdict,
)
from engine.report.figures import Figure, Shelf
from engine.report.view import View

CATEGORIES = (
    "spoofing",
    "tampering",
    "repudiation",
    "information disclosure",
    "denial of service",
    "elevation of privilege",
)


STATUSES = ("open", "partly", "accepted", "mitigated")
SOURCES = {
    "test": "Tests that ran", "cell": "Measured", "rule": "Scanner rules", "certificate": "Proved of a model",
    "digest": "Digests of the data",
}  # fmt: skip


def sast(view: View, _shelf: Shelf) -> dict[str, Any]:
    """The findings of both scanners, before and after, side by side."""
    changes = view.select(Change)
    order = {"new": 0, "unchanged": 1, "moved": 2, "suppressed": 3, "fixed": 4}
    changes.sort(key=lambda c: (order[c.state], (c.before or c.after).path, (c.before or c.after).line))  # type: ignore[union-attr]
    weaknesses = Counter(c.before.cwe for c in changes if c.before is not None and c.before.cwe)
    left = Counter(c.after.cwe for c in changes if c.after is not None and c.state != "suppressed")
    return {
        "scans": view.select(Scan),
        "changes": changes,
        "states": Counter(c.state for c in changes),
        "proofs": {(p.path, p.rule): p for p in view.select(Proof)},
        "standing": Counter(standing(change, view) for change in changes if change.before is not None),
        "fix_id": fix_id,
        "state_of": lambda change: standing(change, view),
        "audit": next(iter(view.select(Audit)), None),
        "advisories": view.select(Advisory),
        "unchecked": [row for row in view.records["sast"] if isinstance(row, Skipped | Pending)],
        "saved": view.select(Saved),
        "samples": view.select(Sample),
        "verdicts": view.select(Verdict),
        "precision": precision(view.select(Verdict)),
        "weaknesses": [(cwe, many, left.get(cwe, 0)) for cwe, many in sorted(weaknesses.items())],
    }


def fixes(view: View, _shelf: Shelf) -> dict[str, Any]:
    """Each fix once, as its source is in this build, with the findings that it answers."""
    found: dict[str, list[Proof]] = {}
    for proof in sorted(view.select(Proof), key=lambda p: (p.fix, p.line)):
        if proof.line:
            found.setdefault(fix_id(proof), []).append(proof)
    return {"fixes": found}


def fix_id(proof: Proof) -> str:
    """Return the anchor of a proof's fix on the page of fixes."""
    return re.sub(r"[^a-z0-9]+", "-", f"{proof.fix} {proof.anchor}".lower()).strip("-")


def standing(change: Change, view: View) -> str:
    """Return "proven" where a flaw has its exploit, fix and regression test, and none of the tests failed here."""
    if change.before is None:
        return ""
    for proof in view.select(Proof):
        if (proof.path, proof.rule) == (change.before.path, change.before.rule):
            return "unproven" if proof.missing else "proven"
    return "unproven"


def precision(verdicts: list[Verdict]) -> list[tuple[str, int, int]]:
    """Return rule, hits and right hits, the rules with most hits first."""
    hits = Counter(row.rule for row in verdicts)
    right = Counter(row.rule for row in verdicts if row.verdict == "true")
    return [(rule, many, right[rule]) for rule, many in sorted(hits.items(), key=lambda item: (-item[1], item[0]))]


def stride(view: View, shelf: Shelf) -> dict[str, Any]:
    """The data-flow diagram, a table a category, a section a category."""
    threats = view.select(Threat)
    levels = {c: Counter(t.level for t in threats if t.category == c) for c in CATEGORIES}
    return {
        "categories": [(c, [t for t in threats if t.category == c], levels[c]) for c in CATEGORIES],
        "left": {c: Counter(t.residual_level for t in threats if t.category == c) for c in CATEGORIES},
        "statuses": [(s, sum(t.status == s for t in threats)) for s in STATUSES],
        "terms": {term.id: term for term in view.select(Term)},
        "controls": {c.id: c for c in view.select(Control)},
        "components": {c.id: c for c in view.select(Component)},
        "boundaries": view.select(Boundary),
        "flows": view.select(Flow),
        "diagram": diagram(view, shelf),
        "extra": _extra_threat_rows(view),
    }


def evidence(view: View, _shelf: Shelf) -> dict[str, Any]:
    """Controls with the threats and the evidence of each; evidence by where it comes from, with its controls."""
    rows = view.select(Evidence)
    groups = [(title, [row for row in rows if row.source == source]) for source, title in SOURCES.items()]
    return {
        "threats": {t.id: t for t in view.select(Threat)},
        "controls": {c.id: c for c in view.select(Control)},
        "evidence": {row.id: row for row in rows},
        "groups": [(title, group) for title, group in groups if group],
        "states": Counter(row.state for row in rows),
        "anchors": anchors(rows),
    }


def anchors(rows: list[Evidence]) -> dict[str, str]:
    """Return a place on the page for every piece of evidence, readable and each its own."""
    found: dict[str, str] = {}
    for row in rows:
        name = "e-" + re.sub(r"[^a-z0-9]+", "-", row.id.partition("::")[2] or row.id.lower()).strip("-")
        found[row.id] = name if name not in found.values() else f"{name}-{len(found)}"
    return found


def diagram(view: View, shelf: Shelf) -> Figure:
    """Draw the data-flow diagram."""
    from engine.report.dfd import dfd
    from engine.report.theme import LIGHT

    rows = [row for row in view.records["threats"] if isinstance(row, Boundary | Component | Flow)]
    alt = "Data-flow diagram: the components inside their trust boundaries and what flows between them."
    return shelf.svg("data-flow", alt, repr(rows), lambda: dfd(rows, LIGHT))


def _extra_threat_rows(view: View) -> dict[str, list[Any]]:
    """Other rows of the threat model, by their kind: the likelihood matrix, the reference's ratings."""
    known = {"component", "boundary", "flow", "threat", "term", "evidence", "control"}
    found: dict[str, list[Any]] = {}
    for row in view.records["threats"]:
        if row.kind not in known:
            found.setdefault(row.kind, []).append(row)
    return found
