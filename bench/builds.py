"""Times builds in a copy of the project: cold, again, and after a change of a template."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from engine.core import machine
from tests.test_build import Copy, copy

ROOT = Path(__file__).resolve().parents[1]


def timed(place: Copy, profile: str) -> tuple[float, float]:
    """Seconds of one build, and the largest resident memory of any of its processes in GiB."""
    command = [sys.executable, "build.py", "--profile", profile, "--data", str(place.data)]
    began, largest = time.perf_counter(), 0
    with subprocess.Popen(command, cwd=place.root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr
        while process.poll() is None:
            try:
                family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
                largest = max([largest, *(each.memory_info().rss for each in family)])
            except psutil.NoSuchProcess:
                pass
            time.sleep(0.2)
        if process.returncode:
            raise SystemExit(process.stderr.read().decode())
    return time.perf_counter() - began, largest / 2**30


def main() -> None:
    """Print a line a build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default="smoke")
    parser.add_argument("--data", type=Path, default=ROOT / ".data")
    options = parser.parse_args()
    print(f"{machine.name()}, {machine.cores()} cores, profile {options.profile}")
    with tempfile.TemporaryDirectory() as folder:
        place = copy(Path(folder), options.data.resolve())
        for title in ("cold", "again, nothing changed", "after a template changed"):
            if title.startswith("after"):
                page = place.root / "templates/home.md.j2"
                page.write_text(page.read_text("utf-8") + "\nOne more line.\n", "utf-8")
            seconds, memory = timed(place, options.profile)
            print(f"{title:26} {seconds:8.1f} s   largest process {memory:.2f} GiB", flush=True)


if __name__ == "__main__":
    main()
