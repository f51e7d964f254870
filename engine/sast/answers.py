"""What this project does in place of each flaw of the insecure reference: `answers.toml`, checked."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.core.errors import UserError

TABLE = Path(__file__).parent / "answers.toml"
BEFORE = "engine/sast/before"
Text = Annotated[str, Field(min_length=1)]


class Answer(BaseModel):
    """One flaw: where it is, the rules that find it, and what is done instead and where."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)
    file: Text  # in before/
    rules: Annotated[tuple[Text, ...], Field(min_length=1)]
    ours: Text  # a file or folder of this project
    text: Text
    anchor: str = ""  # the function, method or class in `ours` that is the fix
    exploit: tuple[Text, ...] = ()  # pytest ids
    regression: tuple[Text, ...] = ()


class Table(BaseModel):
    """The whole file."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)
    answer: tuple[Answer, ...]


def entries(table: Path = TABLE) -> tuple[Answer, ...]:
    """Read and check the table; `UserError` names the entry that is wrong."""
    try:
        return Table.model_validate(tomllib.loads(table.read_text("utf-8"))).answer
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"cannot read {table}: {error}", "mend the file") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UserError(f"{table} is wrong at {where}: {first['msg']}", "mend the entry") from None


def tests(table: Path = TABLE) -> set[str]:
    """Return the ids of all tests that the table names, exploits and regressions."""
    return {test for entry in entries(table) for test in (*entry.exploit, *entry.regression)}


def by_rule(table: Path = TABLE, folder: str = BEFORE) -> dict[tuple[str, str], str]:
    """Return (path, rule) → text with the place in this project; `UserError` for a double entry."""
    found: dict[tuple[str, str], str] = {}
    for entry in entries(table):
        for rule in entry.rules:
            key = (f"{folder}/{entry.file}", rule)
            if key in found:
                raise UserError(f"{table} answers {rule} in {entry.file} twice", "keep one of the entries")
            found[key] = f"{entry.text} See {entry.ours}."
    return found
