"""What may be asked: the few routes that drawing in a browser uses, and calls of the exact shape that it sends.

Gradio offers some fifty routes, among them a proxy, file reading and uploads to disk. All others are 404 here.
What reaches Gradio was rebuilt from checked values, so nothing unknown travels along.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Annotated, Any
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.serve.asgi import Told, client, header, refuse, replay
from engine.serve.settings import Limits
from engine.serve.sketch import Shelf, decode

JOIN, STREAM = "/gradio_api/queue/join", "/gradio_api/queue/data"
BLOB, UPLOAD = "/gradio_api/component_server", "/gradio_api/upload"
FILES = re.compile(r"/(?:assets|static)/(?!.*\.\.)[\w.@/-]{1,200}", re.ASCII)
READ = ("/", "/theme.css", "/favicon.ico", "/robots.txt", "/healthz", "/readyz")
TOKEN = re.compile(r"[\w.-]{1,64}", re.ASCII)
PARTS = ("background", "layer", "composite")
Name = Annotated[str, Field(pattern=r"\A[A-Za-z0-9]{1,32}\z")]


class Call(BaseModel):
    """The body of a call, as the page sends it."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    data: Annotated[list[Any], Field(min_length=1, max_length=4)]
    fn_index: Annotated[int, Field(ge=0, le=1000)]
    trigger_id: Annotated[int, Field(ge=0, le=100_000)] | None = None
    session_hash: Name
    event_data: Any = None  # a checkbox sends true, others null; nothing here reads it, and it is not sent on


class Gate:
    """Lets through what the page needs.

    Args:
        app: Gradio.
        inputs: Number of inputs of each function that a call may name.
        limits: Sizes.
        shelf: Where drawings wait for the call that names them.
        session: Whether a session is known; streams of unknown ones are refused.
        told: Hears refusals.
    """

    def __init__(
        self, app: ASGIApp, inputs: Mapping[int, int], limits: Limits, shelf: Shelf,
        session: Callable[[str], bool], told: Told,
    ) -> None:  # fmt: skip
        self.app, self.inputs, self.limits, self.shelf = app, inputs, limits, shelf
        self.session, self.told = session, told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route by method and path; 404 for the rest."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        method, path = scope["method"], scope["path"]
        where = path.rstrip("/") or "/"
        if method == "POST" and where == JOIN:
            return await self._join(scope, receive, send)
        if method == "POST" and where in (BLOB, UPLOAD):
            return await self._picture(scope, receive, send, where)
        if method in ("GET", "HEAD") and (path in READ or FILES.fullmatch(path)):
            # Queries choose themes and deep links, which the page does without; plain text, so that it can be hashed.
            kept = [(name, value) for name, value in scope["headers"] if path != "/" or name != b"accept-encoding"]
            return await self.app({**scope, "query_string": b"", "headers": kept}, receive, send)
        if method == "GET" and path == STREAM:
            named = parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [])
            if len(named) == 1 and self.session(named[0]):
                return await self.app(scope, receive, send)
        self.told("unknown route")
        return await refuse(send, 404, "not found")

    async def _join(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        try:
            if len(body) > self.limits.call:
                raise ValueError("the call is too large")
            body = self.checked(body)
        except (ValidationError, ValueError, KeyError, TypeError):
            self.told("malformed")
            return await refuse(send, 422, "this is not a call of the demo's page")
        kept = [(name, value) for name, value in scope["headers"] if name not in (b"content-length", b"content-type")]
        kept += [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
        return await self.app({**scope, "headers": kept, "query_string": b""}, replay(body, receive), send)

    def checked(self, body: bytes) -> bytes:
        """Return a call rebuilt from its checked values; ValidationError or ValueError where one is wrong."""
        call = Call.model_validate_json(body)
        if self.inputs.get(call.fn_index) != len(call.data):
            raise ValueError("no such function")
        *pad, name = call.data if len(call.data) == 1 else call.data[:2]
        data: list[Any] = [*(_pad(value) for value in pad), _string(name)]
        if len(call.data) == 4:
            stamp, size = call.data[2:]
            if not isinstance(stamp, bool) or isinstance(size, bool) or not isinstance(size, (int, float)):
                raise ValueError("not a switch and a size")
            if not 0 <= size <= 1:  # false for NaN as well
                raise ValueError("not a size")
            data += [stamp, size]
        sent = {"data": data, "fn_index": call.fn_index, "trigger_id": call.trigger_id}
        return json.dumps({**sent, "session_hash": call.session_hash}, allow_nan=False).encode()

    async def _picture(self, scope: Scope, receive: Receive, send: Send, where: str) -> None:
        try:
            if not header(scope, b"content-type")[0].startswith(b"multipart/form-data"):
                raise ValueError("not a form")
            request = Request(scope, receive)
            async with request.form(max_files=8, max_fields=8, max_part_size=1024) as form:
                keep = self._blob if where == BLOB else self._upload
                answer = await keep(form, client(scope))
        except (HTTPException, MultiPartException):
            self.told("malformed")
            return await refuse(send, 400, "the form is malformed")
        except (ValueError, KeyError, IndexError, TypeError) as error:
            self.told("malformed")
            return await refuse(send, 422, str(error) if type(error) is ValueError else "the form is malformed")
        return await JSONResponse(answer)(scope, receive, send)

    async def _blob(self, form: FormData, owner: str) -> None:
        """Take one part of the pad under the name that the page chose. Only the composite is looked at."""
        if form["fn_name"] != "accept_blobs" or form["type"] not in PARTS:
            raise ValueError("unknown function")
        if form.get("index", "") not in ("", "null", *map(str, range(8))):
            raise ValueError("unknown layer")
        if form["type"] == "composite":
            self.shelf.put(_token(form["id"]), owner, decode(await _bytes(form["file"])))

    async def _upload(self, form: FormData, owner: str) -> list[str]:
        """Return a token for each file, in the order given, where Gradio would return paths."""
        tokens = []
        for file in form.getlist("files"):
            content = await _bytes(file)
            tokens.append(secrets.token_hex(16))
            if isinstance(file, UploadFile) and (file.filename or "").startswith("composite"):
                self.shelf.put(tokens[-1], owner, decode(content))
        return tokens


async def _bytes(file: object) -> bytes:
    if not isinstance(file, UploadFile):
        raise ValueError("a file is missing")
    return await file.read()


def _string(value: object) -> str:
    if not isinstance(value, str) or len(value) > 64:
        raise ValueError("not a name")
    return value


def _token(value: object) -> str:
    if not isinstance(value, str) or not TOKEN.fullmatch(value):
        raise ValueError("not a drawing's name")
    return value


def _pad(value: object) -> dict[str, Any] | None:
    """Return the pad's value with nothing in it but the token of its composite."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError("not a pad")
    named = value.get("id")
    if named is None:
        composite = value.get("composite")
        if composite is None:
            return None
        named = composite["path"]
    return {"background": None, "layers": [], "composite": None, "id": _token(named)}
