"""Waits for many tasks in one process, and measures what that costs.

    python waiting_process.py wait_all|poll COUNT

The server is simulated within the process, with a latency of 20 ms. Instead of sleeping, the process moves its clocks
forward. While it works, the clocks run as usual, so that a slow client notices the end of a task late.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import selectors
import statistics
import sys
import time
from typing import Any

import httpx

TASK_SECONDS = (60.0, 240.0)
ESTIMATE = 120
LATENCY = 0.02
CONCURRENCY = 64
KEY = "sk-evo-mock"


class Clock:
    """The time of this process plus the time that was skipped."""

    def __init__(self) -> None:
        self.skipped = 0.0
        self._monotonic, self._time = time.monotonic, time.time

    def monotonic(self) -> float:
        """Replace `time.monotonic`."""
        return self._monotonic() + self.skipped

    def time(self) -> float:
        """Replace `time.time`."""
        return self._time() + self.skipped


CLOCK = Clock()
# No other code has read a clock yet.
time.monotonic, time.time = CLOCK.monotonic, CLOCK.time


class Skipping(selectors.DefaultSelector):
    """Skips the time that it would otherwise wait."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready. With a timeout, skip that time instead of waiting."""
        if timeout is None:
            return super().select()
        ready = super().select(0)
        if not ready:
            CLOCK.skipped += max(0.0, timeout)
        return ready


class Server(httpx.AsyncBaseTransport):
    """Simulates a server with tasks that all begin now and end one by one."""

    def __init__(self, count: int) -> None:
        dice = random.Random(7)  # noqa: S311 - the same durations each time
        self._began = CLOCK.time()
        self.seconds = {f"task-unified-{number:010d}": dice.uniform(*TASK_SECONDS) for number in range(count)}
        self.reads = 0
        self.noticed: dict[str, float] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Respond to one read."""
        await asyncio.sleep(LATENCY)
        self.reads += 1
        task_id = request.url.path.rpartition("/")[2]
        run, seconds = CLOCK.time() - self._began, self.seconds[task_id]
        completed = run >= seconds
        if completed:
            self.noticed[task_id] = (run - seconds) / seconds
        body: dict[str, Any] = {
            "id": task_id, "object": "video.generation.task", "model": "a-model", "type": "video",
            "created": int(self._began), "status": "completed" if completed else "processing",
            "progress": 100 if completed else int(99 * run / seconds),
            "task_info": {"can_cancel": True, "estimated_time": ESTIMATE},
        }  # fmt: skip
        if completed:
            body["results"] = ["https://files.example.com/a.mp4"]
        return httpx.Response(200, json=body)


async def poll(api: Any, ids: list[str]) -> None:
    """Read every task once a second until it is completed."""
    turns = asyncio.Semaphore(CONCURRENCY)

    async def follow(task_id: str) -> None:
        while True:
            async with turns:
                task = await api.task(task_id)
            if task.status == "completed":
                return
            await asyncio.sleep(1)

    await asyncio.gather(*map(follow, ids))


async def wait(how: str, count: int) -> dict[str, float]:
    """Return the memory, CPU, reads and delay per task."""
    from evolink import AsyncEvoLink  # noqa: PLC0415 - it must see the replaced clocks

    warm = Server(1)
    async with AsyncEvoLink(KEY, base_url="http://127.0.0.1:9", transport=warm) as api:
        await api.wait(*warm.seconds)
    server = Server(count)
    ids = list(server.seconds)
    async with AsyncEvoLink(KEY, base_url="http://127.0.0.1:9", transport=server) as api:
        before, processor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        if how == "poll":
            await poll(api, ids)
        else:
            await api.wait_all(ids, concurrency=CONCURRENCY, timeout=3600)
        processor, after = time.process_time() - processor, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = {
        "cpu": processor / count * 1000,
        "reads": server.reads / count,
        "delay": statistics.median(server.noticed.values()) * 100,
    }
    if how == "wait_all":  # the poll has too few tasks for this figure
        figures["memory"] = (after - before) * (1 if sys.platform == "darwin" else 1024) / 1000 / count
    return figures


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(Skipping())) as runner:
        sys.stdout.write(json.dumps(runner.run(wait(sys.argv[1], int(sys.argv[2])))) + "\n")
