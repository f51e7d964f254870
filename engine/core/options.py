"""The command line of ``build.py`` as one frozen value."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.core.profile import available


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    profile: str
    only: tuple[str, ...]  # globs of jobs' names; empty for all
    workers: int | None
    scheduler: str | None
    device: str
    data: Path
    store: Path
    seed: int | None
    fresh: bool
    list: bool
    explain: str | None
    site: bool
    semgrep_config: tuple[str, ...]
    sast_base: str | None
    compare: str | None
    gate: bool
    debug: bool


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {value}")
    return value


def _seed(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"must be 0 or more, not {value}")
    return value


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; argparse ends the process with code 2 and one line when it is wrong."""
    parser = argparse.ArgumentParser(
        prog="build.py",
        description="Train, attack, scan and write the report. Finished jobs are kept and not run again.",
    )
    add = parser.add_argument
    profiles = ", ".join(available())
    add("--profile", default="standard", help=f"{profiles}, or a path to a TOML file (default: standard)")
    add(
        "--only",
        action="append",
        default=[],
        metavar="GLOB",
        help="run only jobs with such a name, and what they need; may be given again; see --list",
    )
    add(
        "--workers",
        type=_positive,
        metavar="N",
        help="worker processes on this machine (default: one a core)",
    )
    add("--scheduler", metavar="ADDRESS", help="use a running Dask cluster, e.g. tcp://host:8786")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto")
    add("--data", type=Path, default=Path(".data"), metavar="DIR", help="where MNIST is or shall be put")
    add("--store", type=Path, default=Path(".store"), metavar="DIR", help="where finished jobs are kept")
    add("--seed", type=_seed, metavar="N", help="count the profile's seeds from N")
    add("--fresh", action="store_true", help="run the jobs again even when the store holds them")
    add("--list", action="store_true", help="print the plan with what is stored, and stop")
    add("--explain", metavar="NAME", help="say why a job would run again, and stop")
    add("--no-site", dest="site", action="store_false", help="stop before the pages and the site")
    add("--semgrep-config", action="append", default=[], metavar="PACK", help="scan with this too, e.g. p/ci")
    add("--sast-base", metavar="REV", help="print how the findings differ from those of a git revision")
    add("--compare", metavar="DIR_OR_URL", help="compare with an earlier build's data, on a page of the site")
    add(
        "--gate",
        action="store_true",
        help="fail when a finding is new (against --sast-base, else any open one) or a cell worse than in --compare",
    )
    add("--debug", action="store_true", help="show tracebacks")
    given = vars(parser.parse_args(arguments))
    return Options(**{**given, "semgrep_config": tuple(given["semgrep_config"]), "only": tuple(given["only"])})
