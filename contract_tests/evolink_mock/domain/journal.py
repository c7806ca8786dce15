"""The journal: what was asked of the mock last, and what it answered. It never holds an API key."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# How many exchanges are kept, and how much of each body.
MAX_EXCHANGES = 1_000
MAX_BODY_BYTES = 16 * 1024


@dataclass(slots=True, eq=False)
class Exchange:
    """A request to a documented operation, and its answer.

    Attributes:
        at: simulated seconds since the server started.
        method, path: of the request; the path without its query.
        operation: what the path leads to, as the contract's id of it; empty where it leads nowhere.
        account: whose key it was; empty when it was nobody's.
        fault: what was done to it on demand, as it would be written in a `Prefer` header; empty for nothing.
        request: the beginning of its body.
        status: of the answer; None when there was none.
        answer: the beginning of the answer's body.
        task_id: the task it created or asked for.
        verdict: which documented rules it breaks, once somebody has looked.
    """

    number: int
    at: float
    method: str
    path: str
    operation: str = ""
    account: str = ""
    fault: str = ""
    request: bytes = b""
    status: int | None = None
    answer: bytes = b""
    task_id: str = ""
    took_ms: float = 0
    verdict: list[dict[str, Any]] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all of the request's body was kept."""
        return len(self.request) < MAX_BODY_BYTES

    def keep(self, chunk: bytes) -> None:
        """Keep a part of the request's body, as far as there is room."""
        if room := MAX_BODY_BYTES - len(self.request):
            self.request += chunk[:room]


class Journal:
    """The latest exchanges."""

    def __init__(self) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=MAX_EXCHANGES)
        self._numbers = itertools.count(1)
        self.count = 0

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._exchanges)

    def __reversed__(self) -> Iterator[Exchange]:
        return reversed(self._exchanges)

    def open(self, at: float, method: str, path: str) -> Exchange:
        """Return the exchange of a request that has just come; it is kept once it is closed."""
        return Exchange(next(self._numbers), at, method, path[:300])

    def close(self, exchange: Exchange, took_ms: float) -> None:
        """Keep an exchange that is over."""
        exchange.took_ms = round(took_ms, 3)
        self._exchanges.append(exchange)
        self.count += 1
