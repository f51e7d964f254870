"""How often our rules are right: their hits in foreign code, each read by hand. `precision.toml`, checked.

`measure` runs the rules over an installed package; a test holds the table against it, so that a rule that
changes its hits has to be read again.
"""

from __future__ import annotations

import json
import tempfile
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

from engine.core.errors import UserError
from engine.core.records import Sample, Verdict
from engine.core.records import load as checked
from engine.sast import semgrep, tool

TABLE = Path(__file__).parent / "precision.toml"
PACKAGES = {"torchvision": "torchvision", "art": "adversarial-robustness-toolbox", "gradio": "gradio"}
Row: TypeAlias = Sample | Verdict
Hit: TypeAlias = tuple[str, str, int]  # rule, path in the package, line


def load(table: Path = TABLE) -> list[Row]:
    """Return the samples and the verdicts on every hit in them; `UserError` names what is wrong."""
    try:
        plain = tomllib.loads(table.read_text("utf-8"))
        samples = [{"kind": "sample", **row} for row in plain["sample"]]
        verdicts = [{"kind": "verdict", **row} for row in plain["verdict"]]
        return checked("sast", json.dumps([*samples, *verdicts]))
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{table} is wrong: {error}", "mend the entry") from None


def measure(folder: Path, name: str) -> tuple[Sample, list[Hit]]:
    """Run our rules over the Python files of ``folder / name``; suppressions in them do not count."""
    files = sorted(path.relative_to(folder).as_posix() for path in (folder / name).rglob("*.py"))
    command = [str(semgrep.executable()), *semgrep.OPTIONS, "--max-target-bytes=0", "--config", str(semgrep.RULES)]
    with tempfile.TemporaryDirectory() as home:
        output = tool.run(semgrep.NAME, [*command, "--", *files], folder, semgrep.environment(home), 600)
    report = json.loads(output.stdout)
    tool.all_scanned(semgrep.NAME, files, report["paths"]["scanned"])
    hits = [(row["check_id"].rpartition(".")[2], row["path"], int(row["start"]["line"])) for row in report["results"]]
    lines = sum(len((folder / file).read_bytes().splitlines()) for file in files)
    rules = len(semgrep.own_rules())
    sample = Sample(package=name, version=version(PACKAGES[name]), files=len(files), lines=lines, rules=rules)
    return sample, sorted(hits)
