"""Clocks of the mock: real time, real time sped up, time moved by requests, and time moved by hand."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol

# The creation time of the documented example, at which a manual clock starts.
SAMPLE_TIME = 1757169743.0


class Clock(Protocol):
    """Simulated time, in seconds."""

    def unix(self) -> float:
        """Return the time of day in Unix seconds, for timestamps that clients compare with their own clock."""
        ...

    def elapsed(self) -> float:
        """Return the simulated seconds since the clock was created."""
        ...

    def real_seconds(self, seconds: float) -> float:
        """Convert simulated seconds to real seconds."""
        ...

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` in the running event loop after `seconds` of simulated time, never earlier."""
        ...

    def advance(self, seconds: float) -> None:
        """Move the clock forward by `seconds` and run the callbacks that are due, in order."""
        ...

    def tick(self) -> None:
        """Run the callbacks that are due; called before each request."""
        ...

    def timestamp(self, due: float) -> float:
        """Return the time to record for an event that was due at `due` and happens now."""
        ...

    def close(self) -> None:
        """Drop all pending callbacks."""
        ...


async def sleep(clock: Clock, seconds: float) -> None:
    """Wait for `seconds` of simulated time."""
    wake_up = asyncio.get_running_loop().create_future()
    timer = clock.call_later(seconds, lambda: None if wake_up.done() else wake_up.set_result(None))
    try:
        await wake_up
    finally:
        timer.cancel()


class Timer:
    """A pending callback, which can be cancelled; later cancellations have no effect."""

    __slots__ = ("_queue", "callback", "due", "order")

    def __init__(self, queue: _CallbackQueue | None, due: float, order: int, callback: Callable[[], None]) -> None:
        self._queue, self.due, self.order = queue, due, order
        self.callback: Callable[[], None] | None = callback

    def __lt__(self, other: Timer) -> bool:
        return (self.due, self.order) < (other.due, other.order)

    def cancel(self) -> None:
        """Drop the callback, unless it has been called."""
        if self.callback is not None:
            self.callback = None
            if self._queue is not None:
                self._queue.count_cancelled()


class _CallbackQueue:
    """Pending callbacks, ordered by the time they are due."""

    def __init__(self) -> None:
        self._heap: list[Timer] = []
        self._order = itertools.count()
        self._cancelled = 0

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def next_due(self) -> float | None:
        """The time at which the first callback is due; None if no callback is pending."""
        while self._heap and self._heap[0].callback is None:
            heapq.heappop(self._heap)
            self._cancelled -= 1
        return self._heap[0].due if self._heap else None

    def add(self, due: float, callback: Callable[[], None]) -> Timer:
        timer = Timer(self, due, next(self._order), callback)
        heapq.heappush(self._heap, timer)
        return timer

    def pop(self, now: float) -> tuple[float, Callable[[], None]] | None:
        """Remove and return the first callback that is due, after its time; None if no callback is due."""
        due = self.next_due
        if due is None or due > now:
            return None
        timer = heapq.heappop(self._heap)
        callback, timer.callback = timer.callback, None
        return None if callback is None else (due, callback)

    def count_cancelled(self) -> None:
        """Count a cancelled callback, and remove all of them once they are the majority."""
        self._cancelled += 1
        if self._cancelled > len(self._heap) // 2:
            self._heap = [timer for timer in self._heap if timer.callback is not None]
            heapq.heapify(self._heap)
            self._cancelled = 0

    def clear(self) -> None:
        self._heap.clear()
        self._cancelled = 0


class SystemClock:
    """Real time, `speed` times as fast. For use in one event loop, with a single timer for all callbacks."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._start = time.monotonic()
        self._skipped = 0.0
        self._callbacks = _CallbackQueue()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0

    def unix(self) -> float:
        """Return the real time of day, independent of the speed, plus the seconds that `advance` added."""
        return time.time() + self._skipped

    def elapsed(self) -> float:
        """Return the real seconds since the start times the speed, plus the seconds that `advance` added."""
        return (time.monotonic() - self._start) * self.speed + self._skipped

    def real_seconds(self, seconds: float) -> float:
        """Return `seconds` divided by the speed."""
        return seconds / self.speed

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` after `seconds` divided by the speed."""
        timer = self._callbacks.add(self.elapsed() + seconds, callback)
        self._set_timer()
        return timer

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self._skipped += seconds
        self.tick()

    def tick(self) -> None:
        """Run the callbacks that are due."""
        now = self.elapsed()
        try:
            while (first := self._callbacks.pop(now)) is not None:
                _, callback = first
                callback()
        finally:
            self._set_timer()

    def timestamp(self, due: float) -> float:
        """Return the current time."""
        del due
        return self.elapsed()

    def close(self) -> None:
        """Drop all pending callbacks."""
        self._callbacks.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _set_timer(self) -> None:
        due = self._callbacks.next_due
        if due is None or (self._timer is not None and self._timer_due <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due = due
        self._timer = asyncio.get_running_loop().call_later(
            max(0.0, self.real_seconds(due - self.elapsed())), self._timed
        )

    def _timed(self) -> None:
        self._timer = None
        self.tick()


class ManualClock:
    """Time that only moves with `advance`. For use in one event loop."""

    def __init__(self, unix: float = SAMPLE_TIME) -> None:
        self._unix = unix
        self._elapsed = 0.0
        self._callbacks = _CallbackQueue()
        self._added = asyncio.Event()

    def unix(self) -> float:
        """Return the initial time of day plus the elapsed seconds."""
        return self._unix + self._elapsed

    def elapsed(self) -> float:
        """Return the seconds that the clock was moved by."""
        return self._elapsed

    def real_seconds(self, seconds: float) -> float:
        """Return `seconds`, because the time of the next move is unknown."""
        return seconds

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` when the clock has moved forward by `seconds`."""
        timer = self._callbacks.add(self._elapsed + seconds, callback)
        self._added.set()
        return timer

    async def next_callback(self) -> float:
        """Wait until a callback is pending, and return in how many seconds the first one is due."""
        while (due := self._callbacks.next_due) is None:
            self._added.clear()
            await self._added.wait()
        return due - self._elapsed

    def advance(self, seconds: float) -> None:
        """Move the clock forward and run the callbacks that are due, in order."""
        goal = self._elapsed + seconds
        while (first := self._callbacks.pop(goal)) is not None:
            self._elapsed, callback = first
            callback()
        self._elapsed = goal

    def tick(self) -> None:
        """Do nothing: requests do not move this clock."""

    def timestamp(self, due: float) -> float:
        """Return the current time."""
        del due
        return self._elapsed

    def close(self) -> None:
        """Drop all pending callbacks."""
        self._callbacks.clear()


class RequestClock(ManualClock):
    """Time that each request moves by `step` seconds, so that the same requests always see the same times."""

    def __init__(self, step: float) -> None:
        super().__init__()
        self._step = step

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` when the clock has moved forward by `seconds`; for 0 seconds, call it soon."""
        if seconds > 0:
            return super().call_later(seconds, callback)
        timer = Timer(None, self.elapsed(), 0, callback)
        asyncio.get_running_loop().call_soon(lambda: timer.callback and timer.callback())
        return timer

    def tick(self) -> None:
        """Move the clock forward by one step."""
        self.advance(self._step)

    def timestamp(self, due: float) -> float:
        """Return `due`: other programs take none of this time, no matter how many requests arrive meanwhile."""
        return due
