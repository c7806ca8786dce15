"""Bound the deliveries that a `CallbackReceiver` checks at a time, and those that wait for that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from evolink._log import logger

# Each check takes a call of `known` and a read of the task.
MAX_CHECKS = 8
# A thousand waiting deliveries take a few megabytes.
MAX_WAITING = 1000


class LaneFullError(Exception):
    """Too many deliveries are waiting."""


class Lane:
    """Lets a few deliveries be checked at a time. The others wait in the order of their arrival.

    A flood of deliveries in one lane does not slow down those in another lane.

    Attributes:
        checks: the places for checks.
        threads: run what blocks in a check. Slow handlers run elsewhere and do not hold it up.
    """

    def __init__(self) -> None:
        self.checks = asyncio.Semaphore(MAX_CHECKS)
        self.threads = ThreadPoolExecutor(MAX_CHECKS, thread_name_prefix="evolink-callbacks")
        self._waiting = 0
        self._is_reported = False

    @asynccontextmanager
    async def entered(self, place: asyncio.Lock | asyncio.Semaphore, deadline: float) -> AsyncGenerator[None]:
        """Wait for a place until a deadline, and hold it.

        Args:
            place: the place.
            deadline: the latest time at which to get it, by the clock of the event loop.

        Raises:
            LaneFullError: too many deliveries are waiting for places already.
            TimeoutError: the place was not free in time.
        """
        if self._waiting >= MAX_WAITING:
            if not self._is_reported:
                self._is_reported = True
                logger.warning("%d callbacks are waiting; more are refused until they are checked", self._waiting)
            raise LaneFullError
        self._waiting += 1
        try:
            async with asyncio.timeout_at(deadline):
                await place.acquire()
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._is_reported = False
        try:
            yield
        finally:
            place.release()
