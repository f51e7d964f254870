"""Named things that can be chosen: attacks, poisons, training recipes, networks.

An entry names its function as ``module:function`` and is imported when first used. So a page can
show every attack's title and paper without importing torch, and adding an entry to the table
does not change the code that another entry reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from engine.core.errors import UserError


@dataclass(frozen=True)
class Entry:
    """One named thing and what a page says about it."""

    name: str
    run: str
    title: str
    paper: str
    about: str
    norm: str
    needs_gradient: bool
    one_step: bool  # cheap enough for the whole test set, and not carried over to larger ε
    stride: tuple[str, ...]
    carry: bool  # what it breaks at one size counts as broken at every larger one
    control: bool  # not an attack: nobody looks for an error
    surrogate: bool  # made on another model, which its job needs too


def resolve(run: str) -> Callable[..., Any]:
    """Import the function that ``module:function`` names."""
    module, _, function = run.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


class Registry:
    """A table of `Entry` by name, in the order of adding."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._entries: dict[str, Entry] = {}

    def add(
        self,
        name: str,
        *,
        run: str,
        title: str,
        about: str,
        paper: str = "",
        norm: str = "none",
        needs_gradient: bool = False,
        one_step: bool = False,
        stride: tuple[str, ...] = (),
        carry: bool = True,
        control: bool = False,
        surrogate: bool = False,
    ) -> None:
        """Add an entry; ValueError when the name is taken."""
        if name in self._entries:
            raise ValueError(f"{self.what} {name!r} is registered twice")
        self._entries[name] = Entry(
            name, run, title, paper, about, norm, needs_gradient, one_step, stride,
            carry and not one_step, control, surrogate,
        )  # fmt: skip

    def __getitem__(self, name: str) -> Entry:
        """Return an entry; `UserError` lists the known names when there is none."""
        if name not in self._entries:
            known = ", ".join(sorted(self._entries))
            raise UserError(f"unknown {self.what} {name!r}", f"known: {known}")
        return self._entries[name]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __contains__(self, name: object) -> bool:
        return name in self._entries
