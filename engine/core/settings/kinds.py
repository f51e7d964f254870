"""Ranges that many keys share."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

FORBID = ConfigDict(extra="forbid", strict=True)
Epsilon = Annotated[float, Field(gt=0, le=1)]
Positive = Annotated[int, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
Rate = Annotated[float, Field(gt=0, le=1)]
