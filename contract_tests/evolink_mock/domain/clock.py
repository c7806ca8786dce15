"""The mock's time: real, sped up, moved by requests, or moved by hand."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol

# When the sample of the documentation was created; there a clock that stands still begins.
SAMPLE_TIME = 1757169743.0


class Clock(Protocol):
    """Simulated time, in seconds."""

    def unix(self) -> float:
        """Return the time of day in Unix seconds, for stamps that callers compare with their own clock."""
        ...

    def elapsed(self) -> float:
        """Return the simulated seconds since the clock was made."""
        ...

    def real(self, seconds: float) -> float:
        """Return how many real seconds it takes until `seconds` of simulated time have passed."""
        ...

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call `callback` in the running event loop after `seconds` of simulated time, and never before."""
        ...

    def advance(self, seconds: float) -> None:
        """Move the clock by `seconds` at once, calling back everyone whose time has come, in order."""
        ...

    def tick(self) -> None:
        """Take note of a request: whoever's time has come is called back before it is served."""
        ...

    def noted(self, due: float) -> float:
        """Return when something that was due then begins or ends, for the record, if that is now."""
        ...

    def close(self) -> None:
        """Forget whoever waits."""
        ...


async def sleep(clock: Clock, seconds: float) -> None:
    """Wait for `seconds` of simulated time."""
    waiting = asyncio.get_running_loop().create_future()
    clock.call_later(seconds, lambda: None if waiting.done() else waiting.set_result(None))
    await waiting


class _Waiting:
    """Who waits for a time, in order."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    @property
    def first(self) -> float | None:
        """When the first one's time comes; None when nobody waits."""
        return self._heap[0][0] if self._heap else None

    def add(self, due: float, callback: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (due, next(self._order), callback))

    def pop(self, now: float) -> tuple[float, Callable[[], None]] | None:
        """Return the time and the callback of the first one whose time has come."""
        if not self._heap or self._heap[0][0] > now:
            return None
        due, _, callback = heapq.heappop(self._heap)
        return due, callback

    def clear(self) -> None:
        self._heap.clear()


class SystemClock:
    """Real time, `speed` times as fast. For use in one event loop, of which it takes one timer, however many wait."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._start = time.monotonic()
        self._skipped = 0.0
        self._waiting = _Waiting()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0

    def unix(self) -> float:
        """Return the real time of day, whatever the speed, moved as far as the clock was moved by hand."""
        return time.time() + self._skipped

    def elapsed(self) -> float:
        """Return the real seconds since the start, times the speed, and as much as the clock was moved by hand."""
        return (time.monotonic() - self._start) * self.speed + self._skipped

    def real(self, seconds: float) -> float:
        """Return `seconds` divided by the speed."""
        return seconds / self.speed

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call `callback` after `seconds` divided by the speed."""
        self._waiting.add(self.elapsed() + seconds, callback)
        self._set_timer()

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self._skipped += seconds
        self.tick()

    def tick(self) -> None:
        """Call back everyone whose time has come."""
        now = self.elapsed()
        try:
            while (found := self._waiting.pop(now)) is not None:
                found[1]()
        finally:
            self._set_timer()

    def noted(self, due: float) -> float:
        """Return the time it is."""
        del due
        return self.elapsed()

    def close(self) -> None:
        """Forget whoever waits."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _set_timer(self) -> None:
        due = self._waiting.first
        if due is None or (self._timer is not None and self._timer_due <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due = due
        self._timer = asyncio.get_running_loop().call_later(max(0.0, self.real(due - self.elapsed())), self._timed)

    def _timed(self) -> None:
        self._timer = None
        self.tick()


class ManualClock:
    """Time that stands still until `advance` moves it. For use in one event loop."""

    def __init__(self, unix: float = SAMPLE_TIME) -> None:
        self._unix = unix
        self._elapsed = 0.0
        self._waiting = _Waiting()
        self._arrival = asyncio.Event()

    def unix(self) -> float:
        """Return the time of day the clock was made with, moved as far as the clock was."""
        return self._unix + self._elapsed

    def elapsed(self) -> float:
        """Return how far the clock was moved."""
        return self._elapsed

    def real(self, seconds: float) -> float:
        """Return `seconds`: nobody knows."""
        return seconds

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call `callback` once the clock was moved `seconds` further."""
        self._waiting.add(self._elapsed + seconds, callback)
        self._arrival.set()

    async def until_waited_for(self) -> float:
        """Return, once somebody waits for this clock, for how many seconds from now the first one does."""
        while (first := self._waiting.first) is None:
            self._arrival.clear()
            await self._arrival.wait()
        return first - self._elapsed

    def advance(self, seconds: float) -> None:
        """Move the clock, calling back everyone whose time has come, in order."""
        goal = self._elapsed + seconds
        while (found := self._waiting.pop(goal)) is not None:
            self._elapsed, callback = found
            callback()
        self._elapsed = goal

    def tick(self) -> None:
        """Do nothing: requests do not move this clock."""

    def noted(self, due: float) -> float:
        """Return the time it is."""
        del due
        return self._elapsed

    def close(self) -> None:
        """Forget whoever waits."""
        self._waiting.clear()


class RequestClock(ManualClock):
    """Time that every request moves by `step` seconds, so that the same requests always meet the same times."""

    def __init__(self, step: float) -> None:
        super().__init__()
        self._step = step

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call `callback` once the clock was moved `seconds` further, or soon, if that is not at all."""
        if seconds > 0:
            super().call_later(seconds, callback)
        else:
            asyncio.get_running_loop().call_soon(callback)

    def tick(self) -> None:
        """Move the clock by a step."""
        self.advance(self._step)

    def noted(self, due: float) -> float:
        """Return when it was due: what other programs do takes none of this time, however many requests come."""
        return due
