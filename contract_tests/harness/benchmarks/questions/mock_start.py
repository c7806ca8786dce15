"""Measures the start of the mock: of its process, compared with other servers, and of a mock within a test."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks.measure import Figures, Measured, Row, Side, Size, Target, interleaved, skip_if_missing
from benchmarks.peers import Peers
from benchmarks.servers import CREATE, PROGRAMS, Program, Server, mock_command, prism_command, steady_command

QUESTION = "mock_start"
ROUNDS = {Size.FULL: 2, Size.QUICK: 3, Size.LEAST: 1}
TURNS = {Size.FULL: (4, 40, 300), Size.QUICK: (5, 20, 100), Size.LEAST: (1, 1, 1)}
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
        (Target(1, "Prism"), Target(0.9, "Steady")),
    )
    yield from _rows_in_process(*TURNS[size])


def _rows_in_process(rounds: int, blocks: int, requests: int) -> Iterator[Row]:
    """Use mocks within a process, and yield the rows."""
    server = _measured_in_process({"mock": "server"}, rounds, blocks)
    sent = _measured_in_process({"MockTransport": "transport", "httpx.MockTransport": "constant"}, rounds, requests)
    for clock in ("CPU", "wall"):
        what = f"mock in a test: `with MockServer()`, a create, its completion, and the end: {clock}"
        yield Row(QUESTION, what, "ms", "less", server.of(clock), (Target(15),))
        what = f"mock in a test: a create through a transport: {clock}"
        yield Row(QUESTION, what, "ms", "less", sent.of(clock), (Target(3, "httpx.MockTransport"),))


def _measured_in_process(kinds: dict[str, str], rounds: int, turns: int) -> Measured:
    with ExitStack() as stack:
        sides: dict[str, Side] = {}
        for name, kind in kinds.items():
            command: list[str | Path] = [sys.executable, PROGRAMS / "mock_in_process.py", kind, json.dumps(CREATE)]
            sides[name] = partial(stack.enter_context(Program(command)).request, turns)
        return interleaved(sides, rounds)


def bare_command() -> list[str]:
    """Return the command of an application that imports only its server."""
    return [sys.executable, "-c", BARE, "{port}"]


def _started(command: list[str]) -> Figures:
    with Server(command) as server:
        return {"seconds": server.seconds}
