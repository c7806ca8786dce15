"""Run the flows of a batch with asyncio: `BatchThreads`, with `await`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from evolink._batches import LAST_SECONDS, Batch, CheckMedia, OnCreated, Send, StoppedError, hand_over
from evolink._flows import arun
from evolink._retries import Pause
from evolink.errors import EvoLinkError

if TYPE_CHECKING:
    from evolink._views import Task

# The event loop keeps no reference to the tasks of an interrupted batch that are still sending a request.
_running: set[asyncio.Future[None]] = set()


class BatchTasks:
    """Submits the requests of a batch in asyncio tasks; see `BatchThreads`."""

    def __init__(
        self,
        batch: Batch,
        perform: Callable[[int, CheckMedia | Send], Awaitable[Task | None]],
        on_created: OnCreated | None,
    ) -> None:
        self._batch, self._perform, self._on_created = batch, perform, on_created
        self._is_over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, concurrency: int) -> list[Task | EvoLinkError]:
        """Submit every request; return the results in the order of the requests."""
        workers = [asyncio.ensure_future(self._work()) for _ in range(min(concurrency, len(self._batch.waiting)))]
        try:
            if workers:
                # Not gather(), which would cancel requests that are being sent.
                done, _ = await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
                for worker in done:
                    worker.result()
        except BaseException as interruption:
            self._is_over.set_result(None)
            for worker in workers:
                _running.add(worker)
                worker.add_done_callback(_forget)
            try:
                await asyncio.wait(workers, timeout=LAST_SECONDS)
            except BaseException as second:
                self._batch.report(second)
                raise
            self._batch.report(interruption)
            raise
        return self._batch.in_order()

    async def _work(self) -> None:
        """Submit requests until none is waiting; runs in each of the other tasks."""
        while self._batch.waiting and not self._is_over.done():
            index = self._batch.waiting.popleft()
            result = await self._submit(index)
            self._batch.end(index, result)
            if not self._is_over.done() or isinstance(result, BaseException):
                hand_over(index, result, self._on_created)

    async def _submit(self, index: int) -> Task | BaseException:
        async def perform(step: CheckMedia | Send | Pause) -> Task | None:
            if not isinstance(step, Pause):
                return await self._perform(index, step)
            done, _ = await asyncio.wait([self._is_over], timeout=step.seconds)
            if done:
                raise StoppedError
            return None

        try:
            return await arun(self._batch.flow(index), perform)
        except BaseException as error:  # noqa: BLE001 - raised again by hand_over
            return error


def _forget(worker: asyncio.Future[None]) -> None:
    _running.discard(worker)
    if not worker.cancelled():
        worker.exception()  # marks it as seen; the batch has logged it
