"""Which images a measured cell answered right, so that two builds can be compared image by image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field, TypeAdapter

from engine.core.records.common import FORBID, Count, Norm

Hex = Annotated[str, Field(pattern=r"^([0-9a-f]{2})*$")]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One cell. ``right`` holds a bit an image, the first image the highest bit of the first byte, in hexadecimal.

    A bit is set for a right answer; of a stamp's success for an image that the stamp turned into its target.
    ``images`` is the SHA-256 of the data set's name and the images' places in the test set: outcomes pair only
    where it is the same.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    family: str
    kind: str
    model: str
    subject: str
    norm: Norm
    epsilon: Annotated[float, Field(ge=0)]
    seed: Count
    n: Annotated[int, Field(gt=0)]
    images: str
    right: Hex

    def __post_init__(self) -> None:
        """Raise ValueError when there are not as many bits as images."""
        if len(self.right) != 2 * ((self.n + 7) // 8):
            raise ValueError(f"{self.model}, {self.subject}: {len(self.right)} digits do not hold {self.n} images")

    def bits(self) -> int:
        """Return the outcomes as one integer, a bit an image."""
        return int(self.right or "0", 16) >> (-self.n % 8)


outcomes: TypeAdapter[list[Outcome]] = TypeAdapter(list[Outcome])
