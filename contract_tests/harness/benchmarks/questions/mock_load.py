"""Measures the throughput and latency of the mock, compared with other mock servers and a bare application."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import httpx

from benchmarks.measure import Better, Figures, MissingError, Row, Side, Size, Target, interleaved, skip_if_missing
from benchmarks.peers import Peers
from benchmarks.servers import (
    CONNECTIONS,
    CREATE,
    KEY,
    TASK_ID,
    LoadGenerator,
    Server,
    bare_command,
    http_request,
    mock_command,
    prism_command,
    steady_command,
)

QUESTION = "mock_load"
SIZES = {Size.FULL: (2, 1.0), Size.QUICK: (3, 0.4), Size.LEAST: (1, 0.05)}
REFUSED = {**CREATE, "prompt": 7}
FIGURES: dict[str, tuple[str, Better]] = {
    "rate": ("requests/s", "more"), "p50": ("ms", "less"), "p99": ("ms", "less"),
}  # fmt: skip
TARGETS = {
    "create": (Target(20, "Prism"), Target(2, "Steady"), Target(0.5, "bare app")),
    "read": (Target(8, "Prism"), Target(2, "Steady"), Target(0.5, "bare app")),
    "refuse": (Target(20, "Prism"), Target(0.5, "bare app")),
}
"""The targets of the rates, by kind of request."""


def rows(peers: Peers, size: Size) -> Iterator[Row]:
    """Measure creates, reads and refusals, and yield the rows."""
    rounds, seconds = SIZES[size]
    with ExitStack() as stack:
        generator = stack.enter_context(LoadGenerator())
        mock = stack.enter_context(Server(mock_command()))
        others: dict[str, Server | str] = {}
        for name, command in (("Prism", prism_command), ("Steady", steady_command)):
            others[name] = _started(stack, partial(command, peers))
        for kind, targets in TARGETS.items():
            sides = _sides(stack, generator, {"mock": mock, **others}, kind, seconds)
            measured = interleaved(sides, rounds)
            for figure, (unit, better) in FIGURES.items():
                if figure == "rate":
                    yield Row(QUESTION, f"mock, {kind}", unit, better, measured.of(figure), targets)
                else:
                    what = f"mock, {kind}: {figure} of {CONNECTIONS} at a time"
                    yield Row(QUESTION, what, unit, better, measured.of(figure))


def _started(stack: ExitStack, command: Callable[[], list[str]]) -> Server | str:
    try:
        return stack.enter_context(Server(command()))
    except MissingError as missing:
        return str(missing)


def _sides(
    stack: ExitStack, generator: LoadGenerator, servers: dict[str, Server | str], kind: str, seconds: float
) -> dict[str, Side]:
    """Return the sides: every server, and an application that responds with the same bytes as the mock."""
    mock = servers["mock"]
    if isinstance(mock, str):
        raise TypeError(mock)
    with httpx.Client(base_url=mock.url, trust_env=False, headers={"authorization": f"Bearer {KEY}"}) as client:
        task_id: str = client.post("/v1/videos/generations", json=CREATE).json()["id"]
        path = f"/v1/tasks/{task_id}"
        body = {"create": CREATE, "refuse": REFUSED}.get(kind)
        response = client.get(path) if body is None else client.post("/v1/videos/generations", json=body)
    same = {"status": response.status_code, "headers": dict(response.headers), "body": response.text}
    bare = stack.enter_context(Server(bare_command(same)))
    sides: dict[str, Side] = {}
    for name, server in {"mock": mock, "bare app": bare, **servers}.items():
        with skip_if_missing(sides, name):
            if isinstance(server, str):
                raise MissingError(server)
            read = path if name == "mock" else f"/v1/tasks/{TASK_ID}"
            request = (
                http_request("GET", read) if body is None else http_request("POST", "/v1/videos/generations", body)
            )
            sides[name] = partial(_measured, generator, server.port, request, seconds, refused=kind == "refuse")
    return sides


def _measured(generator: LoadGenerator, port: int, request: bytes, seconds: float, *, refused: bool) -> Figures:
    result = generator.load(port, request, seconds)
    if [status >= 400 for status in result["statuses"]] != [refused]:
        raise MissingError(f"it responds with {result['statuses']}")
    return {figure: result[figure] for figure in FIGURES}
