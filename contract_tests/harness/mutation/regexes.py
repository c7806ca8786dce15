"""Variants of a regular expression that match less, or more, than it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

_MEMBER = re.compile(r"(?:\\.|[^\\])-(?:\\.|[^\\])|\\.|[^\\]", re.DOTALL)
_QUANTIFIER = re.compile(r"[*+?]|\{[0-9,]+\}")


class _Element(NamedTuple):
    """A character class or a group of a pattern.

    Attributes:
        start: the index of its first character.
        end: the index after its last character; its quantifier follows.
        quantifier: for example `?`; empty if it has none.
        bars: the indices of the `|` that separate the alternatives of a group.
    """

    start: int
    end: int
    quantifier: str
    bars: tuple[int, ...]


def narrowed(pattern: str) -> Iterator[str]:
    """Yield patterns that match less.

    Each lacks one member of a class, one alternative or one optional part, or demands another digit at the end.
    """
    for element in _elements(pattern):
        start, end = element.start, element.end
        if pattern[start] == "[":
            yield from _fewer_members(pattern, start, end)
            continue
        cuts = (start, *element.bars, end - 1)
        for left, right in pairwise(cuts) if element.bars else ():
            rest = (pattern[start + 1 : left] + pattern[right : end - 1]).removeprefix("|")
            yield f"{pattern[: start + 1]}{rest}){pattern[end:]}"
        if element.quantifier == "?":
            yield pattern[:start] + pattern[end + 1 :]
    if not pattern.endswith(("$", "|$)")):
        yield f"{pattern}[0-9]"


def widened(pattern: str) -> Iterator[str]:
    """Yield patterns that match more: without the anchor at the beginning, and without the one at the end."""
    if pattern.startswith("^"):
        yield pattern[1:]
    if pattern.endswith("$"):
        yield pattern[:-1]
    elif pattern.endswith("|$)"):
        yield pattern[: _elements(pattern)[-1].start]


def _fewer_members(pattern: str, start: int, end: int) -> Iterator[str]:
    inside = pattern[start + 1 : end - 1]
    members = _MEMBER.findall(inside)
    if inside.startswith("^") or len(members) == 1:
        return
    for index, member in enumerate(members):
        if len(member) < 3:  # else it is a range
            fewer = "".join(members[:index] + members[index + 1 :])
            yield f"{pattern[: start + 1]}{fewer}{pattern[end - 1 :]}"


def _elements(pattern: str) -> list[_Element]:
    """Return the classes and groups of a pattern in the order they end, except lookarounds and their contents."""
    elements: list[_Element] = []
    opened: list[tuple[int, list[int]]] = []
    position = 0
    while position < len(pattern):
        match pattern[position]:
            case "\\":
                position += 1
            case "[":
                end = _class_end(pattern, position)
                elements.append(_Element(position, end, _quantifier(pattern, end), ()))
                position = end - 1
            case "(":
                opened.append((position, []))
            case "|" if opened:
                opened[-1][1].append(position)
            case ")":
                start, bars = opened.pop()
                if pattern.startswith("(?", start):
                    elements = [element for element in elements if element.start < start]
                else:
                    end = position + 1
                    elements.append(_Element(start, end, _quantifier(pattern, end), tuple(bars)))
            case _:
                pass
        position += 1
    return elements


def _class_end(pattern: str, start: int) -> int:
    position = start + 1
    while pattern[position] != "]":
        position += 2 if pattern[position] == "\\" else 1
    return position + 1


def _quantifier(pattern: str, end: int) -> str:
    match = _QUANTIFIER.match(pattern, end)
    return match[0] if match else ""
