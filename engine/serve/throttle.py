"""How often and how much at once: per client, so that one cannot keep the others out, and for all together.

Counters live in this process (package ``limits``, fixed windows) and start anew with it. Many clients
together can still use up what all may ask for: then everybody is told to come back, and the process lives.
"""

from __future__ import annotations

import math
import time
from collections import Counter

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.serve.asgi import Told, client, refuse
from engine.serve.settings import Limits

DRAWING = "/gradio_api/queue/join"
FREE = ("/healthz", "/readyz")


class Meter:
    """Counts what a client did; shared by the request limits and the password check."""

    def __init__(self) -> None:
        self.strategy = FixedWindowRateLimiter(MemoryStorage())

    def hit(self, item: RateLimitItem, *who: str) -> int:
        """Count one; return 0 where it is allowed, else the seconds until it is again."""
        return 0 if self.strategy.hit(item, *who) else self._wait(item, *who)

    def blocked(self, item: RateLimitItem, *who: str) -> int:
        """Return the seconds to wait, 0 for none, without counting."""
        return 0 if self.strategy.test(item, *who) else self._wait(item, *who)

    def _wait(self, item: RateLimitItem, *who: str) -> int:
        return max(1, math.ceil(self.strategy.get_window_stats(item, *who).reset_time - time.time()))


class Throttle:
    """429 to one who asks too often, 503 where all together do; both with Retry-After."""

    def __init__(self, app: ASGIApp, limits: Limits, meter: Meter, told: Told) -> None:
        self.app, self.limits, self.meter, self.told = app, limits, meter, told
        self.open: Counter[str] = Counter()
        pairs = [
            ("request", limits.client, limits.everyone),
            ("post", limits.client_posts, limits.everyone_posts),
            ("drawing", limits.client_drawings, limits.everyone_drawings),
        ]
        self.rates = {kind: (parse(one), parse(every)) for kind, one, every in pairs}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count, refuse, or pass on while holding one of the client's places."""
        if scope["type"] != "http" or scope["path"] in FREE:
            return await self.app(scope, receive, send)
        who = client(scope)
        status, wait = self._over(scope, who)
        if status:
            self.told("too many" if status == 429 else "busy")
            reason = "too many requests" if status == 429 else "the demo is busy"
            return await refuse(send, status, reason, (b"retry-after", str(wait).encode()))
        self.open[who] += 1
        try:
            return await self.app(scope, receive, send)
        finally:
            self.open[who] -= 1
            if not self.open[who]:
                del self.open[who]

    def _over(self, scope: Scope, who: str) -> tuple[int, int]:
        if self.open[who] >= self.limits.client_open:
            return 429, 1
        if self.open.total() >= self.limits.everyone_open:
            return 503, 1
        kinds = ["request"]
        if scope["method"] == "POST":
            kinds.append("drawing" if scope["path"].rstrip("/") == DRAWING else "post")
        for kind in kinds:
            one, every = self.rates[kind]
            # The client's own limit comes first: what it refuses must not eat into what all may ask for.
            if wait := self.meter.hit(one, kind, who):
                return 429, wait
            if wait := self.meter.hit(every, kind):
                return 503, wait
        return 0, 0
