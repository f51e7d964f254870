"""What a build runs on: facts that go into keys and onto the Method page."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess  # nosec B404 -- every call below passes a fixed list of arguments and no shell
from collections.abc import Iterable
from importlib.metadata import Distribution, DistributionFinder, MetadataPathFinder, PackageNotFoundError, version
from pathlib import Path
from sysconfig import get_path

from engine.core.errors import UserError
from engine.core.precision import faster_in_bfloat16

# Packages that change numbers; their versions are part of every job's key.
PACKAGES = ("torch", "torchvision", "adversarial-robustness-toolbox", "numpy", "scikit-learn", "safetensors")


def packages() -> dict[str, str]:
    """Return the versions of the packages that change numbers; `UserError` when one is not installed."""
    try:
        return {name: version(name) for name in PACKAGES}
    except PackageNotFoundError as missing:
        raise UserError(
            f"the package {missing.name} is not installed", "run `make report`, or use .venv/bin/python"
        ) from None


def installed() -> Iterable[Distribution]:
    """Return this environment's packages, each once.

    Not all on ``sys.path``: setuptools puts a dozen of its own there when something imports it, sooner or later.
    And by Python's own finder only: with setuptools comes a second one, which finds every package again.
    """
    folders = sorted({get_path("purelib"), get_path("platlib")})
    return MetadataPathFinder.find_distributions(DistributionFinder.Context(path=folders))


def device(asked: str) -> str:
    """Return ``cpu`` or ``cuda``; ``auto`` looks for an NVIDIA driver without importing torch."""
    if asked != "auto":
        return asked
    return "cuda" if Path("/proc/driver/nvidia/version").exists() else "cpu"


def precision(device: str) -> str:
    """Return how training multiplies on this machine, without importing torch: part of every job's key.

    A store that two machines share then never gives one of them the other's models.
    """
    if device == "cuda":
        return "as the card does"
    return "bfloat16" if faster_in_bfloat16() else "float32"


def cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def name() -> str:
    """Return processor and system in words, e.g. ``AMD EPYC, Linux x86_64``."""
    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [line for line in info.read_text("utf-8").splitlines() if line.startswith("model name")]
        cpu = lines[0].partition(":")[2].strip() if lines else cpu
    return f"{cpu or 'unknown processor'}, {platform.system()} {platform.machine()}"


def revision(root: Path) -> str:
    """Return the git commit of ``root``, with ``+changes`` when files differ, or an empty string."""
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return ""
    head, status = (
        subprocess.run(  # nosec B603 -- git found on the PATH, constant arguments, no shell
            [git, *arguments], cwd=root, capture_output=True, text=True, check=False
        )
        for arguments in (
            ("rev-parse", "--short=12", "HEAD"),
            ("status", "--porcelain", "--untracked-files=no"),
        )
    )
    if head.returncode:
        return ""
    return head.stdout.strip() + ("+changes" if status.stdout.strip() else "")
