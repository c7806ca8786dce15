"""Convert the values of a request to plain JSON values, and say for every other value where it is and what to use.

Integers of other libraries, such as NumPy's, are converted if they support `__index__`, as Python's own lists demand.
"""

from __future__ import annotations

import inspect
import json
import math
import operator
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, time
from enum import Enum
from typing import Any, TypeGuard

from evolink._text import short_repr
from evolink.errors import NextStep, Violation

# Errors give the size of a longer value instead, because it may be a whole prompt.
MAX_QUOTED = 80
# The contract's requests have four levels. The validator recurses, and fails far beyond this.
MAX_DEPTH = 64
# Python writes no longer integers by default.
MAX_INTEGER_BITS = 14_000

Path = tuple[str | int, ...]


class NotJsonError(Exception):
    """A value cannot be sent as JSON.

    Attributes:
        violation: the place of the value, its type and the way out.
    """

    def __init__(self, path: Path, fix: str, next_step: NextStep | None = None) -> None:
        super().__init__(fix)
        self.violation = Violation(dotted(path) or "request", "type", None, "", fix, next_step=next_step)


def dotted(path: Iterable[str | int]) -> str:
    """Return the path to a value in a request as text, as in `video_urls[2]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def plain(value: Any, path: Path = (), inside: tuple[Any, ...] = ()) -> Any:
    """Return a value as a JSON value of Python's own types. Mappings become dicts, tuples become lists.

    Args:
        value: the value.
        path: the names and indices that lead to it.
        inside: the objects and lists that contain it.

    Raises:
        NotJsonError: it is not a JSON value, or contains one that is not.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NotJsonError(path, "must not hold NaN or infinity")
        return float(value)
    if not (is_mapping(value) or is_list(value)):
        return _integer(value, path)
    if any(value is container for container in inside):
        raise NotJsonError(path[:-1], "must not contain itself")
    if len(inside) > MAX_DEPTH:
        raise NotJsonError(path[:1], "is nested too deeply")
    inside = (*inside, value)
    if is_mapping(value):
        names = {_name(name, path): item for name, item in value.items()}
        return {name: plain(item, (*path, name), inside) for name, item in names.items()}
    return [plain(item, (*path, index), inside) for index, item in enumerate(value)]


def is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    """Return whether a value is sent as a JSON array."""
    return isinstance(value, list | tuple)


def is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    """Return whether a value is sent as a JSON object."""
    return isinstance(value, Mapping)


def describe_value(value: Any) -> str:
    """Return a value of a request as text if it is short, else its size."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if len(value) <= MAX_QUOTED else f"{len(value)} characters long"
    if is_list(value):
        return f"a list of {len(value)}"
    if is_mapping(value):
        return "an object"
    if value is None:
        return "null"
    text = json.dumps(value) if isinstance(value, bool | int | float) else type(value).__name__
    return text if len(text) <= MAX_QUOTED else f"a number of {len(text)} digits"


def _text(value: str, path: Path) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotJsonError(path, "must be valid Unicode text, without lone surrogates") from None
    return str.__str__(value)  # the characters, also of a member of an enum


def _name(name: Any, path: Path) -> str:
    """Return the name of a field; `path` is that of the object."""
    if not isinstance(name, str):
        raise NotJsonError(path, f"has the name {short_repr(name)}, but the names of fields must be strings")
    try:
        return _text(name, path)
    except NotJsonError:
        escaped = name.encode("ascii", "backslashreplace").decode()
        raise NotJsonError((*path, escaped), "must be valid Unicode text, without lone surrogates") from None


def _integer(value: Any, path: Path) -> int:
    try:
        integer = operator.index(value)
    except Exception:  # noqa: BLE001 - another library's code; NumPy's arrays have __index__, and some of them raise
        step = NextStep("upload") if _may_be_file(value) else None
        raise NotJsonError(path, f"{_kind(value)} is not a JSON value; {_hint(value)}", step) from None
    if integer.bit_length() > MAX_INTEGER_BITS:
        raise NotJsonError(path, "must have fewer digits")
    return int(integer)


def _may_be_file(value: object) -> bool:
    return isinstance(value, os.PathLike | bytes | bytearray | memoryview)


def _kind(value: object) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _has(method: str) -> Callable[[Any], bool]:
    return lambda value: callable(_class_attribute(value, method))


def _class_attribute(value: object, name: str) -> Any:
    return getattr(type(value), name, None)


# How to convert a value of another type. The first test that holds decides.
_HINTS: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (inspect.isawaitable, "use await to get its value"),
    (inspect.isroutine, "call it, and use what it returns"),
    (lambda value: isinstance(value, Enum), "use its attribute value"),
    (lambda value: isinstance(value, bytes | bytearray | memoryview), "use str(value, 'utf-8') if it is text"),
    (lambda value: isinstance(value, date | time), "use value.isoformat()"),
    (lambda value: isinstance(value, os.PathLike), "use str(value) if it is text"),
    (lambda value: type(value).__name__ == "Unset", "leave the field out"),
    (_has("to_dict"), "use value.to_dict()"),
    (_has("model_dump"), "use value.model_dump(mode='json')"),
    (lambda value: _class_attribute(value, "__dataclass_fields__") is not None, "use dataclasses.asdict(value)"),
    (_has("tolist"), "use value.tolist()"),
    (_has("__float__"), "use float(value)"),
    (_has("__iter__"), "use list(value)"),
    (lambda value: _class_attribute(value, "__str__") is not object.__str__, "use str(value)"),
)


def _hint(value: Any) -> str:
    return next((hint for test, hint in _HINTS if test(value)), "use a string, a number, a boolean, a list or a dict")
