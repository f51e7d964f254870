"""Asks an ASGI application without a network, and an application that echoes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def ask(
    app: Any, method: str = "GET", path: str = "/", headers: dict[str, str] | list[tuple[str, str]] | None = None,
    chunks: list[bytes] | None = None, client: str = "127.0.0.1", pause: float = 0,
) -> tuple[int, dict[str, str], bytes]:  # fmt: skip
    """Return status, headers and body of the answer to a request whose body comes in chunks."""
    return run(answer(app, method, path, headers, chunks, client, pause))


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Return what a coroutine returns; in a thread of its own, since a browser's tests leave a loop running in ours."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, work).result()


async def answer(
    app: Any, method: str = "GET", path: str = "/", headers: Any = None, chunks: list[bytes] | None = None,
    client: str = "127.0.0.1", pause: float = 0,
) -> tuple[int, dict[str, str], bytes]:  # fmt: skip
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers or [])
    if not any(name == "host" for name, _ in pairs):
        pairs.append(("host", "localhost"))
    path, _, query = path.partition("?")
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
             "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in pairs], "client": (client, 1),
             "root_path": "", "scheme": "http", "server": ("127.0.0.1", 80), "http_version": "1.1",
             "asgi": {"version": "3.0"}}  # fmt: skip
    left, sent = list(chunks or [b""]), []

    async def receive() -> dict[str, Any]:
        if pause:
            await asyncio.sleep(pause)
        if not left:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    found = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(m.get("body", b"") for m in sent[1:])


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the path and how many bytes came."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = json.dumps({"path": scope["path"], "size": size, "query": scope["query_string"].decode()}).encode()
    cors = (b"access-control-allow-origin", b"*")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain"), cors]})
    await send({"type": "http.response.body", "body": body})
