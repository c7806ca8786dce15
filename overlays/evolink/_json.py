"""Strict JSON: what RFC 8259 calls JSON, in UTF-8. Python's own parser also takes NaN, Infinity and UTF-16."""

from __future__ import annotations

import json
import math
from typing import Any, TypeGuard


def parse_json(text: str | bytes | bytearray) -> Any:
    """Parse a JSON text.

    Raises:
        ValueError: the text is not JSON in UTF-8, is nested too deeply, or holds a number that no float can hold.
    """
    try:
        return _DECODER.decode(text if isinstance(text, str) else text.decode())
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Return whether a JSON value is an object."""
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Return whether a JSON value is an array."""
    return isinstance(value, list)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


# Created once: with these hooks, `json.loads` creates a decoder for each text, which takes as long as parsing it.
_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
