"""Tools from npm, each fetched once into a folder that git ignores."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

from tests.conftest import ROOT


def _run(folder: Path, *command: str) -> bool:
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=300, check=False)
    return done.returncode == 0


def packed(name: str, version: str) -> Path | None:
    """The unpacked files of one package without what it needs; None where npm is missing or cannot fetch it."""
    folder = ROOT / f"node_modules/{name}-{version}"
    if not (folder / "package").is_dir():
        if shutil.which("npm") is None or not _run(folder, "npm", "pack", "--silent", f"{name}@{version}"):
            return None
        archive = next(folder.glob("*.tgz"))
        with tarfile.open(archive) as files:
            files.extractall(folder, filter="data")
        archive.unlink()
    return folder / "package"


def installed(name: str, version: str) -> Path | None:
    """The command of a package with all it needs; None where npm is missing or cannot fetch it."""
    folder = ROOT / f"node_modules/{name}-{version}"
    command = folder / f"node_modules/.bin/{name}"
    if not command.exists():
        options = ("--silent", "--no-audit", "--no-fund", "--prefix", ".")
        if shutil.which("npm") is None or not _run(folder, "npm", "install", *options, f"{name}@{version}"):
            return None
    return command
