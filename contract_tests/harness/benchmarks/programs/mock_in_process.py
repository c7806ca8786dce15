"""Uses a mock in this process, as tests do, and measures the time.

    python mock_in_process.py server|transport|constant BODY

`server` starts a `MockServer`, creates a task with BODY, completes it, and ends the server. `transport` creates a task
through one `MockTransport`, `constant` sends the same request to an `httpx.MockTransport` that always has the same
response. Each line of the input is a number of such turns, each line of the output the milliseconds of one as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx

from evolink_mock import MockServer, MockTransport

CREATE = "/v1/videos/generations"
HEADERS = {"authorization": "Bearer sk-evo-mock"}


def server(body: Any) -> Callable[[], None]:
    """Return a function that uses a server of its own."""
    client = httpx.Client(headers=HEADERS, trust_env=False)

    def turn() -> None:
        with MockServer() as mock:
            mock.complete(client.post(mock.url + CREATE, json=body).raise_for_status().json()["id"])

    return turn


def transport(body: Any) -> Callable[[], None]:
    """Return a function that sends a create to a mock without a socket."""
    return _sending(MockTransport(), body)


def constant(body: Any) -> Callable[[], None]:
    """Return a function that sends a create to a function with the response of the mock."""
    with MockTransport() as mock, httpx.Client(transport=mock, headers=HEADERS) as client:
        response = client.post("http://localhost" + CREATE, json=body)
    headers = dict(response.headers)
    return _sending(httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, content=response.content)), body)


def _sending(through: httpx.BaseTransport, body: Any) -> Callable[[], None]:
    client = httpx.Client(transport=through, headers=HEADERS)
    return lambda: client.post("http://localhost" + CREATE, json=body).raise_for_status().json()


def main(kind: str, body: str) -> None:
    """Measure once for each line of the input."""
    turn = {"server": server, "transport": transport, "constant": constant}[kind](json.loads(body))
    turn()
    for line in sys.stdin:
        count, wall, processor = int(line), time.perf_counter(), time.process_time()
        for _ in range(count):
            turn()
        figures = {"CPU": time.process_time() - processor, "wall": time.perf_counter() - wall}
        sys.stdout.write(json.dumps({clock: took / count * 1000 for clock, took in figures.items()}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
