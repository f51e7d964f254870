"""Foreign names and origins, bodies of every kind, and the headers of every answer."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest

from engine.serve.guard import Bodies, Headers, SameSite, policy
from engine.serve.settings import LOOPBACK, Limits
from tests.serve.direct import ask, echo, run


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def site(heard: list[str]) -> Any:
    return SameSite(echo, LOOPBACK, heard.append)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:7860", "[::1]:7860", "LOCALHOST:1"])
def test_own_names_are_answered(site: Any, host: str) -> None:
    assert ask(site, headers={"host": host})[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.test", "localhost.evil.test", "evil.test:7860", "", "localhost@evil.test", "[", "127.0.0.1/x", "é"]
)
def test_foreign_names_are_not(site: Any, heard: list[str], host: str) -> None:
    assert ask(site, headers={"host": host})[0] == 421
    assert heard == ["foreign host"]


def test_two_host_headers_are_refused(site: Any) -> None:
    assert ask(site, headers=[("host", "localhost"), ("host", "evil.test")])[0] == 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "localhost:1", "origin": "http://localhost:1"}, 200),
        ({"host": "localhost:1"}, 200),  # no browser page sent it
        ({"host": "localhost:1", "sec-fetch-site": "same-origin"}, 200),
        ({"host": "localhost:1", "origin": "http://localhost:2"}, 403),
        ({"host": "localhost:1", "origin": "http://evil.test"}, 403),
        ({"host": "localhost:1", "origin": "null"}, 403),
        ({"host": "localhost:1", "origin": "file://localhost:1"}, 403),
        ({"host": "localhost:1", "origin": ""}, 403),
        ({"host": "localhost:1", "sec-fetch-site": "cross-site"}, 403),
        ([("host", "localhost:1"), ("origin", "http://localhost:1"), ("origin", "http://evil.test")], 403),
    ],
)
def test_posts_come_from_the_own_page(site: Any, headers: Any, status: int) -> None:
    assert ask(site, "POST", headers=headers)[0] == status


@pytest.mark.parametrize("headers", [{"content-length": "101"}, {"content-length": str(1 << 60)}, {}])
def test_a_body_over_the_limit_is_refused_whether_announced_or_not(heard: list[str], headers: dict) -> None:
    app = Bodies(echo, Limits(body=100), heard.append)
    status, _, body = ask(app, "POST", headers=headers, chunks=[b"x" * 10] * 11)
    assert (status, body, heard) == (413, b'{"error": "the request is too large"}', ["too large"])


def test_a_body_within_the_limit_arrives_whole(heard: list[str]) -> None:
    status, _, body = ask(Bodies(echo, Limits(body=100), heard.append), "POST", chunks=[b"x" * 10] * 10)
    assert (status, heard) == (200, [])
    assert b'"size": 100' in body


def test_an_endless_body_is_read_no_further_than_the_limit(heard: list[str]) -> None:
    read = 0

    async def receive() -> dict:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"x" * 10, "more_body": True}

    async def send(message: dict) -> None:
        heard.append(str(message.get("status", "")))

    scope = {"type": "http", "headers": []}
    run(Bodies(echo, Limits(body=100), heard.append)(scope, receive, send))
    assert read == 11
    assert "413" in heard


def test_a_slow_body_is_given_up(heard: list[str]) -> None:
    app = Bodies(echo, Limits(body_seconds=0.1), heard.append)
    assert ask(app, "POST", chunks=[b"x"] * 100, pause=0.02)[0] == 408


def test_every_answer_carries_the_policy_and_none_opens_it_to_others() -> None:
    status, headers, _ = ask(Headers(echo))
    assert status == 200
    rules = dict(rule.strip().partition(" ")[::2] for rule in headers["content-security-policy"].split(";"))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["object-src"] == rules["form-action"] == "'none'"
    assert rules["script-src"] == "'self' 'unsafe-eval'"
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert not [name for name in headers if name.startswith("access-control")]


def test_a_pages_inline_scripts_are_named_by_their_digest() -> None:
    page = b'<script>one()</script><script src="/a.js"></script><script type="module">two()</script>'
    found = re.findall(r"'sha256-([^']+)'", policy(page).decode())
    assert found == [b64encode(sha256(text).digest()).decode() for text in (b"one()", b"two()")]


def test_an_unforeseen_error_shows_nothing_of_itself() -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("/secret/path")

    sent: list[dict] = []

    async def send(message: dict) -> None:
        sent.append(message)

    with pytest.raises(RuntimeError):  # the server logs it
        run(Headers(broken)({"type": "http"}, None, send))
    assert sent[0]["status"] == 500
    assert sent[1]["body"] == b'{"error": "the demo failed"}'
