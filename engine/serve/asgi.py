"""The few ASGI helpers that the guards share."""

from __future__ import annotations

import json
from collections.abc import Callable

from starlette.types import Message, Receive, Scope, Send

Told = Callable[[str], None]  # hears the reason of each refusal


def header(scope: Scope, name: bytes) -> list[bytes]:
    """Return every value of a header; HTTP allows a name more than once, and attackers use that."""
    return [value for key, value in scope["headers"] if key == name]


def client(scope: Scope) -> str:
    """Return the address of whoever asks, "" where there is none."""
    peer = scope.get("client")
    return str(peer[0]) if peer else ""


async def refuse(send: Send, status: int, reason: str, *headers: tuple[bytes, bytes]) -> None:
    """Answer with ``{"error": reason}``; the reason is ours and repeats nothing that was sent."""
    body = json.dumps({"error": reason}).encode()
    own = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status in (429, 503) and not any(name == b"retry-after" for name, _ in headers):
        own.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": status, "headers": [*own, *headers]})
    await send({"type": "http.response.body", "body": body})


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that yields ``body`` once and then waits for the client to leave."""
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
