"""The published data of an earlier build, from a folder or from its site."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from engine.core import records
from engine.core.errors import UserError
from engine.core.records.outcomes import Outcome, outcomes

MEASURED = ("evaluation", "evasion", "minimal", "corruptions", "certification", "inputs", "poisoning")
MANIFEST, OUTCOMES = "MANIFEST", "outcomes.json"
SECONDS, LIMIT = 20.0, 64 * 2**20  # what an answer may take, and hold
PLACES = ("", "data/", "docs/data/", "site/data/")  # below what was named
Read = Callable[[str], bytes | None]


@dataclass(frozen=True)
class Earlier:
    """What an earlier build published. ``checked`` tells whether every file had the digest of its manifest."""

    source: str
    build: records.Build
    rows: dict[str, tuple[Any, ...]]
    outcomes: tuple[Outcome, ...]
    checked: bool

    @property
    def label(self) -> str:
        """Its address, or of a folder the name alone: where it lies on this machine is nobody's business."""
        return self.source if "://" in self.source else f"the folder “{Path(self.source).resolve().name}”"


def load(source: str) -> Earlier:
    """Read a ``data`` folder, a folder or site that has one, or its http(s) address.

    `UserError`, one line, where there is none, a file is not what its manifest says, or it was written to another
    schema; or where a site does not answer.
    """
    read, place = _find(_web(source) if "://" in source else _folder(Path(source)), source)
    stated = _stated(read(place + MANIFEST), source)

    def checked(name: str) -> bytes | None:
        content = read(place + name)
        if content is not None and stated and sha256(content).hexdigest() != stated.get(name):
            raise UserError(f"{source}: {name} is not what {MANIFEST} says", "fetch the earlier build again")
        return content

    found = {family: _rows(checked(f"{family}.json"), family, source) for family in (*MEASURED, "provenance")}
    (build,) = found.pop("provenance") or _missing(source, "provenance.json")
    return Earlier(source, build, found, _outcomes(checked(OUTCOMES), source), bool(stated))


def _find(read: Read, source: str) -> tuple[Read, str]:
    for place in PLACES:
        if read(f"{place}provenance.json") is not None:
            return read, place
    return _missing(source, "provenance.json")


def _missing(source: str, name: str) -> Any:
    raise UserError(f"{source} holds no {name}", "name an earlier build's docs/data, site or published address")


def _folder(folder: Path) -> Read:
    def read(name: str) -> bytes | None:
        try:
            return (folder / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise UserError(f"cannot read {folder / name}: {error.strerror}", "name another folder") from None

    return read


def _web(address: str) -> Read:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UserError(f"{address} is neither a folder nor an http address", "name either")
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection

    def read(name: str) -> bytes | None:
        line = kind(parts.netloc, timeout=SECONDS)
        try:
            line.request("GET", f"{parts.path.rstrip('/')}/{name}")
            answer = line.getresponse()
            content = answer.read(LIMIT + 1)
        except TimeoutError:
            raise UserError(f"{address} did not answer within {SECONDS:g} s", "try again, or name a folder") from None
        except (OSError, HTTPException, ValueError) as error:
            raise UserError(f"cannot read {address}: {error}", "check the address, or name a folder") from None
        finally:
            line.close()
        if answer.status == 404:
            return None
        if answer.status != 200 or len(content) > LIMIT:
            why = f"status {answer.status}" if answer.status != 200 else f"more than {LIMIT} bytes"
            raise UserError(f"{address}/{name} answers with {why}", "name the address where the data is")
        return content

    return read


def _stated(content: bytes | None, source: str) -> dict[str, str]:
    """Return the digests of the folder's manifest; none where there is no manifest."""
    if content is None:
        return {}
    try:
        stated = json.loads(content)["files"]
        return {str(name): str(digest) for name, digest in stated.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(f"{source}: {MANIFEST} is no manifest", "fetch the earlier build again") from None


def _rows(content: bytes | None, family: str, source: str) -> tuple[Any, ...]:
    if content is None:
        return ()
    try:
        return tuple(records.load(family, content))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UserError(
            f"{source}: {family}.json has another schema ({where}: {first['msg']})",
            "it was published by another version; compare with a build of this one",
        ) from None


def _outcomes(content: bytes | None, source: str) -> tuple[Outcome, ...]:
    try:
        return tuple(outcomes.validate_json(content)) if content is not None else ()
    except ValidationError as error:
        said = error.errors()[0]["msg"]
        raise UserError(
            f"{source}: {OUTCOMES} has another schema ({said})", "compare with a build of this version"
        ) from None
