"""Who may ask and how: trusted hosts, own origin, bounded bodies, and headers that a browser enforces.

Each guard is a plain ASGI application around the next. They know nothing of the model or of Gradio.
"""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from hashlib import sha256
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.serve.asgi import Told, header, refuse, replay
from engine.serve.settings import Limits

# Sketchpad compiles code at run time, hence 'unsafe-eval'. Inline scripts are listed by their digest.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'{scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "manifest-src 'self'; base-uri 'self'; form-action 'none'; object-src 'none'; frame-ancestors 'none'"
)
FIXED = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]
OURS = {name for name, _ in FIXED} | {b"content-security-policy", b"server"}
INLINE = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


class Headers:
    """Adds the policy to every answer, drops CORS, and turns an unforeseen error into a bare 500."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass HTTP on; refuse everything else, as nothing here speaks websockets."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        answer = _Answer(send)
        try:
            await self.app(scope, receive, answer)
        except Exception:
            if not answer.started:
                await refuse(answer, 500, "the demo failed")
            raise


class _Answer:
    """Sends on; holds a page back until it is whole, since its policy names the digests of its scripts."""

    def __init__(self, send: Send) -> None:
        self.send, self.started = send, False
        self.held: Message | None = None
        self.page = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            kept = [(k, v) for k, v in message["headers"] if k not in OURS and not k.startswith(b"access-control-")]
            message = {**message, "headers": kept}
            if any(k == b"content-type" and v.startswith(b"text/html") for k, v in kept):
                self.held = message
                return
            message["headers"] = [*kept, *FIXED, (b"content-security-policy", policy(b""))]
        elif self.held is not None:
            self.page += message.get("body", b"")
            if message.get("more_body"):
                return
            start = self.held
            start["headers"] = [*start["headers"], *FIXED, (b"content-security-policy", policy(self.page))]
            await self.send(start)
            message = {"type": "http.response.body", "body": self.page}
        await self.send(message)


def policy(page: bytes) -> bytes:
    """Return the Content-Security-Policy of a page, with the SHA-256 of each of its inline scripts."""
    digests = [b64encode(sha256(script).digest()).decode() for script in INLINE.findall(page) if script]
    return POLICY.format(scripts="".join(f" 'sha256-{digest}'" for digest in digests)).encode()


class SameSite:
    """Refuses foreign names for this server (DNS rebinding) and posts from other sites' pages.

    A post without Origin comes from no browser page and is let through: it needs no visitor to be tricked.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...], told: Told) -> None:
        self.app, self.told = app, told
        self.hosts = {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 to a foreign host and 403 to a foreign origin."""
        if scope["type"] == "http":
            named = header(scope, b"host")
            if len(named) != 1 or _name(named[0]) not in self.hosts:
                self.told("foreign host")
                return await refuse(send, 421, "this server does not answer to that name")
            if scope["method"] not in ("GET", "HEAD") and not self._own(scope, named[0]):
                self.told("foreign origin")
                return await refuse(send, 403, "posts from other sites are refused")
        return await self.app(scope, receive, send)

    @staticmethod
    def _own(scope: Scope, host: bytes) -> bool:
        origins = header(scope, b"origin")
        if not origins:
            return not set(header(scope, b"sec-fetch-site")) & {b"cross-site", b"same-site"}
        scheme, _, rest = origins[0].partition(b"://")
        return len(origins) == 1 and scheme in (b"http", b"https") and rest.lower() == host.lower()


def _name(host: bytes) -> str | None:
    try:
        return urlsplit("//" + host.decode("ascii")).hostname if b"@" not in host and b"/" not in host else None
    except ValueError:
        return None


class Bodies:
    """Reads each body whole, within a size and a time, whether its length was announced or not."""

    def __init__(self, app: ASGIApp, limits: Limits, told: Told) -> None:
        self.app, self.limits, self.told = app, limits, told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413 to too much, 408 to too slow; what goes on is complete."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        announced = header(scope, b"content-length")
        if announced and int(announced[0]) > self.limits.body:  # the HTTP parser took it for a number
            self.told("too large")
            return await refuse(send, 413, "the request is too large", (b"connection", b"close"))
        try:
            async with asyncio.timeout(self.limits.body_seconds):
                body = await _whole(receive, self.limits.body)
        except TimeoutError:
            self.told("too slow")
            return await refuse(send, 408, "the request took too long", (b"connection", b"close"))
        if body is None:
            self.told("too large")
            return await refuse(send, 413, "the request is too large", (b"connection", b"close"))
        return await self.app(scope, replay(body, receive), send)


async def _whole(receive: Receive, limit: int) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            return None
        if not message.get("more_body"):
            return b"".join(parts)
