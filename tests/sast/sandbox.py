"""Run an exploit for real where it can do no harm: its own process, folder and home, limits, no way out.

The child is isolated from the environment (``python -I``), may use so much processor, memory and file
size, may connect to this machine only and may open files for writing only below its folder. An audit hook
holds the last two; it covers Python code, not the commands that an exploit starts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

BEFORE = ROOT / "engine/sast/before"
MIB = 2**20
FILE_LIMIT = 64 * MIB
PRELUDE = """
import json, os, resource, sys
from pathlib import Path
folder, paths, seconds, memory, file_limit, arguments = json.loads(sys.argv[1])
for kind, most in (("CPU", seconds), ("AS", memory), ("FSIZE", file_limit), ("CORE", 0)):
    resource.setrlimit(getattr(resource, "RLIMIT_" + kind), (most, most))
sys.path[:0] = paths
def guard(event, given):
    if event == "socket.connect" and isinstance(given[1], tuple) and not str(given[1][0]).startswith(("127.", "::1")):
        raise PermissionError(f"sandbox: no connection to {given[1][0]}")
    if event == "socket.getaddrinfo" and given[0] not in (None, "", "localhost", b"localhost", "0.0.0.0"):
        host = given[0].decode() if isinstance(given[0], bytes) else str(given[0])
        if not host.startswith(("127.", "::1")):
            raise PermissionError(f"sandbox: no look-up of {host}")
    if event == "open" and isinstance(given[0], (str, bytes, os.PathLike)) and given[2] & (os.O_WRONLY | os.O_RDWR):
        place = os.path.realpath(os.fsdecode(given[0]))
        if not place.startswith((folder + os.sep, "/dev/")):
            raise PermissionError(f"sandbox: no writing to {place}")
sys.addaudithook(guard)
"""


@dataclass(frozen=True)
class Done:
    """How the child ended; ``code`` is None where time ran out."""

    code: int | None
    out: str
    err: str

    def facts(self) -> dict[str, Any]:
        """Return the JSON object in the last line that the child printed."""
        assert self.out.strip(), self.err[-3000:]
        return json.loads(self.out.strip().splitlines()[-1])


def run(
    script: str,
    folder: Path,
    *arguments: object,
    seconds: int = 60,
    memory: int = 1024,
    paths: tuple[Path, ...] = (BEFORE,),
    optimise: bool = False,
    environment: dict[str, str] | None = None,
) -> Done:
    """Run a script with ``folder`` as its world; ``memory`` is in MiB. It finds ``arguments`` as strings."""
    folder.mkdir(parents=True, exist_ok=True)
    given = [str(folder.resolve()), [str(path) for path in paths], seconds, memory * MIB, FILE_LIMIT]
    command = [sys.executable, "-I", "-B", *(["-O"] if optimise else []), "-c", PRELUDE + script]
    own = {"PATH": os.defpath, "HOME": str(folder), "TMPDIR": str(folder), "MPLCONFIGDIR": str(folder)}
    own |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "GRADIO_ANALYTICS_ENABLED": "False"}
    try:
        done = subprocess.run(
            [*command, json.dumps([*given, [str(argument) for argument in arguments]])],
            cwd=folder, env=own | (environment or {}), capture_output=True, text=True, timeout=2 * seconds + 30,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Done(None, "", "time ran out")
    return Done(done.returncode, done.stdout, done.stderr)
