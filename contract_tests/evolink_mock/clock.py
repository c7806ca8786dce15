"""The mock's time: real, sped up, or moved by hand."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Simulated time, in seconds."""

    def unix(self) -> float:
        """Return the time of day in Unix seconds, for stamps that callers compare with their own clock."""
        ...

    def elapsed(self) -> float:
        """Return the simulated seconds since the clock was made."""
        ...

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call `callback` in the running event loop after `seconds` of simulated time."""
        ...


async def sleep(clock: Clock, seconds: float) -> None:
    """Wait for `seconds` of simulated time."""
    waiting = asyncio.get_running_loop().create_future()
    clock.call_later(seconds, lambda: None if waiting.done() else waiting.set_result(None))
    await waiting


class SystemClock:
    """Real time, `speed` times as fast."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._start = time.monotonic()

    def unix(self) -> float:
        """Return the real time of day, whatever the speed."""
        return time.time()

    def elapsed(self) -> float:
        """Return the real seconds since the start, times the speed."""
        return (time.monotonic() - self._start) * self._speed

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call `callback` after `seconds` divided by the speed."""
        asyncio.get_running_loop().call_later(seconds / self._speed, callback)


class ManualClock:
    """Time that stands still until `advance` moves it. For use in one event loop."""

    def __init__(self, unix: float = 1757169743.0) -> None:
        self._unix = unix
        self._elapsed = 0.0
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._arrival = asyncio.Event()

    def unix(self) -> float:
        """Return the time of day the clock was made with, moved as far as the clock was."""
        return self._unix + self._elapsed

    def elapsed(self) -> float:
        """Return how far the clock was moved."""
        return self._elapsed

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call `callback` once the clock was moved `seconds` further."""
        heapq.heappush(self._waiting, (self._elapsed + seconds, next(self._order), callback))
        self._arrival.set()

    async def until_waited_for(self) -> float:
        """Return, once somebody waits for this clock, for how many seconds from now the first one does."""
        while not self._waiting:
            self._arrival.clear()
            await self._arrival.wait()
        return self._waiting[0][0] - self._elapsed

    def advance(self, seconds: float) -> None:
        """Move the clock, calling back everyone whose time has come, in order."""
        goal = self._elapsed + seconds
        while self._waiting and self._waiting[0][0] <= goal:
            self._elapsed, _, callback = heapq.heappop(self._waiting)
            callback()
        self._elapsed = goal
