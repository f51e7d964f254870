"""A model on images that were spoilt by no one in particular."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from engine.core.records.common import Measured


@dataclass(frozen=True, kw_only=True)
class Corruption(Measured):
    """A model under a common corruption at one of five strengths; ``amount`` is in the corruption's own unit."""

    kind: Literal["corruption"] = "corruption"
    corruption: str
    strength: Annotated[int, Field(ge=1, le=5)]
    amount: float
    unit: str
