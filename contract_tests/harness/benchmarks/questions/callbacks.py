"""Measures how many callbacks a second `CallbackReceiver` handles, compared with bare Starlette endpoints.

One endpoint trusts every callback. The other reads the task back with the key, through bare httpx. A safe receiver must
do that, because callbacks are unsigned.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from benchmarks.measure import Figures, MissingError, Row, Side, Size, Target, interleaved
from benchmarks.peers import Peers
from benchmarks.servers import MODEL, PROGRAMS, LoadGenerator, Server, bare_command, http_request

QUESTION = "callbacks"
SIZES = {Size.FULL: (2, 1.0), Size.QUICK: (3, 0.4), Size.LEAST: (1, 0.05)}
NUMBERED = "task-unified-0000000000-7cvnl5zw"
TASK = {
    "id": NUMBERED, "object": "video.generation.task", "model": MODEL, "type": "video",
    "status": "completed", "progress": 100, "created": 1757169743, "task_info": {"can_cancel": False},
    "results": ["https://files.example.com/a.mp4"],
}  # fmt: skip
READ_BACK, TRUSTED = "Starlette, reads the task back", "Starlette, trusts the callback"
ENDPOINTS = {"CallbackReceiver": "receiver", READ_BACK: "reads", TRUSTED: "trusts"}
KINDS = {
    "new": ("callbacks, each for a different task", (Target(0.5, READ_BACK), Target(0.5, TRUSTED))),
    "again": ("callbacks, all for the same task", (Target(0.5, TRUSTED),)),
}


def rows(_: Peers, size: Size) -> Iterator[Row]:
    """Send callbacks to every endpoint."""
    rounds, seconds = SIZES[size]
    with ExitStack() as stack:
        generator = stack.enter_context(LoadGenerator())
        body = json.dumps({**TASK, "id": "{id}"})
        response = {"status": 200, "headers": {"content-type": "application/json"}, "body": body}
        api = stack.enter_context(Server(bare_command(response)))
        numbers = itertools.count(1, 1_000_000)
        sides: dict[str, Side] = {}
        for name, kind in ENDPOINTS.items():
            command = [sys.executable, str(PROGRAMS / "callback_process.py"), kind, "{port}", api.url]
            endpoint = stack.enter_context(Server(command))
            sides[name] = partial(_measured, generator, endpoint.port, numbers, seconds)
        measured = interleaved(sides, rounds)
        for kind, (what, targets) in KINDS.items():
            yield Row(QUESTION, what, "callbacks/s", "more", measured.of(kind), targets)


def _measured(generator: LoadGenerator, port: int, numbers: Iterator[int], seconds: float) -> Figures:
    figures: Figures = {}
    for kind in KINDS:
        first = next(numbers)
        task_id = NUMBERED if kind == "new" else NUMBERED.replace("0" * 10, f"{first:010d}")
        result = generator.load(port, http_request("POST", "/hook", {**TASK, "id": task_id}), seconds, first)
        if result["statuses"] != [204]:
            raise MissingError(f"it responds with {result['statuses']}")
        figures[kind] = result["rate"]
    return figures
