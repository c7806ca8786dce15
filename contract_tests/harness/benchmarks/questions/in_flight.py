"""Measures memory, reads and lost callbacks of the mock with 10,000 tasks in flight, all announced within a minute.

No other program is compared: the targets are fixed limits, or multiples of the mock's own figures when it is idle.
"""

from __future__ import annotations

import itertools
import json
import re
import socket
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.measure import Better, Figures, MissingError, Row, Size, Target, interleaved
from benchmarks.peers import Peers
from benchmarks.servers import CREATE, PROGRAMS, Server, http_request, mock_command

QUESTION = "in_flight"
SIZES = {Size.FULL: (1, 10_000, 60.0), Size.QUICK: (1, 1_000, 6.0), Size.LEAST: (1, 20, 0.2)}
IDLE_READS = 500
PAUSE = 0.01  # between reads
CREATED_A_SECOND = 500  # a minimum, so that all tasks are in flight before the first callback is due
LATE_SECONDS = 30.0
FIGURES: dict[str, tuple[str, str, Better, tuple[Target, ...]]] = {
    "memory": ("peak memory of the mock", "MB", "less", (Target(200),)),
    "lost": ("callbacks lost", "callbacks", "less", (Target(0),)),
}


def rows(_: Peers, size: Size) -> Iterator[Row]:
    """Create tasks, read one of them while the others end, and yield the rows."""
    rounds, count, seconds = SIZES[size]
    measured = interleaved({"mock": partial(_measured, count, seconds)}, rounds, warm_up=False)
    note = f"{count:,} tasks in flight, callbacks due over {seconds:g} s"
    for figure, (what, unit, better, targets) in FIGURES.items():
        yield Row(QUESTION, f"tasks in flight: {what}", unit, better, measured.of(figure), targets, note)
    sides = {"mock": measured.of("p99")["mock"], "idle median": measured.of("idle")["mock"]}
    yield Row(QUESTION, "tasks in flight: p99 of a read", "ms", "less", sides, (Target(20, "idle median"),), note)


def _measured(count: int, seconds: float) -> Figures:
    with (
        Server([sys.executable, PROGRAMS / "callback_counter.py", "{port}"]) as receiver,
        Server(mock_command("--forward-callbacks-to", receiver.url)) as mock,
        socket.create_connection(("127.0.0.1", mock.port)) as connection,
    ):
        task_id: str = json.loads(_exchange(connection, _create(3600)))["id"]
        read = http_request("GET", f"/v1/tasks/{task_id}")
        idle = _read_until(connection, read, itertools.count(1).__next__, min(count, IDLE_READS))
        begin = time.monotonic() + count / CREATED_A_SECOND + 1
        for number in range(count):
            due = begin + seconds * number / count
            _exchange(connection, _create(max(0.0, due - time.monotonic())))
        if time.monotonic() > begin:
            raise MissingError("this machine is too slow to create all tasks before the first one ends")
        time.sleep(begin - time.monotonic())
        busy = _read_until(connection, read, time.monotonic, begin + seconds)
        received, deadline = 0, time.monotonic() + LATE_SECONDS
        while (received := _received(receiver)) < count and time.monotonic() < deadline:
            time.sleep(0.1)
        return {
            "idle": statistics.median(idle),
            "p99": sorted(busy)[int(len(busy) * 0.99)],
            "lost": count - received,
            "memory": mock.megabytes(),
        }


def _create(seconds: float) -> bytes:
    body = {**CREATE, "callback_url": "https://your-domain.com/hook"}
    return http_request("POST", "/v1/videos/generations", body, {"prefer": f"pace=after-{seconds:.2f}-seconds"})


def _read_until(connection: socket.socket, request: bytes, at: Callable[[], float], end: float) -> list[float]:
    """Read until `at` returns `end` or more; return the milliseconds of each read."""
    times: list[float] = []
    while at() < end:
        start = time.perf_counter()
        _exchange(connection, request)
        times.append((time.perf_counter() - start) * 1000)
        time.sleep(PAUSE)
    return times


def _exchange(connection: socket.socket, request: bytes) -> bytes:
    """Send a request and return the body of the response.

    Raises:
        MissingError: the status is not 200.
    """
    connection.sendall(request)
    data = b""
    while True:
        part = connection.recv(65536)
        data += part
        head, end, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        if not part or (end and length is not None and len(body) >= int(length[1])):
            break
    if not head.startswith(b"HTTP/1.1 200 "):
        raise MissingError(f"the mock responds with {head[:40]!r}")
    return body


def _received(receiver: Server) -> int:
    with socket.create_connection(("127.0.0.1", receiver.port)) as connection:
        return int(_exchange(connection, http_request("GET", "/")))
