"""Both tools on both trees, and the diff: the records of ``docs/data/sast.json``."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from engine.core.records import Change, Finding, Scan
from engine.sast import answers, bandit, semgrep
from engine.sast.diff import Answers, diff
from engine.sast.files import Side, Tree

BEFORE = (answers.BEFORE,)
AFTER = ("engine", "build.py")
# The rules' test lines and the insecure reference are flawed on purpose.
EXCLUDED = (answers.BEFORE, semgrep.OWN)


def scan(root: Path, *, semgrep_configs: tuple[str, ...] = ()) -> list[Scan | Change]:
    """Scan the insecure reference and this project, and return four scans and every change.

    ``root`` is the project's folder, ``semgrep_configs`` are packs or files beside our own rules.
    `UserError` when a tool fails, cannot read a file, or meets a suppression without a reason.
    """
    before = Tree(root, "before", BEFORE)
    return diff_trees(before, project(root), semgrep_configs=semgrep_configs, known=answers.by_rule())


def project(root: Path, side: Side = "after") -> Tree:
    """Return the tree of this project's own code under ``root``, which may be another revision's copy."""
    paths = tuple(path for path in AFTER if path == "engine" or (root / path).exists())
    return Tree(root, side, paths, EXCLUDED)


def diff_trees(
    before: Tree, after: Tree, *, semgrep_configs: tuple[str, ...] = (), known: Answers | None = None
) -> list[Scan | Change]:
    """Scan two trees, the four runs side by side, and return their scans and changes.

    ``known`` maps (path, rule) of a fixed finding to what is done instead.
    """
    with ThreadPoolExecutor(max_workers=4) as pool:
        runs = [pool.submit(semgrep.scan, tree, semgrep_configs) for tree in (before, after)]
        runs += [pool.submit(bandit.scan, tree) for tree in (before, after)]
        results = [run.result() for run in runs]
    scans = sorted((result for result, _ in results), key=lambda result: (result.tool, result.tree != "before"))
    found: dict[str, list[Finding]] = {"before": [], "after": []}
    for result, findings in results:
        found[result.tree] += findings
    return [*scans, *diff(found["before"], found["after"], known)]


def open_findings(records: list[Scan | Change]) -> list[Finding]:
    """Return the findings of the after tree that no reason suppresses; a build wants none."""
    changes = (record for record in records if isinstance(record, Change))
    return [change.after for change in changes if change.after and not change.after.justification]
