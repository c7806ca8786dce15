"""Measures the cost of one submit and of one read during a wait, compared with bare httpx and other clients.

It also measures many submits at once with asyncio, compared with bare httpx.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks.measure import Figures, Row, Side, Size, Target, interleaved, skip_if_missing
from benchmarks.peers import Peers
from benchmarks.servers import CREATE, MODEL_SCHEMA, PROGRAMS, TASK_ID, Program, Server, bare_command

QUESTION = "client_overhead"
SIZES = {Size.FULL: (4, 300, 200), Size.QUICK: (5, 100, 200), Size.LEAST: (1, 1, 1)}
SUBMITTED = {
    "id": TASK_ID, "object": "video.generation.task", "model": CREATE["model"], "type": "video", "status": "pending",
    "progress": 0, "created": 1757169743, "task_info": {"can_cancel": True, "estimated_time": 120},
    "usage": {"billing_rule": "per_call", "credits_reserved": 5, "user_group": "default"},
}  # fmt: skip
READ = {**SUBMITTED, "status": "completed", "progress": 100, "results": ["https://files.example.com/a.mp4"]}
AT_ONCE = ("evolink", "httpx")
WHAT = {"submit": "client, one submit", "read": "client, one read of a wait"}


def rows(peers: Peers, size: Size) -> Iterator[Row]:
    """Submit and read through every client, and yield the rows."""
    rounds, calls, together = SIZES[size]
    with ExitStack() as stack:
        urls = [stack.enter_context(server).url for server in servers()]
        sides: dict[str, Side] = {}
        for name in ("evolink", "httpx", "openai", "runwayml"):
            with skip_if_missing(sides, name):
                site = (peers.python(name) if name in {"openai", "runwayml"} else peers.ours()).site
                sides[name] = partial(_round, stack.enter_context(_worker(name, site, urls)), calls, together)
        measured = interleaved(sides, rounds)
        for kind, what in WHAT.items():
            for clock, limit in (("CPU", 1.05), ("wall", 1.1)):
                targets = (Target(limit, "httpx"), Target(1, "openai"), Target(1, "runwayml"))
                yield Row(QUESTION, f"{what}: {clock}", "µs", "less", measured.of(f"{kind} {clock}"), targets)
        for clock in ("CPU", "wall"):
            both = {name: side for name, side in measured.of(f"submits at once {clock}").items() if name in AT_ONCE}
            note = f"{together:,} submits at once"
            yield Row(QUESTION, f"client, submits at once: {clock}", "µs", "less", both, (Target(1.1, "httpx"),), note)


def servers() -> Iterator[Server]:
    """Start a server for submits, then one for reads."""
    for body in (SUBMITTED, READ):
        response = {"status": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
        yield Server(bare_command(response))


def _worker(name: str, site: Path, urls: list[str]) -> Program:
    request = [json.dumps(CREATE), MODEL_SCHEMA.rpartition("/")[2]]
    return Program([sys.executable, "-I", "-S", PROGRAMS / "client_process.py", site, name, *urls, *request])


def _round(worker: Program, calls: int, together: int) -> Figures:
    figures: Figures = worker.request([calls, together])
    return figures
