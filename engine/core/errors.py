"""The one exception that a user may see: it names what is wrong and what to do."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can mend. ``build.py`` and the demo print it on one line.

    Args:
        what: What is wrong, naming the file, key or value.
        todo: What to do about it.
        code: The exit code of the process.
    """

    def __init__(self, what: str, todo: str, code: int = 2) -> None:
        self.what, self.todo, self.code = what, todo, code
        super().__init__(f"{what}; {todo}")
