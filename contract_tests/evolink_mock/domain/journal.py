"""The journal of the latest requests and responses. It never contains an API key."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# How many exchanges are kept, and how many bytes of each body.
MAX_EXCHANGES = 1_000
MAX_BODY_BYTES = 16 * 1024


@dataclass(slots=True, eq=False)
class Exchange:
    """A request and its response.

    Attributes:
        at: simulated seconds since the server started.
        method, path: of the request; the path without the query string.
        operation: the operation id; empty for an unknown path.
        account: the name of the account; empty for an invalid key.
        fault: the injected fault, as a `Prefer` header would express it; empty without one.
        request: the beginning of the request body.
        status: of the response; None if the connection was dropped.
        response: the beginning of the response body.
        task_id: the task that the request created or queried.
        violations: the documented rules that the request violates; None until they are determined.
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
    response: bytes = b""
    task_id: str = ""
    took_ms: float = 0
    violations: list[dict[str, Any]] | None = None

    @property
    def is_whole(self) -> bool:
        """True if the whole request body was recorded."""
        return len(self.request) < MAX_BODY_BYTES

    def record(self, chunk: bytes) -> None:
        """Append a chunk to the request body, up to the limit."""
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
        """Return a new exchange for a request; `close` adds it to the journal."""
        return Exchange(next(self._numbers), at, method, path[:300])

    def close(self, exchange: Exchange, took_ms: float) -> None:
        """Add a finished exchange."""
        exchange.took_ms = round(took_ms, 3)
        self._exchanges.append(exchange)
        self.count += 1
