"""Values and ranges in the sentences of rules that are derived from a table."""

from __future__ import annotations

import math
from typing import Any


def ends(pair: list[Any]) -> tuple[Any, Any]:
    """Return the first and the last of some values. An open end of a range, which is null, becomes infinite."""
    low, high = pair[0], pair[-1]
    return (-math.inf if low is None else low), (math.inf if high is None else high)


def value_text(value: Any) -> str:
    """Return a value as YAML writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def joined(values: list[Any]) -> str:
    """Return values as a list of alternatives, such as `a, b or c`."""
    *before, last = map(value_text, values)
    return f"{', '.join(before)} or {last}" if before else last


def items_text(count: int) -> str:
    """Return a number of items in words."""
    return "one item" if count == 1 else f"{count} items"


def range_text(low: float, high: float) -> str:
    """Return a range in words. An infinite end is left out."""
    if not math.isfinite(low):
        return f"at most {high}"
    return f"from {low} to {high}" if math.isfinite(high) else f"at least {low}"
