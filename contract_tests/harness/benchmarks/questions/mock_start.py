"""Measures the time from the start of the mock's process to its first response, compared with other servers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.measure import Figures, Row, Side, Size, Target, interleaved, skip_if_missing
from benchmarks.peers import Peers
from benchmarks.servers import Server, mock_command, prism_command, steady_command

QUESTION = "mock_start"
ROUNDS = {Size.FULL: 2, Size.QUICK: 3, Size.LEAST: 1}
BARE = """
import sys, uvicorn

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})

uvicorn.run(app, port=int(sys.argv[1]), lifespan="off", ws="none", access_log=False, log_config=None)
"""


def rows(peers: Peers, size: Size) -> Iterator[Row]:
    """Start every server several times, and yield the row."""
    commands: dict[str, Callable[[], list[str]]] = {
        "mock": mock_command,
        "bare app": bare_command,
        "Prism": partial(prism_command, peers),
        "Steady": partial(steady_command, peers),
    }
    sides: dict[str, Side] = {}
    for name, command in commands.items():
        with skip_if_missing(sides, name):
            sides[name] = partial(_started, command())
    measured = interleaved(sides, ROUNDS[size]).of("seconds")
    yield Row(
        QUESTION,
        "mock: process start to first response",
        "s",
        "less",
        measured,
        (Target(1, "Prism"), Target(1, "Steady")),
    )


def bare_command() -> list[str]:
    """Return the command of an application that imports only its server."""
    return [sys.executable, "-c", BARE, "{port}"]


def _started(command: list[str]) -> Figures:
    with Server(command) as server:
        return {"seconds": server.seconds}
