"""Who is told to come back, and when."""

from __future__ import annotations

import asyncio
from typing import Any

from engine.serve.settings import Limits
from engine.serve.throttle import Meter, Throttle
from tests.serve.direct import answer, ask, echo, run

JOIN = "/gradio_api/queue/join"


def throttle(app: Any = echo, **limits: Any) -> Throttle:
    return Throttle(app, Limits(**limits), Meter(), lambda _reason: None)


def test_one_client_is_stopped_and_another_is_not() -> None:
    app = throttle(client_drawings="3 per 1 hour")
    found = [ask(app, "POST", JOIN)[0] for _ in range(5)]
    assert found == [200, 200, 200, 429, 429]
    assert ask(app, "POST", JOIN, client="127.0.0.2")[0] == 200
    assert ask(app, "POST", JOIN + "/")[0] == 429
    assert ask(app)[0] == 200


def test_a_refusal_says_when_to_come_back() -> None:
    app = throttle(client_drawings="1 per 1 hour")
    ask(app, "POST", JOIN)
    status, headers, body = ask(app, "POST", JOIN)
    assert (status, body) == (429, b'{"error": "too many requests"}')
    assert headers["content-type"] == "application/json"
    assert 3500 < int(headers["retry-after"]) <= 3600


def test_all_together_are_stopped_with_503_but_one_who_was_stopped_alone_uses_up_nothing() -> None:
    app = throttle(client_drawings="2 per 1 hour", everyone_drawings="4 per 1 hour")
    for _ in range(50):
        ask(app, "POST", JOIN, client="127.0.0.2")
    assert [ask(app, "POST", JOIN, client="127.0.0.3")[0] for _ in range(2)] == [200, 200]
    status, headers, _ = ask(app, "POST", JOIN, client="127.0.0.4")
    assert status == 503
    assert int(headers["retry-after"]) > 0


def test_answers_under_way_at_once_are_bounded_and_given_back() -> None:
    held = asyncio.Event()

    async def stream(scope: Any, receive: Any, send: Any) -> None:
        await held.wait()
        await echo(scope, receive, send)

    async def many() -> list[int]:
        app = throttle(stream, client_open=3)
        tasks = [asyncio.create_task(answer(app)) for _ in range(5)]
        await asyncio.sleep(0.05)
        held.set()
        found = [(await task)[0] for task in tasks]
        assert not app.open
        return found

    assert sorted(run(many())) == [200, 200, 200, 429, 429]


def test_health_is_never_refused() -> None:
    app = throttle(client="1 per 1 hour")
    assert [ask(app, path="/healthz")[0] for _ in range(3)] == [200] * 3
