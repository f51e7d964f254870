"""Questions to records: which ones, and what must hold of every one of them."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeAlias, get_args

from engine.core.records import FAMILIES, Record

Value: TypeAlias = bool | int | float | str
CONDITION = re.compile(r"(\w+)\s*(<=|>=|==)\s*(\S+)")
COMPARE: dict[str, Callable[[Any, Any], bool]] = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}
BOUNDS = {"accuracy": ("low", "high"), "success_rate": ("success_low", "success_high"), "auc": ("auc_low", "auc_high")}
RATES = {"accuracy", "success_rate", "low", "high", "caught"}
TYPES: dict[str, Any] = {kind.kind: kind for kind in get_args(Record)}


@dataclass(frozen=True)
class Condition:
    """``field`` compared with ``limit``."""

    field: str
    sign: str
    limit: Value

    def holds(self, row: Any) -> bool:
        """Tell whether a record meets it."""
        return COMPARE[self.sign](getattr(row, self.field), self.limit)


def condition(text: str) -> Condition:
    """Read e.g. ``low >= 0.8`` or ``sound == true``; ValueError says what is wrong."""
    found = CONDITION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no condition such as 'low >= 0.8'")
    field, sign, limit = found.groups()
    if limit in ("true", "false"):
        return Condition(field, sign, limit == "true")
    try:
        return Condition(field, sign, float(limit))
    except ValueError:
        raise ValueError(f"{text!r} compares with {limit!r}, which is neither a number nor true or false") from None


def faults(kind: str, where: Mapping[str, Value], holds: str) -> list[str]:
    """Return what is wrong with a question, without asking it."""
    if kind not in TYPES:
        return [f"there is no record of kind {kind!r}"]
    names = {field.name for field in fields(TYPES[kind])}
    found = [f"a record of kind {kind!r} has no field {name!r}" for name in where if name not in names]
    try:
        asked = condition(holds)
    except ValueError as error:
        return [*found, str(error)]
    return [*found, *([] if asked.field in names else [f"a record of kind {kind!r} has no field {asked.field!r}"])]


def family(kind: str) -> str:
    """Return the family that a kind of record belongs to."""
    return next(name for name, kinds in FAMILIES.items() if TYPES[kind] in (get_args(kinds) or (kinds,)))


def name(kind: str, where: Mapping[str, Value], holds: str) -> str:
    """Return the question as one line, e.g. ``evasion · model hardened, epsilon 0.3 · low >= 0.8``."""
    chosen = ", ".join(f"{field} {_shown(value)}" for field, value in where.items())
    return f"{kind} · {chosen} · {holds}" if chosen else f"{kind} · {holds}"


def matching(rows: Iterable[Any], kind: str, where: Mapping[str, Value]) -> list[Any]:
    """Return the records of a kind whose fields have these values."""
    known = (row for row in rows if isinstance(row, TYPES[kind]))
    return [row for row in known if all(getattr(row, field) == value for field, value in where.items())]


def worst(rows: list[Any], asked: Condition) -> Any:
    """Return the record that is furthest from meeting the condition, the first of equals."""
    if asked.sign == "==":
        return min(rows, key=asked.holds)
    return (min if asked.sign == ">=" else max)(rows, key=lambda row: getattr(row, asked.field))


def shown(row: Any, asked: Condition) -> str:
    """Return what a record says to a condition, its rate with the interval beside it where it has one."""
    pairs = [(rate, ends) for rate, ends in BOUNDS.items() if asked.field in (rate, *ends) and hasattr(row, ends[0])]
    if not pairs:
        value = getattr(row, asked.field)
        return f"{asked.field} {_rate(asked.field, value)}"
    rate, (low, high) = pairs[0]
    middle, *ends = (_rate(rate, getattr(row, field)) for field in (rate, low, high))
    return f"{rate.replace('_', ' ')} {middle} [{ends[0]}, {ends[1]}]"


def _rate(field: str, value: Any) -> str:
    return f"{value:.2%}".replace("%", " %") if field in RATES else _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
