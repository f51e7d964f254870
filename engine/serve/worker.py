"""The process that answers: models, page and guards, on a socket that the supervisor opened.

Imported by a server process that forks workers, so that a new one is there within a second: the slow imports
(torch, Gradio) are done once, and nothing here may start a thread at import.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from multiprocessing.process import parent_process
from typing import Any

# Read when Gradio is imported: without it the server itself looks up two outside hosts.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr
import torch
import uvicorn
from fastapi import FastAPI
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from engine.core.errors import UserError
from engine.serve import app as demo
from engine.serve import models, privilege
from engine.serve.auth import Login
from engine.serve.gate import Gate
from engine.serve.guard import Bodies, Headers, SameSite
from engine.serve.journal import Journal
from engine.serve.models import Served
from engine.serve.settings import Settings
from engine.serve.sketch import Shelf
from engine.serve.throttle import Meter, Throttle

USER_ERROR = 2


@dataclass(frozen=True)
class Demo:
    """The application with Gradio in it, without guards, and what the guards have to know of it."""

    app: FastAPI
    page: gr.Blocks
    shelf: Shelf


def unguarded(served: Mapping[str, Served], chosen: str, show_scores: bool, note: demo.Note | None = None) -> Demo:
    """Return the demo alone; `guarded` is what anyone may reach."""
    shelf = Shelf()
    page = demo.build(served, chosen, show_scores, shelf, note)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    gr.mount_gradio_app(
        app, page, path="", show_error=False, footer_links=[], run_history=False, enable_monitoring=False,
        ssr_mode=False, mcp_server=False, css=demo.CSS, app_kwargs={"openapi_url": None},
        allowed_paths=[], blocked_paths=["/"], max_file_size=1 << 18,
    )  # fmt: skip
    return Demo(app, page, shelf)


def guarded(inner: Demo, settings: Settings, journal: Journal) -> ASGIApp:
    """Put the guards around the demo. Read from the last line up: that is the order a request meets them in."""
    limits, told, meter = settings.limits, journal.tally, Meter()
    queue = inner.page._queue
    inputs = {number: len(fn.inputs) for number, fn in inner.page.fns.items()}
    app: ASGIApp = Gate(
        inner.app, inputs, limits, inner.shelf, lambda name: name in queue.pending_messages_per_session, told
    )
    app = Bodies(app, limits, told)
    if settings.accounts:
        app = Login(app, settings.accounts, limits, meter, told)
    app = Throttle(app, limits, meter, told)
    app = SameSite(app, settings.hosts, told)
    return Headers(app)


def health(app: FastAPI, journal: Journal) -> None:
    """Add ``/healthz`` (the process answers) and ``/readyz`` (it can take drawings). Both say nothing else."""

    async def live() -> JSONResponse:
        return JSONResponse({"status": "live"})

    async def ready() -> JSONResponse:
        return JSONResponse({"status": "full" if journal.full else "ready"}, 503 if journal.full else 200)

    # Before the mount, which would answer everything.
    app.router.add_api_route("/healthz", live, methods=["GET"])
    app.router.add_api_route("/readyz", ready, methods=["GET"])
    app.router.routes[:0] = [app.router.routes.pop(), app.router.routes.pop()]


def noted(journal: Journal) -> demo.Note:
    """Return what writes an answer to the journal, and refuses to answer when it is full."""

    def note(address: str, **values: Any) -> None:
        if journal.full:
            raise gr.Error("The journal is full.", print_exception=False)
        journal.add("answer", client=journal.client(address), outcome="answered", **values)

    return note


def run(listening: socket.socket, settings: Settings, go: Any, ready: Any) -> None:
    """Load, wait for one's turn, then answer until told to stop.

    Args:
        listening: The supervisor's socket.
        settings: What to serve and how.
        go: Set when this worker is to answer; until then it is the spare, and has neither socket nor journal in use.
        ready: Set by the worker once it answers.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the supervisor passes it on
    privilege.seal()
    os.umask(0o077)
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it would log every malformed form
    torch.set_num_threads(1)
    os.environ["GRADIO_TEMP_DIR"] = str(settings.scratch)
    try:
        served = models.load(settings.models)
        chosen = models.choose(served, settings.model)
        late = _Late()
        inner = unguarded(served, chosen, settings.show_scores, late)
        _turn(go)
        journal = Journal(settings.journal, settings.salt)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        sys.exit(error.code)
    late.note = noted(journal)
    health(inner.app, journal)
    server = uvicorn.Server(config(guarded(inner, settings, journal), settings))
    _follow(server)
    _announce(inner.app, ready)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # uvicorn raises it again at its end, when the journal is still open
    try:
        asyncio.run(server.serve(sockets=[listening]))
    finally:
        journal.close()


class _Late:
    """A note whose listener comes later: the page is built before the journal may be opened."""

    def __init__(self) -> None:
        self.note: demo.Note | None = None

    def __call__(self, address: str, **values: Any) -> None:
        if self.note is None:
            raise RuntimeError("no journal yet")
        self.note(address, **values)


def _turn(go: Any) -> None:
    parent = parent_process()
    while not go.wait(1):
        if parent is not None and not parent.is_alive():
            sys.exit(0)


def config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Return how uvicorn serves: no log of addresses, no name of the software, no trust in forwarded addresses."""
    return uvicorn.Config(
        app, http="h11", ws="none", loop="asyncio", lifespan="on", log_level="debug" if settings.debug else "error",
        access_log=False, server_header=False, proxy_headers=settings.behind_proxy, forwarded_allow_ips="127.0.0.1",
        timeout_keep_alive=5, timeout_graceful_shutdown=2, h11_max_incomplete_event_size=1 << 14, backlog=128,
    )  # fmt: skip


def _announce(app: FastAPI, ready: Any) -> None:
    before = app.router.lifespan_context

    @contextlib.asynccontextmanager
    async def around(scope: FastAPI) -> AsyncIterator[Any]:
        async with before(scope) as state:
            ready.set()
            yield state

    app.router.lifespan_context = around


def _follow(server: uvicorn.Server) -> None:
    """Stop when the supervisor is gone, however it went."""
    parent = parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        server.should_exit = True

    threading.Thread(target=wait, daemon=True).start()
