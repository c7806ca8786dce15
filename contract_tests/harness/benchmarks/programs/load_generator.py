"""Sends the same request over several connections, again and again. It needs less CPU than the servers it loads.

Each line of the input is JSON: `{"port": …, "request": …, "seconds": …, "connections": …, "first": …}`.
Each line of the output is JSON: `{"rate": …, "p50": …, "p99": …, "busy": …, "statuses": […]}`. These are requests a
second, milliseconds, the share of one processor that this program used, and the HTTP statuses. A number replaces ten
zeros in a row in the request; it starts at `first` and grows with every request.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import httptools
import uvloop

NUMBER = b"0" * 10


class Connection(asyncio.Protocol):
    """Sends a request after each response until the time is over."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._parser = httptools.HttpResponseParser(self)
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        """Send the first request."""
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._start = time.perf_counter()
        self._transport.write(self._load.next_request())

    def data_received(self, data: bytes) -> None:
        """Parse a part of a response."""
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Record a response, and send the next request or close the connection."""
        now = time.perf_counter()
        self._load.milliseconds.append((now - self._start) * 1000)
        self._load.statuses.add(self._parser.get_status_code())
        if now < self._load.deadline:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Report the end of the connection."""
        del exc
        if not self.ended.done():
            self.ended.set_result(None)


class Load:
    """The load that one line of the input describes."""

    def __init__(self, line: dict[str, Any]) -> None:
        self._request = str(line["request"]).encode()
        self._numbers: Iterator[int] | None = (
            itertools.count(int(line.get("first", 1))) if NUMBER in self._request else None
        )
        self._port = int(line["port"])
        self._connections = int(line["connections"])
        self._seconds = float(line["seconds"])
        self.deadline = 0.0
        self.milliseconds: list[float] = []
        self.statuses: set[int] = set()

    def next_request(self) -> bytes:
        """Return the next request."""
        if self._numbers is None:
            return self._request
        return self._request.replace(NUMBER, b"%010d" % next(self._numbers))

    async def run(self) -> dict[str, Any]:
        """Send requests until the time is over, and return the figures."""
        loop = asyncio.get_running_loop()
        start, processor = time.perf_counter(), time.process_time()
        self.deadline = start + self._seconds
        made = [
            (await loop.create_connection(lambda: Connection(self), "127.0.0.1", self._port))[1]
            for _ in range(self._connections)
        ]
        await asyncio.gather(*(one.ended for one in made))
        took, busy = time.perf_counter() - start, time.process_time() - processor
        times = sorted(self.milliseconds)
        return {
            "rate": len(times) / took,
            "p50": times[len(times) // 2],
            "p99": times[int(len(times) * 0.99)],
            "busy": busy / took,
            "statuses": sorted(self.statuses),
        }


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for line in sys.stdin:
            sys.stdout.write(json.dumps(runner.run(Load(json.loads(line)).run())) + "\n")
            sys.stdout.flush()
