"""From a drawing to its answer in the demo, with the guards and the journal and without, in turn."""

from __future__ import annotations

import argparse
import multiprocessing
import socket
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.serve.live import Client, png

ROOT = Path(__file__).resolve().parents[1]


def serve(listening: socket.socket, models: Path, guards: bool, ready: Any) -> None:
    """Serve with or without the controls; for the latter the drawings' own routes have to stay."""
    import asyncio

    import torch
    import uvicorn

    from engine.serve import models as shelf
    from engine.serve import worker
    from engine.serve.gate import Gate
    from engine.serve.journal import Journal
    from engine.serve.settings import LOOPBACK, Settings

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(models, None, False, LOOPBACK, Path(scratch) / "journal", Path(scratch), b"s" * 32)
        journal = Journal(settings.journal, settings.salt)
        served = shelf.load(models)
        note = worker.noted(journal) if guards else None
        inner = worker.unguarded(served, next(iter(served)), False, note)
        inputs = {number: len(fn.inputs) for number, fn in inner.page.fns.items()}
        bare = Gate(inner.app, inputs, settings.limits, inner.shelf, lambda _name: True, lambda _reason: None)

        async def whole(scope: Any, receive: Any, send: Any) -> None:  # Gate wants whole bodies; no limits here
            from engine.serve.asgi import replay
            from engine.serve.guard import _whole

            if scope["type"] != "http":
                return await bare(scope, receive, send)
            return await bare(scope, replay(await _whole(receive, 1 << 40) or b"", receive), send)

        app = worker.guarded(inner, settings, journal) if guards else whole
        worker._announce(inner.app, ready)
        asyncio.run(uvicorn.Server(worker.config(app, settings)).serve(sockets=[listening]))


def main() -> None:
    """Draw on both in turn, and print the median and the 95th percentile of each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--drawings", type=int, default=100)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    clients, processes = {}, []
    for guards in (False, True):
        listening = socket.create_server(("127.0.0.1", 0))
        ready = context.Event()
        process = context.Process(target=serve, args=(listening, options.models, guards, ready), daemon=True)
        process.start()
        processes.append(process)
        assert ready.wait(180), "the demo did not start"
        clients[guards] = Client(listening.getsockname()[1])
    times: dict[bool, list[float]] = {False: [], True: []}
    content = png()
    for number in range(options.drawings + 5):
        for guards, client in clients.items():
            began = time.perf_counter()
            assert isinstance(client.draw(content, epsilon=0.1), list)
            if number >= 5:  # the first ones warm up
                times[guards].append(1000 * (time.perf_counter() - began))
            time.sleep(0.3)  # a person, not a flood: the guards let 40 drawings through in 10 seconds
    for guards, name in ((False, "without the controls"), (True, "with them")):
        p95 = statistics.quantiles(times[guards], n=20)[-1]
        print(f"{name:22}p50 {statistics.median(times[guards]):6.1f} ms   p95 {p95:6.1f} ms")
    for process in processes:
        process.kill()


if __name__ == "__main__":
    main()
