"""The project's own code against any revision of it: what is new since, what is gone."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

from engine.core.errors import UserError
from engine.core.records import Change, Finding, Scan
from engine.sast import scan, tool

SECONDS = 60.0


def against(root: Path, revision: str, scratch: Path, *, semgrep_configs: tuple[str, ...] = ()) -> list[Scan | Change]:
    """Return the scans and changes from a git revision to the tree under ``root``; ``scratch`` is an empty folder.

    The same listing, tools, rules (today's) and matcher as in every build. `UserError` for a revision that
    git does not know, or one without this project's code.
    """
    check_out(root, revision, scratch)
    return scan.diff_trees(scan.project(scratch, "before"), scan.project(root), semgrep_configs=semgrep_configs)


def check_out(root: Path, revision: str, target: Path) -> None:
    """Write the Python files of a revision's own code below ``target``, as regular files only."""
    git = shutil.which("git")
    if git is None:
        raise UserError("--sast-base needs git, which is not there", "install git")
    # "--end-of-options": a revision that starts with a dash is not an option.
    asked = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
    known = tool.run("git", [git, *asked], root, timeout=SECONDS)
    if known.code:
        raise UserError(f"git knows no revision {revision!r}", "name a commit, branch or tag of this repository")
    whole = target / "tree.tar"
    packed = tool.run(
        "git", [git, "archive", "--format=tar", "-o", str(whole), known.stdout.strip()], root, timeout=SECONDS
    )
    if packed.code:
        raise UserError(f"git cannot read revision {revision!r}: {tool.tail(packed)}", "see `git fsck`")
    with tarfile.open(fileobj=io.BytesIO(whole.read_bytes())) as tar:
        for member in tar.getmembers():
            if member.isreg() and member.name.endswith(".py") and member.name.startswith(scan.AFTER):
                place, held = target / member.name, tar.extractfile(member)
                if held is not None and place.resolve().is_relative_to(target.resolve()):
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes(held.read())
    whole.unlink()
    if not (target / "engine").is_dir():
        raise UserError(f"revision {revision!r} has no folder engine", "name a later one")


def new_findings(records: list[Scan | Change]) -> list[Finding]:
    """Return what a gate stops: findings that were not there before and that no reason suppresses."""
    return [row.after for row in records if isinstance(row, Change) and row.state == "new" and row.after]


def lines(revision: str, records: list[Scan | Change]) -> list[str]:
    """Return the diff as lines for the terminal: the counts, then every change but the unchanged ones."""
    changes = [row for row in records if isinstance(row, Change)]
    counts = {
        state: sum(row.state == state for row in changes)
        for state in ("new", "fixed", "moved", "unchanged", "suppressed")
    }
    shown = [f"against {revision}: " + ", ".join(f"{count} {state}" for state, count in counts.items())]
    for row in changes:
        found = row.after or row.before
        if found is not None and row.state in ("new", "fixed", "moved"):
            shown.append(f"{row.state}: {found.tool} {found.rule} at {found.path}:{found.line}")
    return shown
