"""Semgrep, run for real and offline, with our rules and with packs that the user names."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from engine.core.errors import UserError
from engine.core.records import Finding, Scan, Severity
from engine.sast import suppressions, tool
from engine.sast.files import Source, Tree, sources
from engine.sast.results import level, place, summary

NAME = "semgrep"
RULES = Path(__file__).parent / "rules"
OWN = "engine/sast/rules"
# Semgrep's new command line gives the same findings in a tenth of the time and fails at once when a
# pack cannot be fetched; one job halves its time again on this little code. Suppressions are matched by
# us, and ignore files must hide nothing.
OPTIONS = (
    "scan",
    "--experimental",
    "--jobs=1",
    "--metrics=off",
    "--disable-version-check",
    "--disable-nosem",
    "--no-git-ignore",
    "--time",
    "--json",
    "--quiet",
)
SEVERITIES: dict[str, Severity] = {
    "INFO": "low",
    "LOW": "low",
    "WARNING": "medium",
    "MEDIUM": "medium",
    "ERROR": "high",
    "HIGH": "high",
    "CRITICAL": "high",
}


def own_rules(folder: Path = RULES) -> list[str]:
    """Return the ids of the rules in a folder, sorted."""
    texts = (path.read_text("utf-8") for path in sorted(folder.glob("*.yaml")))
    return sorted(name for text in texts for name in re.findall(r"^\s*- id:\s*(\S+)", text, re.M))


def scan(
    tree: Tree, configs: tuple[str, ...] = (), *, rules: Path = RULES, timeout: float = tool.TIMEOUT
) -> tuple[Scan, list[Finding]]:
    """Run Semgrep on a tree with our rules and the further ``configs`` (packs such as ``p/ci``, files).

    Findings come sorted by place; suppressed ones carry their ``justification``. `UserError` when Semgrep
    is missing, fails, times out, cannot fetch a pack, cannot read a rule or could not parse a file, or for
    a suppression without a reason.
    """
    files = sources(tree)
    given = [option for config in (str(rules), *configs) for option in ("--config", config)]
    command = [str(executable()), *OPTIONS, *given, "--", *files]
    with tempfile.TemporaryDirectory() as home:
        output = tool.run(NAME, command, tree.root, environment(home), timeout)
    report = _report(output, configs)
    tool.all_scanned(NAME, list(files), report["paths"]["scanned"])
    found = sorted((_finding(entry, files, rules) for entry in report["results"]), key=place)
    found = suppressions.apply(NAME, found, files)
    config = " + ".join((OWN if rules == RULES else rules.name, *configs))
    count = len(report["time"]["rules"])
    done = summary(tree, files, found, tool=NAME, version=report["version"], rules=count, config=config)
    return done, found


def executable() -> Path:
    """Return the Semgrep of the environment that runs this."""
    return Path(sys.executable).parent / "semgrep"


def environment(home: str) -> dict[str, str]:
    """Keep Semgrep's log and settings out of the home folder, which need not be writable."""
    return {
        "SEMGREP_ENABLE_VERSION_CHECK": "0",
        "SEMGREP_SEND_METRICS": "off",
        "SEMGREP_SETTINGS_FILE": str(Path(home) / "settings.yml"),
        "SEMGREP_LOG_FILE": str(Path(home) / "semgrep.log"),
    }


def _report(output: tool.Output, configs: tuple[str, ...]) -> dict[str, Any]:
    """Return Semgrep's report; a pack that cannot be fetched is named together with the way round it."""
    if "Failed to download config" in output.stderr:
        raise UserError(
            f"semgrep cannot fetch one of {', '.join(configs)}: {tool.tail(output)}",
            "leave out --semgrep-config or try again with a network",
        )
    report = tool.report(NAME, output, accepted=(0,))
    if report.get("skipped_rules"):
        raise UserError(f"semgrep skipped rules: {report['skipped_rules']}", "mend the rules")
    return report


def _finding(entry: dict[str, Any], files: dict[str, Source], rules: Path) -> Finding:
    extra, path = entry["extra"], entry["path"]
    metadata = extra.get("metadata", {})
    line, end_line = int(entry["start"]["line"]), int(entry["end"]["line"])
    return Finding(
        tool=NAME,
        rule=_short(entry["check_id"], rules),
        severity=SEVERITIES.get(extra["severity"].upper(), "medium"),
        confidence=level(metadata.get("confidence"), "medium"),
        cwe=_cwe(metadata.get("cwe", "")),
        path=path,
        line=line,
        end_line=end_line,
        column=int(entry["start"]["col"]),
        message=" ".join(extra["message"].split()),
        help=str(metadata.get("fix") or metadata.get("source") or ""),
        snippet=files[path].snippet(line, end_line),
        justification="",
    )


def _short(check: str, rules: Path) -> str:
    """Return the id as the rule file has it: Semgrep puts the folder's path, or its end, in front."""
    prefix, _, name = check.rpartition(".")
    folder = ".".join(rules.resolve().parts[1:])
    return name if f".{folder}".endswith(f".{prefix}") or not prefix else check


def _cwe(written: object) -> int:
    """Return the first number of "CWE-502: …" or of a list of such; 0 where there is none."""
    first = written[0] if isinstance(written, list) and written else written
    match = re.search(r"CWE-(\d+)", str(first))
    return int(match[1]) if match else 0
