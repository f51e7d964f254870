"""Times builds in a copy of the project: cold, again, and after a change of a template.

With ``--against REV`` it times cold builds of the last commit and of another one in turn, tests for evidence
included, and prints their ratio. Processor time is that of the whole machine, so nothing else may run beside it.
"""

from __future__ import annotations

import argparse
import io
import statistics
import subprocess
import sys
import tarfile
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


def busy() -> float:
    """Processor seconds of all processes of this machine since it started."""
    spent = psutil.cpu_times()
    return spent.user + spent.nice + spent.system


def against(other: str, profile: str, data: Path, rounds: int) -> None:
    """Print medians of cold builds of two commits, made in turn."""
    wall: dict[str, list[float]] = {"HEAD": [], other: []}
    processor: dict[str, list[float]] = {"HEAD": [], other: []}
    for _ in range(rounds):
        for revision in wall:
            with tempfile.TemporaryDirectory() as folder:
                packed = subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True, check=True).stdout
                with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                    archive.extractall(folder, filter="data")
                before = busy()
                wall[revision].append(timed(Copy(Path(folder), data), profile)[0])
                processor[revision].append(busy() - before)
    for title, seconds in (("from start to end", wall), ("processor time", processor)):
        new, old = (statistics.median(found) for found in seconds.values())
        print(f"{title:26} HEAD {new:8.1f} s   {other} {old:8.1f} s   ratio {old / new:.2f}", flush=True)


def main() -> None:
    """Print a line a build."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", default="smoke")
    parser.add_argument("--data", type=Path, default=ROOT / ".data")
    parser.add_argument("--against", metavar="REV", help="time cold builds of this commit beside those of the last")
    parser.add_argument("--rounds", type=int, default=1, help="with --against")
    options = parser.parse_args()
    print(f"{machine.name()}, {machine.cores()} cores, profile {options.profile}")
    if options.against:
        against(options.against, options.profile, options.data.resolve(), options.rounds)
        return
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
