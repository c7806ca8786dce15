"""Measures the cost of a submit with a ledger in SQLite, compared with a bare one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measure import Row, Size, Target
from benchmarks.peers import Peers
from benchmarks.servers import CREATE, KEY, PROGRAMS, Program, Server, mock_command

QUESTION = "ledger_overhead"
SIZES = {Size.FULL: (4, 200), Size.QUICK: (5, 50), Size.LEAST: (1, 1)}
SIDES = {"ledger": "with a ledger", "bare": "bare submit", "SQLite": "two commits of SQLite alone"}
NOTE = "both commits survive a loss of power"


def rows(_: Peers, size: Size) -> Iterator[Row]:
    """Submit in turn with and without a ledger, against the mock, and yield the rows."""
    rounds, calls = SIZES[size]
    with TemporaryDirectory() as folder, Server(mock_command()) as server:
        command: list[str | Path] = [sys.executable, PROGRAMS / "ledger_process.py", server.url, KEY]
        with Program([*command, json.dumps(CREATE), folder]) as worker:
            worker.request(max(1, calls // 5))
            measured: list[Any] = [worker.request(calls) for _ in range(rounds)]
    for clock in ("CPU", "wall"):
        sides = {title: tuple(figures[kind][clock] for figures in measured) for kind, title in SIDES.items()}
        yield Row(QUESTION, f"ledger, one submit: {clock}", "µs", "less", sides, (Target(1.5, "bare submit"),), NOTE)
