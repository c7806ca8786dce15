"""Store what callbacks announce, and call a handler once for each end of a task, across processes and machines."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from evolink._async_client import AsyncEvoLink
from evolink._client import EvoLink
from evolink._log import logger
from evolink._outcomes import outcome_of, result_links
from evolink.errors import ConfigurationError, LedgerError
from evolink.ledger import _sender
from evolink.ledger._async_ledger import run_async
from evolink.ledger._base_ledger import BaseLedger, create_path
from evolink.ledger._decisions import saving
from evolink.ledger._ledger import run_blocking
from evolink.ledger._remote import results_folder

if TYPE_CHECKING:
    from evolink._views import Task


class UnknownTaskError(Exception):
    """The ledger does not know the task of a callback."""


class BusyError(Exception):
    """Another process is handling the end of the task."""


class LedgerOfCallbacks:
    """The ledger of a `CallbackReceiver`.

    Args:
        ledger: the ledger.
        api: the client that reads tasks and downloads.
        folder: where to save results; None to save none.

    Raises:
        ConfigurationError: `ledger` is not a ledger, or results cannot be saved at the URL of the folder.
    """

    def __init__(self, ledger: BaseLedger, api: EvoLink | AsyncEvoLink, folder: str | os.PathLike[str] | None) -> None:
        given: Any = ledger
        if not isinstance(given, BaseLedger):
            raise ConfigurationError("ledger must be a Ledger or an AsyncLedger")
        if folder is not None:
            results_folder(folder)
        self._store, self._api, self._folder = ledger.store, api, folder

    def expects(self, task_id: str, key: str | None) -> bool:
        """Return whether a callback is about a job of the ledger; not for an event loop.

        Raises:
            LedgerError: the ledger could not be read.
        """
        return self._store.expects(task_id, key)

    async def hand_over(self, task: Task, key: str | None, handle: Callable[[], Awaitable[Any]] | None) -> None:
        """Store the end of a task, save its results, and call the handler, unless that was done before.

        Args:
            task: the task, as it was read from the API.
            key: the key in the URL of the callback.
            handle: calls the handler; None without one.

        Raises:
            UnknownTaskError: no job has this task.
            BusyError: another process is doing the same.
            EvoLinkError: the ledger could not be written, or the results could not be saved.
        """
        job = await asyncio.to_thread(self._store.record, task, key)
        if job is None:
            raise UnknownTaskError
        if handle is None and self._folder is None:
            return
        name = _sender.identify()
        turn = await asyncio.to_thread(self._store.begin_handling, job.key, job.status, name)
        if turn == "done":
            return
        if turn == "busy":
            raise BusyError
        is_done = False
        try:
            if self._folder is not None and outcome_of(task) == "completed" and result_links(task):
                await self._save(job.key, self._folder)
            if handle is not None:
                await handle()
            is_done = True
        finally:
            try:
                await asyncio.to_thread(self._store.end_handling, job.key, job.status, name, is_done=is_done)
            except LedgerError as error:  # what the handler has done stays done
                logger.warning("callback for %s: the ledger could not store that it was handled: %s", task.id, error)

    async def _save(self, key: str, folder: str | os.PathLike[str]) -> None:
        flow = saving(self._store, key, create_path(self._api), folder, {})
        if isinstance(self._api, AsyncEvoLink):
            await run_async(self._api, flow)
        else:
            await asyncio.to_thread(run_blocking, self._api, flow)
