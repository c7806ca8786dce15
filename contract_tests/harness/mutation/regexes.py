"""Regular expressions that match less, or more, than another, and whether two of them match the same."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import greenery  # pyright: ignore[reportMissingTypeStubs]
from greenery.parse import NoMatch  # pyright: ignore[reportMissingTypeStubs]

_MEMBER = re.compile(r"(?:\\.|[^\\])-(?:\\.|[^\\])|\\.|[^\\]", re.DOTALL)
_QUANTIFIER = re.compile(r"[*+?]|\{[0-9,]+\}")


class _Element(NamedTuple):
    """A character class or a group, and its quantifier: where each begins and ends."""

    start: int
    end: int
    quantifier: str
    bars: tuple[int, ...]


def narrowed(pattern: str) -> Iterator[str]:
    """Yield patterns that match less: without a member of a class, an alternative, or something optional; or longer."""
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
    """Yield patterns that match more: without what binds them to the beginning and to the end."""
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
        if len(member) < 3:  # no range
            fewer = "".join(members[:index] + members[index + 1 :])
            yield f"{pattern[: start + 1]}{fewer}{pattern[end - 1 :]}"


def _elements(pattern: str) -> list[_Element]:
    """Return the classes and groups of a pattern, but for lookarounds and what is in them, in the order they end."""
    found: list[_Element] = []
    opened: list[tuple[int, list[int]]] = []
    position = 0
    while position < len(pattern):
        match pattern[position]:
            case "\\":
                position += 1
            case "[":
                end = _class_end(pattern, position)
                found.append(_Element(position, end, _quantifier(pattern, end), ()))
                position = end - 1
            case "(":
                opened.append((position, []))
            case "|" if opened:
                opened[-1][1].append(position)
            case ")":
                start, bars = opened.pop()
                if pattern.startswith("(?", start):
                    found = [element for element in found if element.start < start]
                else:
                    end = position + 1
                    found.append(_Element(start, end, _quantifier(pattern, end), tuple(bars)))
            case _:
                pass
        position += 1
    return found


def _class_end(pattern: str, start: int) -> int:
    position = start + 1
    while pattern[position] != "]":
        position += 2 if pattern[position] == "\\" else 1
    return position + 1


def _quantifier(pattern: str, end: int) -> str:
    found = _QUANTIFIER.match(pattern, end)
    return found[0] if found else ""


# --- languages

_BEGIN, _END = "\x02", "\x03"  # which stand for ^ and $, at the two ends of every text
_WORD = r"A-Za-z0-9._~%!$&'()*+,;=\-"
_ANY = f"[^{_BEGIN}{_END}]"
_FORMATS = {
    # What may be a URI, and more: RFC 3986 says less of escapes, of addresses in brackets, and of ports.
    "uri": rf"[A-Za-z][A-Za-z0-9+.\-]*:(//([{_WORD}:]*@)?(\[[{_WORD}:]*\]|[{_WORD}]*)(:[0-9]*)?(/[{_WORD}:@/]*)?"
    rf"|[{_WORD}:@/]*)(\?[{_WORD}:@/?]*)?(#[{_WORD}:@/?]*)?",
}


class UnsupportedError(Exception):
    """A pattern has something that no automaton is made of here, such as a lookaround."""


class Texts(NamedTuple):
    """The texts that match some patterns, do not match others, and have a format, if one is named."""

    matching: frozenset[str]
    refused: frozenset[str]
    format: str | None


def same(one: Texts, another: Texts) -> bool:
    """Whether two descriptions, of one format, are of the same texts.

    Raises:
        UnsupportedError: a pattern that only one of the two has is none that can be compared.
    """
    texts = _automaton(f"{_BEGIN}({_FORMATS.get(one.format or '', f'{_ANY}*')}){_END}")
    sides = [
        _narrowed(texts, own.matching - other.matching, own.refused - other.refused)
        for own, other in ((one, another), (another, one))
    ]
    rest = sides[0] ^ sides[1]
    for matching, refused in [
        *((frozenset({pattern}), frozenset[str]()) for pattern in sorted(one.matching & another.matching)),
        *((frozenset[str](), frozenset({pattern})) for pattern in sorted(one.refused & another.refused)),
    ]:
        if rest.empty():
            break
        with contextlib.suppress(UnsupportedError):  # without it, there is only more to compare
            rest = _narrowed(rest, matching, refused)
    return bool(rest.empty())


def _narrowed(texts: Any, matching: frozenset[str], refused: frozenset[str]) -> Any:
    for pattern in matching:
        texts &= _automaton(_found(pattern))
    for pattern in refused:
        texts -= _automaton(_found(pattern))
    return texts


def _found(pattern: str) -> str:
    """Return the pattern of a whole text, marks included, in which a pattern is found."""
    anything = f"({_ANY}|{_BEGIN}|{_END})*"
    return f"{anything}({_marked(pattern)}){anything}"


@cache
def _automaton(pattern: str) -> Any:  # its types are not filled in
    try:
        return greenery.parse(pattern).to_fsm()
    except NoMatch:
        raise UnsupportedError from None


def _marked(pattern: str) -> str:
    """Return a pattern with marks for the ends of a text, which nothing but ^ and $ matches.

    Raises:
        UnsupportedError: it has a lookaround, a class with a letter, an odd character, or an anchor within it.
    """
    inner = pattern.removeprefix("^")
    inner = inner.removesuffix("$") if inner.endswith("$") else inner.removesuffix("|$)")
    odd = bool(re.search(r"\(\?|\\[A-Za-z0-9]|[^ -~]", pattern))
    marked, position = _BEGIN if pattern.startswith("^") else "", len(pattern) - len(pattern.removeprefix("^"))
    end_of_inner = position + len(inner)
    while position < end_of_inner:
        end = _class_end(pattern, position) if pattern[position] == "[" else position + 1
        end += pattern[position] == "\\"
        piece = pattern[position:end]
        odd = odd or piece in {"^", "$", "."}
        marked += f"[^{_BEGIN}{_END}{piece[2:]}" if piece.startswith("[^") else piece
        position = end
    if odd:
        raise UnsupportedError
    return marked + pattern[end_of_inner:].replace("$", _END)
