"""Which test images stand behind a figure: those in each cell of a confusion matrix, and a set followed one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from engine.core.records.common import FORBID, Count, Provenance, Seconds


@dataclass(frozen=True, kw_only=True)
class Behind:
    """One model's answers on one set of images, with up to ``limit`` pictures of each cell in the job's arrays."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["behind"] = "behind"
    model: str
    condition: Literal["clean", "stamped"]
    n: Annotated[int, Field(gt=0)]
    seed: Count
    dataset: str
    confusion: tuple[tuple[Count, ...], ...]  # rows true, columns answers, as in `Scores`
    limit: Annotated[int, Field(gt=0)]
    kept: Count  # pictures, all cells together
    seconds: Seconds
    provenance: Provenance

    def __post_init__(self) -> None:
        """Raise ValueError unless ``kept`` is what the limit leaves of the counts."""
        cells = [many for row in self.confusion for many in row]
        if sum(cells) != self.n or self.kept != sum(min(many, self.limit) for many in cells):
            raise ValueError(f"{self.model}: {self.kept} pictures of {self.n} images do not fit the matrix")


@dataclass(frozen=True, kw_only=True)
class Explored:
    """A stated set of test images followed through every attack and certificate on one model.

    ``wrong`` were misread before any attack, ``broken`` by an attack at one of the ``epsilons``; the rest stand.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["explored"] = "explored"
    model: str
    n: Annotated[int, Field(gt=0)]
    seed: Count
    dataset: str
    epsilons: tuple[float, ...]
    attacks: tuple[str, ...]  # in the L∞ ball, in the order of the job's array ``broke``
    smallest: tuple[str, ...]  # attacks for the smallest L2 change
    methods: tuple[str, ...]  # certificates
    wrong: Count
    broken: Count
    pictured: Count  # of these, with an adversarial image that PGD found at the same ε
    seconds: Seconds
    gradients: Count
    provenance: Provenance

    def __post_init__(self) -> None:
        """Raise ValueError when more images fell than there are."""
        if self.wrong + self.broken > self.n or self.pictured > self.broken:
            raise ValueError(f"{self.model}: {self.wrong} wrong and {self.broken} broken of {self.n}")
