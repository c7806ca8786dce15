"""Reads YAML 1.2 as JSON values, by the core schema of the YAML specification.

It is the only reader of YAML in this project: the tools of the contract use it too. `12_34`, `0b11`, `1:30`, `no` and
`2026-01-01` are text, as in every reader of YAML 1.2. The names of fields are the text that the author wrote. The merge
key `<<` is not in the core schema, but is read as its authors mean it.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple, TypeGuard

import yaml
from yaml.reader import ReaderError

MAX_VALUES = 200_000  # of a document, because nested aliases can multiply
MAX_DEPTH = 200  # objects and arrays around a value

Place = tuple[str | int, ...]
"""The names of fields and the indexes of items that lead to a value."""

_TAG = "tag:yaml.org,2002:"
_SCALARS = {
    "null": re.compile(r"~|null|Null|NULL|"),
    "bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
    "int": re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
    "float": re.compile(
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
    ),
}
"""How a value without quotes is written, by its tag."""
_ANY_SCALAR = re.compile("|".join(f"(?P<{name}>{form.pattern})" for name, form in _SCALARS.items()))
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C unless PyYAML was built without it
_LINE_BREAKS_OF_1_1 = re.compile("[\x85\u2028\u2029]")


class YamlError(ValueError):
    """A text is not YAML 1.2 that consists of JSON values.

    Attributes:
        line: The line in which the mistake is, from 1.
        problem: What is wrong there. It may quote the text.
    """

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line
        self.problem = problem


class AliasError(YamlError):
    """An alias is used, although none is allowed."""


class Loaded(NamedTuple):
    """A document.

    Attributes:
        value: The JSON value.
        lines: The line of each value, from 1, by its place. The line of a field is that of its name.
    """

    value: Any
    lines: dict[Place, int]


def load(text: str, *, only_text_keys: bool = False, allow_aliases: bool = True) -> Loaded:
    """Read a document.

    Args:
        text: The YAML.
        only_text_keys: Whether to refuse names of fields that are not text, such as `200` or `true` without quotes.
        allow_aliases: Whether a value may be used in several places by an alias.

    Raises:
        YamlError: The text is not YAML, is not a single document, or contains something that is not a JSON value: a
            duplicate key, an unknown tag, or a number such as `.nan`.
    """
    if match := _LINE_BREAKS_OF_1_1.search(text):
        code = f"U+{ord(match[0]):04X}"
        raise YamlError(_line_at(text, match.start()), f"contains {code}; write it as an escape in double quotes")
    values = _Values(_events(text), only_text_keys=only_text_keys, allow_aliases=allow_aliases)
    return Loaded(values.document(), values.lines)


def _events(text: str) -> list[Any]:
    """Split a text into the events of the YAML specification: the beginnings and ends of values, and scalars."""
    try:
        return list(yaml.parse(text, Loader=_PARSER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(mark.line + 1 if mark else 1, _one_line(error.problem or error.context)) from None
    except ReaderError as error:
        raise YamlError(_line_at(text, error.position), _one_line(error.reason)) from None


class _Values:
    """Turns events into JSON values. An alias becomes a copy of its value."""

    def __init__(self, events: list[Any], *, only_text_keys: bool, allow_aliases: bool) -> None:
        self.lines: dict[Place, int] = {}
        self._events = events
        self._next = 0
        self._only_text_keys = only_text_keys
        self._targets = _targets(events, allow_aliases=allow_aliases)
        self._around: list[int] = []
        self._count = 0

    def document(self) -> Any:
        """Return the value of the only document, or None if there is none."""
        starts = [event for event in self._events if isinstance(event, yaml.DocumentStartEvent)]
        if len(starts) > 1:
            raise YamlError(_line(starts[1]), "is a second document; a file must have one")
        self._next = 2  # after the start of the stream and of the document
        return self._value(()) if starts else None

    def _value(self, place: Place) -> Any:
        """Return the value that begins with the next event."""
        index, event = self._next, self._events[self._next]
        line = _line(event)
        self.lines.setdefault(place, line)
        self._next += 1
        self._count += 1
        if self._count > MAX_VALUES:
            raise YamlError(line, f"has more than {MAX_VALUES} values, counting each use of an alias")
        if len(self._around) > MAX_DEPTH or self._targets.get(index) in self._around:
            raise YamlError(line, "is nested too deeply or refers to itself")
        if isinstance(event, yaml.AliasEvent):
            self._next = self._targets[index]
            value = self._value(place)
            self._next = index + 1
            return value
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        self._around.append(index)
        value = self._object(place) if isinstance(event, yaml.MappingStartEvent) else self._array(place)
        self._around.pop()
        _refuse_tag(event, "map" if isinstance(event, yaml.MappingStartEvent) else "seq")
        return value

    def _object(self, place: Place) -> dict[str, Any]:
        result: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while not isinstance(self._events[self._next], yaml.MappingEndEvent):
            event = self._events[self._next]
            if isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.implicit[0]:
                self._next += 1
                merged = self._merged(place) | merged
                continue
            key = self._key()
            if key in result:
                first = self.lines[*place, key]
                raise YamlError(_line(event), f"duplicate key {key!r}, which is also in line {first}")
            self.lines[*place, key] = _line(event)
            result[key] = self._value((*place, key))
        self._next += 1
        return merged | result

    def _merged(self, place: Place) -> dict[str, Any]:
        """Return the fields that the value of a merge key adds to the object at `place`."""
        line = _line(self._events[self._next])
        value = self._value(place)
        result: dict[str, Any] = {}
        for item in reversed(value) if _is_array(value) else [value]:
            if not isinstance(item, dict):
                raise YamlError(line, "the merge key << needs an object or an array of objects; quote it if it is text")
            result |= item
        return result

    def _array(self, place: Place) -> list[Any]:
        result: list[Any] = []
        while not isinstance(self._events[self._next], yaml.SequenceEndEvent):
            result.append(self._value((*place, len(result))))
        self._next += 1
        return result

    def _key(self) -> str:
        event = self._events[self._targets.get(self._next, self._next)]
        line = _line(self._events[self._next])
        self._next += 1
        if not isinstance(event, yaml.ScalarEvent):
            raise YamlError(line, "an object or array cannot be a key")
        if self._only_text_keys and not isinstance(_scalar(event), str):
            raise YamlError(line, f"the key {event.value} is not a string; quote it")
        return str(event.value)


def _is_array(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _targets(events: list[Any], *, allow_aliases: bool) -> dict[int, int]:
    """Return the index of the event that each alias stands for, by the index of the alias."""
    anchors: dict[str, int] = {}
    targets: dict[int, int] = {}
    for index, event in enumerate(events):
        if isinstance(event, yaml.AliasEvent):
            if not allow_aliases:
                raise AliasError(_line(event), "contains an alias; write the value out")
            if event.anchor not in anchors:
                raise YamlError(_line(event), f"the alias *{event.anchor} has no anchor before it")
            targets[index] = anchors[event.anchor]
        elif getattr(event, "anchor", None):
            anchors[event.anchor] = index
    return targets


def _scalar(event: yaml.ScalarEvent) -> Any:
    text, tag = str(event.value), str(event.tag or "")
    if tag in ("", "!"):
        match = _ANY_SCALAR.fullmatch(text) if not tag and event.implicit[0] else None
        name = (match and match.lastgroup) or "str"
    else:
        name = tag.removeprefix(_TAG)
    if name not in _SCALARS:
        _refuse_tag(event, "str")
        return text
    if not _SCALARS[name].fullmatch(text):
        raise YamlError(_line(event), f"{text!r} does not have the form of !!{name}")
    if name == "null":
        return None
    if name == "bool":
        return text.lower() == "true"
    try:
        number = _number(text, is_float=name == "float")
    except ValueError:
        raise YamlError(_line(event), "a number has more digits than Python converts") from None
    if number is None:
        raise YamlError(_line(event), f"{text} is not a JSON value")
    return number


def _number(text: str, *, is_float: bool) -> float | int | None:
    """Return the value of a number, or None if it is not finite."""
    if not is_float:
        return int(text, 0 if text[:2] in {"0o", "0x"} else 10)
    number = math.inf if text[-1].lower() in "fn" else float(text)
    return number if math.isfinite(number) else None


def _refuse_tag(event: Any, expected: str) -> None:
    """Raise if an event has a tag other than `!!` and the expected name."""
    tag = str(event.tag or "!")
    if tag not in ("!", _TAG + expected):
        name = f"!!{tag.removeprefix(_TAG)}" if tag.startswith(_TAG) else tag
        raise YamlError(_line(event), f"the tag {name} does not stand for a JSON value")


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _one_line(problem: Any) -> str:
    return " ".join(str(problem).split())
