"""Looks for the limit that a server really has, with further requests: by hints, doubling and bisection."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import bundle
from contract_suite.core.oracle import value_at
from contract_suite.core.schema_walk import Place
from contract_suite.core.target import StopRun

MOST_REQUESTS = 200  # of a run
FURTHEST = {"maxLength": 131_072, "maximum": 1_000_000, "maxItems": 64, "minimum": -1_000_000}
"""How far is looked; downwards, lengths and numbers of items end at 0."""
UNLISTED = "a-value-that-nobody-lists"


class Limit(NamedTuple):
    """What is known of a limit.

    Attributes:
        taken: the furthest value that was taken.
        refused: the nearest value that was refused; None when none was.
    """

    taken: int
    refused: int | None

    @property
    def found(self) -> bool:
        """Whether nothing lies between the two."""
        return self.refused is not None and abs(self.refused - self.taken) == 1


class Undecided(Exception):  # noqa: N818 - it is a decision, not a mistake
    """No more is to be learned: all requests are used up, or an answer did not tell."""


class Search:
    """Asks a server whether it takes a request.

    Args:
        ask: sends the body of a create; returns whether it was taken, and None when the answer does not tell. Once it
            raises StopRun, nothing more is asked.
    """

    def __init__(self, ask: Callable[[Any], bool | None]) -> None:
        self._ask = ask
        self._left = MOST_REQUESTS

    def takes(self, body: Any, path: Place, value: Any) -> bool:
        """Return whether the server takes a body with another value at a path.

        Raises:
            Undecided: that cannot be said.
        """
        if not self._left:
            raise Undecided
        self._left -= 1
        try:
            response = self._ask(with_value(body, path, value))
        except StopRun:
            self._left = 0
            raise Undecided from None
        if response is None:
            raise Undecided
        return response

    def limit(self, keyword: str, body: Any, path: Place, known: Limit, hints: Sequence[int] = ()) -> Limit:
        """Return the limit that a keyword such as `maxLength` is to have.

        Args:
            keyword: what kind of limit.
            body: a request in which nothing is odd but the value at `path`.
            path: where that value is.
            known: what was taken, and what refused.
            hints: what to try first.
        """
        return bisected(
            1 if keyword.startswith("max") else -1,
            known,
            hints,
            FURTHEST.get(keyword, 0),
            lambda size: self.takes(body, path, sized(keyword, value_at(body, path), size)),
        )

    def is_open(self, body: Any, path: Place) -> bool:
        """Return whether a list of values is none: any value will do, as far as can be seen."""
        value = value_at(body, path)
        try:
            return self.takes(body, path, UNLISTED if isinstance(value, str) else 999_983)
        except Undecided:
            return False


def bisected(direction: int, known: Limit, hints: Sequence[int], furthest: int, taken: Callable[[int], bool]) -> Limit:
    """Return the furthest number that is taken, and the next one: upwards in direction 1, downwards in -1.

    It is taken for granted that there is one limit. What is known when `taken` raises `Undecided` is returned then.
    """
    good, end = direction * known.taken, direction * furthest
    bad = None if known.refused is None else direction * known.refused

    def tried(number: int) -> None:
        nonlocal good, bad
        if taken(direction * number):
            good = number
        else:
            bad = number

    try:
        for hint in sorted(direction * hint for hint in hints):
            for number in (hint, hint + 1):
                if good < number and (bad is None or number < bad):
                    tried(number)
        step = max(1, abs(good))
        while bad is None and good < end:
            tried(min(good + step, end))
            step *= 2
        while bad is not None and bad - good > 1:
            tried((good + bad) // 2)
    except Undecided:
        pass
    return Limit(direction * good, None if bad is None else direction * bad)


def is_end(keyword: str, number: int) -> bool:
    """Whether nothing is looked for beyond a number."""
    end = FURTHEST.get(keyword, 0)
    return number >= end if keyword.startswith("max") else number <= end


def size(keyword: str, value: Any) -> int | None:
    """Return what a keyword such as `maxLength` measures of a value; None when that is no whole number."""
    if keyword.endswith("Length"):
        return len(value) if isinstance(value, str) else None
    if keyword.endswith("Items"):
        return len(value) if bundle.is_array(value) else None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def sized(keyword: str, value: Any, number: int) -> Any:
    """Return a value of which such a keyword measures a number."""
    if keyword in {"minimum", "maximum"}:
        return number
    filler: Any = "a" if isinstance(value, str) else [copy.deepcopy(item) for item in value[-1:]]
    return value[:number] + filler * max(0, number - len(value))


def with_value(body: Any, path: Place, value: Any) -> Any:
    """Return a body with another value at a path, at which there is one."""
    changed = copy.deepcopy(body)
    holder = value_at(changed, path[:-1])
    holder[path[-1]] = value
    return changed
