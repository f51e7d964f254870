"""What a trigger is, and the square stamp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]

# The reference report's colours. It stores grey images, so each square is averaged to one level.
COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


def mean_grey(rgb: tuple[int, int, int]) -> int:
    """Return the plain average of a colour, 0 to 255: what the reference report's squares become."""
    return round(sum(rgb) / 3)


def luma_grey(rgb: tuple[int, int, int]) -> int:
    """Return the ITU-R 601 luma of a colour, 0 to 255, as Pillow's mode "L" rounds it."""
    red, green, blue = rgb
    return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16


class Trigger(Protocol):
    """What is added to an image so that a poisoned model answers with the target."""

    @property
    def name(self) -> str:
        """Short name, as in the records."""

    @property
    def size(self) -> int:
        """Side in pixels."""

    def stamp(self, images: Array) -> Array:
        """Return a stamped copy of uint8 images (N, 1, 28, 28)."""

    def recipe(self) -> dict[str, int]:
        """Return the trigger as the keys that a model card carries."""


@dataclass(frozen=True)
class Square:
    """A ``size`` × ``size`` square of one grey level with its top left pixel at (row, column)."""

    size: int
    row: int
    column: int
    level: int
    name: str = "square"

    def stamp(self, images: Array) -> Array:
        """Return a stamped copy of uint8 images (N, 1, 28, 28)."""
        stamped = images.copy()
        stamped[:, :, self.row : self.row + self.size, self.column : self.column + self.size] = self.level
        return stamped

    def recipe(self) -> dict[str, int]:
        """Return the trigger as the keys that a model card carries."""
        return {
            "trigger_size": self.size,
            "trigger_row": self.row,
            "trigger_column": self.column,
            "trigger_level": self.level,
        }


# Three pixels wide, in the lower right corner: the square of the reference report.
SQUARE = Square(size=3, row=25, column=25, level=mean_grey(COLOURS["red"]))
