"""Routes that do not exist any more, and calls that are not the page's."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.serve.gate import Gate
from engine.serve.settings import Limits
from engine.serve.sketch import Shelf
from tests.serve.direct import ask, echo
from tests.serve.live import form, png

SESSION = "abc123"
GOOD = {"data": [{"id": "t"}, "clean", False, 0], "fn_index": 0, "trigger_id": 4, "session_hash": SESSION}


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def gate(shelf: Shelf | None = None) -> Gate:
    known = SESSION.__eq__
    return Gate(echo, {0: 4, 4: 1}, Limits(), shelf or Shelf(), known, lambda _reason: None)


@pytest.mark.parametrize("path", ["/", "/theme.css", "/assets/index-abc.js", "/static/fonts/A/b.woff2", "/healthz"])
def test_what_the_page_reads_is_there(path: str) -> None:
    assert ask(gate(), path=path + "?view=api")[::2] == (
        200,
        json.dumps({"path": path, "size": 0, "query": ""}).encode(),
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/config"), ("GET", "/gradio_api/info"), ("GET", "/gradio_api/openapi.json"), ("GET", "/docs"),
        ("GET", "/gradio_api/file=/etc/passwd"), ("GET", "/gradio_api/file=http://evil.test/"),
        ("GET", "/gradio_api/proxy=http://evil.test/"), ("GET", "/monitoring"), ("GET", "/gradio_api/app_id"),
        ("GET", "/assets/../../etc/passwd"), ("GET", "/assets/a/..%2f"), ("GET", "/static/\\..\\x"),
        ("GET", "/gradio_api/queue/data"), ("GET", "/gradio_api/queue/data?session_hash=other"),
        ("GET", f"/gradio_api/queue/data?session_hash={SESSION}&session_hash=other"),
        ("POST", "/gradio_api/run/look"), ("POST", "/gradio_api/api/look"), ("POST", "/gradio_api/call/look"),
        ("POST", "/gradio_api/call/v2/look"), ("POST", "/gradio_api/cancel"), ("POST", "/gradio_api/reset"),
        ("POST", "/gradio_api/stream/x"), ("POST", "/gradio_api/vibe-edit"), ("POST", "/login"), ("POST", "/"),
        ("PUT", "/gradio_api/queue/join"), ("DELETE", "/"), ("OPTIONS", "/"), ("POST", "/gradio_api//queue/join"),
    ],
)  # fmt: skip
def test_every_other_route_is_gone(method: str, path: str) -> None:
    assert ask(gate(), method, path)[0] == 404


def test_a_known_session_may_listen() -> None:
    assert ask(gate(), path=f"/gradio_api/queue/data?session_hash={SESSION}")[0] == 200


def rebuilt(**changes: Any) -> Any:
    return json.loads(gate().checked(json.dumps(GOOD | changes).encode()))


def test_nothing_unchecked_travels_along() -> None:
    assert rebuilt()["data"][0] == {"background": None, "layers": [], "composite": None, "id": "t"}
    file = {"path": "t2", "url": "http://evil.test/x.png", "meta": {"_type": "gradio.FileData"}}
    value = {"background": file, "layers": [file], "composite": file, "junk": 1}
    found = rebuilt(data=[value, "clean", False, 0.5])
    assert found["data"] == [{"background": None, "layers": [], "composite": None, "id": "t2"}, "clean", False, 0.5]
    assert "evil" not in json.dumps(found)
    assert rebuilt(data=[None, "clean", True, 0])["data"] == [None, "clean", True, 0]
    assert "event_data" not in rebuilt(event_data={"a": 1})
    assert rebuilt(data=["clean"], fn_index=4)["data"] == ["clean"]


WRONG = [
    {"data": []}, {"data": [1] * 5}, {"data": "text"}, {"data": [{"id": "t"}, "clean", False]}, {"fn_index": 1},
    {"fn_index": True}, {"fn_index": "0"}, {"fn_index": -1}, {"fn_index": None}, {"session_hash": ""},
    {"session_hash": None}, {"session_hash": "a" * 33}, {"session_hash": "a/../b"}, {"session_hash": "a\n"},
    {"batched": True}, {"event_id": "x"}, {"oauth_token": "x"}, {"simple_format": True},
    {"data": [{"id": "t"}, 5, False, 0]}, {"data": [{"id": "t"}, "x" * 65, False, 0]},
    {"data": [{"id": "t"}, "clean", 1, 0]}, {"data": [{"id": "t"}, "clean", None, 0]},
    {"data": [{"id": "t"}, "clean", False, "0"]}, {"data": [{"id": "t"}, "clean", False, True]},
    {"data": [{"id": "t"}, "clean", False, float("nan")]}, {"data": [{"id": "t"}, "clean", False, float("inf")]},
    {"data": [{"id": "t"}, "clean", False, 1.01]}, {"data": [{"id": "t"}, "clean", False, -0.01]},
    {"data": [{"id": 5}, "clean", False, 0]}, {"data": [{"id": "../t"}, "clean", False, 0]},
    {"data": [{"composite": "text"}, "clean", False, 0]}, {"data": [{"composite": {}}, "clean", False, 0]},
    {"data": [{"composite": {"path": "/etc/passwd"}}, "clean", False, 0]},
    {"data": [[], "clean", False, 0]}, {"data": ["t", "clean", False, 0]},
]  # fmt: skip


@pytest.mark.parametrize("changes", WRONG, ids=str)
def test_a_call_of_another_shape_is_refused(changes: dict) -> None:
    body = json.dumps(GOOD | changes).encode()
    status, _, answer = ask(gate(), "POST", "/gradio_api/queue/join", chunks=[body])
    assert (status, answer) == (422, b'{"error": "this is not a call of the demo\'s page"}')


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{", b"\xff\xfe", b"[" * 10_000, b'{"a":' * 5000, b" " * (1 << 15), b'{"data":[1e999]}'],
    ids=range(9),
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    assert ask(gate(), "POST", "/gradio_api/queue/join", chunks=[body])[0] == 422


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(["id", "composite", "path", "x"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys([*GOOD, "event_data", "batched"], ANY)))
def test_any_call_is_refused_or_rebuilt_in_shape(changes: dict) -> None:
    try:
        found = json.loads(gate().checked(json.dumps(GOOD | changes).encode()))
    except (ValidationError, ValueError, KeyError, TypeError):
        return
    assert set(found) == set(GOOD)
    assert len(found["data"]) in (1, 4)
    if len(found["data"]) == 4:
        assert 0 <= found["data"][3] <= 1


def blob(target: Gate, content: bytes, path: str = "/gradio_api/component_server", **changes: str) -> tuple[int, bytes]:
    values = {"type": "composite", "index": "", "id": "t", "fn_name": "accept_blobs", **changes}
    body, kind = form(values, {"file": ("composite.png", content)})
    status, _, answer = ask(target, "POST", path, {"content-type": kind}, [body])
    return status, answer


def test_a_blob_becomes_a_drawing(shelf: Shelf) -> None:
    assert blob(gate(shelf), png()) == (200, b"null")
    assert shelf.get("t", "127.0.0.1") is not None


@pytest.mark.parametrize(
    "changes",
    [{"index": "20000000"}, {"index": "-1"}, {"index": "x"}, {"type": "other"}, {"fn_name": "__class__"}, {"id": ""},
     {"id": "../x"}, {"id": "x" * 65}],
    ids=str,
)  # fmt: skip
def test_a_blob_with_a_wrong_field_is_refused_and_kept_nowhere(shelf: Shelf, changes: dict[str, str]) -> None:
    assert blob(gate(shelf), png(), **changes)[0] == 422
    assert not shelf.kept


def test_other_layers_are_thrown_away(shelf: Shelf) -> None:
    assert blob(gate(shelf), b"anything", type="layer", index="7") == (200, b"null")
    assert not shelf.kept


@pytest.mark.parametrize("content", [b"", b"text", png()[:60], png(np.zeros((2000, 10), np.uint8))], ids=range(4))
def test_a_picture_that_is_none_is_refused(shelf: Shelf, content: bytes) -> None:
    assert blob(gate(shelf), content)[0] == 422
    assert not shelf.kept


def test_an_upload_is_a_token_and_no_file(shelf: Shelf) -> None:
    body, kind = form({}, {"files": ("composite.png", png())})
    status, _, answer = ask(gate(shelf), "POST", "/gradio_api/upload?upload_id=x", {"content-type": kind}, [body])
    assert status == 200
    (token,) = json.loads(answer)
    assert shelf.get(token, "127.0.0.1") is not None


@pytest.mark.parametrize("path", ["/gradio_api/upload", "/gradio_api/component_server/"])
@pytest.mark.parametrize(
    ("kind", "body"),
    [("application/json", b"{}"), ("multipart/form-data", b"x"), ("multipart/form-data; boundary=x", b"--x"),
     ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--x--\r\n'),
     ("", b""), ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: x\r\n\r\n\r\n--x--\r\n')],
)  # fmt: skip
def test_a_malformed_form_is_refused(path: str, kind: str, body: bytes) -> None:
    status = ask(gate(), "POST", path, {"content-type": kind} if kind else {}, [body])[0]
    assert status in (400, 422) or (status, path) == (200, "/gradio_api/upload")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_as_a_form_are_no_error(content: bytes, framed: bool) -> None:
    body = b"--x\r\n" + content + b"\r\n--x--\r\n" if framed else content
    head = {"content-type": "multipart/form-data; boundary=x"}
    assert ask(gate(), "POST", "/gradio_api/upload", head, [body])[0] in (200, 400, 422)
