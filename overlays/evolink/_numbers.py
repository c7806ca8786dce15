"""Numbers in arguments: Python's own, and those of other libraries, such as NumPy's."""

from __future__ import annotations

import operator
from numbers import Real
from typing import Any


def whole(value: Any) -> int | None:
    """Return a whole number as an `int`. None if it is not one; a bool is not one either."""
    if isinstance(value, bool):
        return None
    try:
        return int(operator.index(value))
    except Exception:  # noqa: BLE001 - another library's code; NumPy's arrays have __index__, and some of them raise
        return None


def real(value: Any) -> float | None:
    """Return a real number as an `int` or `float`. None if it is not one; a bool is not one either."""
    if isinstance(value, bool):
        return None
    integer = whole(value)
    if integer is not None:
        return integer
    return float(value) if isinstance(value, Real) else None
