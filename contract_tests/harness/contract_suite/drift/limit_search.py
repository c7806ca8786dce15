"""Search for the actual limit of a server by further requests: first hints, then doubling, then bisection."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import bundle
from contract_suite.core.oracle import value_at
from contract_suite.core.schema_walk import Place
from contract_suite.core.target import StopRun

MOST_REQUESTS = 200  # in one run
FURTHEST = {"maxLength": 131_072, "maximum": 1_000_000, "maxItems": 64, "minimum": -1_000_000}
"""The furthest values that are tried. For `minLength` and `minItems`, this is 0."""
UNLISTED = "a-value-that-nobody-lists"


class Limit(NamedTuple):
    """The known bounds of a limit.

    Attributes:
        accepted: The furthest value that was accepted.
        rejected: The nearest value that was rejected; None if none was.
    """

    accepted: int
    rejected: int | None

    @property
    def is_exact(self) -> bool:
        """True if no integer lies between the two values."""
        return self.rejected is not None and abs(self.rejected - self.accepted) == 1


class Undecided(Exception):  # noqa: N818 - it reports an outcome, not an error
    """The search cannot continue: all requests are used up, or a response was inconclusive."""


class Search:
    """A search that sends at most `MOST_REQUESTS` create requests.

    Args:
        send: Sends a create request with the given body. It returns True if the server accepts it, False if the server
            rejects it, and None if the response is inconclusive. No further request is sent after it raises StopRun.
    """

    def __init__(self, send: Callable[[Any], bool | None]) -> None:
        self._send = send
        self._left = MOST_REQUESTS

    def accepts(self, body: Any, path: Place, value: Any) -> bool:
        """Send a body with another value at a path, and return whether the server accepts it.

        Raises:
            Undecided: The response is inconclusive, or no further request may be sent.
        """
        if not self._left:
            raise Undecided
        self._left -= 1
        try:
            accepted = self._send(with_value(body, path, value))
        except StopRun:
            self._left = 0
            raise Undecided from None
        if accepted is None:
            raise Undecided
        return accepted

    def limit(self, keyword: str, body: Any, path: Place, known: Limit, hints: Sequence[int] = ()) -> Limit:
        """Find the server's limit for a keyword such as `maxLength`.

        Args:
            keyword: The kind of limit.
            body: A request that is valid except for the value at `path`.
            path: The place of that value.
            known: The values that were accepted and rejected so far.
            hints: The values to try first.
        """
        return bisect(
            1 if keyword.startswith("max") else -1,
            known,
            hints,
            FURTHEST.get(keyword, 0),
            lambda size: self.accepts(body, path, sized(keyword, value_at(body, path), size)),
        )

    def is_open(self, body: Any, path: Place) -> bool:
        """Return whether the server accepts a value that no list would contain."""
        value = value_at(body, path)
        try:
            return self.accepts(body, path, UNLISTED if isinstance(value, str) else 999_983)
        except Undecided:
            return False


def bisect(direction: int, known: Limit, hints: Sequence[int], furthest: int, accepts: Callable[[int], bool]) -> Limit:
    """Find the furthest accepted number and the next one: upwards if `direction` is 1, downwards if it is -1.

    The search assumes that there is a single limit. If `accepts` raises `Undecided`, the bounds known so far are
    returned.
    """
    good, end = direction * known.accepted, direction * furthest
    bad = None if known.rejected is None else direction * known.rejected

    def try_number(number: int) -> None:
        nonlocal good, bad
        if accepts(direction * number):
            good = number
        else:
            bad = number

    try:
        for hint in sorted(direction * hint for hint in hints):
            for number in (hint, hint + 1):
                if good < number and (bad is None or number < bad):
                    try_number(number)
        step = max(1, abs(good))
        while bad is None and good < end:
            try_number(min(good + step, end))
            step *= 2
        while bad is not None and bad - good > 1:
            try_number((good + bad) // 2)
    except Undecided:
        pass
    return Limit(direction * good, None if bad is None else direction * bad)


def is_end(keyword: str, number: int) -> bool:
    """Return whether a number is at the end of the searched range."""
    end = FURTHEST.get(keyword, 0)
    return number >= end if keyword.startswith("max") else number <= end


def size(keyword: str, value: Any) -> int | None:
    """Measure a value for a keyword such as `maxLength`; None if it has no size, or the size is not an integer."""
    if keyword.endswith("Length"):
        return len(value) if isinstance(value, str) else None
    if keyword.endswith("Items"):
        return len(value) if bundle.is_array(value) else None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def sized(keyword: str, value: Any, number: int) -> Any:
    """Return a value like the given one, but with another size for the keyword."""
    if keyword in {"minimum", "maximum"}:
        return number
    filler: Any = "a" if isinstance(value, str) else [copy.deepcopy(item) for item in value[-1:]]
    return value[:number] + filler * max(0, number - len(value))


def with_value(body: Any, path: Place, value: Any) -> Any:
    """Return a body with another value at a path that exists."""
    changed = copy.deepcopy(body)
    holder = value_at(changed, path[:-1])
    holder[path[-1]] = value
    return changed
