"""A build in which every piece of evidence was found, made from what the threat model asks for."""

from __future__ import annotations

from dataclasses import replace

from engine.core.records import Change, Scan
from engine.data.mnist import DIGESTS
from engine.threats.evidence import Known
from engine.threats.model import File
from engine.threats.suite import Outcome
from tests.report import example
from tests.report.example_certification import certified

DAY = "2026-01-02T03:04:05+00:00"


def sast(file: File) -> tuple:
    scans = tuple(
        Scan(tool=tool, version="1", tree=tree, paths=("x",), rules=0, config="", files=1, lines=1, findings=1,
             suppressed=0)
        for tool in ("bandit", "semgrep") for tree in ("before", "after")
    )  # fmt: skip
    rules = {(p.tool, p.rule) for control in file.control for p in control.evidence if p.rule}
    return scans + tuple(change(tool, rule) for tool, rule in sorted(rules))


def change(tool: str, rule: str, after: bool = False, reason: str = "") -> Change:
    found = replace(example.finding("x.py", 3, "x", reason), tool=tool, rule=rule)
    return Change(state="new" if after else "fixed", before=None if after else found,
                  after=found if after else None, answer="")  # fmt: skip


def everything(file: File) -> Known:
    records = {
        "evasion": (example.worst("hardened", 0.3, 900),),
        "trust": (example.trust("hardened", 0.3, True),),
        "certification": (certified("certified", "interval", 0.3, 900),),
        "privacy": (example.membership("clean", "loss", 0.5),),
        "sast": sast(file),
    }
    tests = {test: Outcome("found", "1 passed", "", DAY) for test in file.tests()}
    build = replace(example.build(), dataset_digests=dict(DIGESTS))
    return Known(records, tests, build, lambda _key: DAY, lambda _name: "")
