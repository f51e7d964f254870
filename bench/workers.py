"""A training step in a worker process: Dask's own allocator settings against ours, in turn."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

from engine.core.run import ENVIRONMENT

ROUNDS, STEPS, BATCH = 5, 12, 128
THEIRS = {"MALLOC_TRIM_THRESHOLD_": "65536", "OMP_NUM_THREADS": "1"}
STEP = f"""
import time, torch, torch.nn.functional as F
from engine.networks import build
torch.manual_seed(0); torch.set_num_threads(1)
model = build("simplecnn").train(); best = torch.optim.Adam(model.parameters())
x, y = torch.rand({BATCH}, 1, 28, 28), torch.randint(0, 10, ({BATCH},))
def step():
    loss = F.cross_entropy(model(x), y); best.zero_grad(); loss.backward(); best.step()
step(); step()
began = time.perf_counter()
for _ in range({STEPS}): step()
print((time.perf_counter() - began) / {STEPS} / {BATCH} * 1000)
"""


def milliseconds(settings: dict[str, str]) -> float:
    """Milliseconds an image in a new process."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", STEP], env={**clean, **settings}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return float(done.stdout)


def main() -> None:
    """Alternate the two and print medians and their ratio."""
    theirs, ours = [], []
    for _ in range(ROUNDS):
        theirs.append(milliseconds(THEIRS))
        ours.append(milliseconds(ENVIRONMENT))
    first, second = statistics.median(theirs), statistics.median(ours)
    print(f"Dask's settings  {first:.2f} ms an image  ({min(theirs):.2f} to {max(theirs):.2f})")
    print(f"ours             {second:.2f} ms an image  ({min(ours):.2f} to {max(ours):.2f})")
    print(f"ratio            {first / second:.2f}")


if __name__ == "__main__":
    main()
