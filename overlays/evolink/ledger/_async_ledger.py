"""`AsyncLedger`, the ledger for asyncio: `Ledger`, with `await`. Reads and writes of the database run in threads."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from evolink._async_client import AsyncEvoLink
from evolink._base_client import WAIT_SECONDS
from evolink._flows import arun
from evolink._retries import Pause
from evolink._validation import Request
from evolink.ledger._base_ledger import BaseLedger, checked_key, checked_resolution
from evolink.ledger._export import export
from evolink.ledger._jobs import Job, Spent, checked_statuses
from evolink.ledger._steps import Flow, Result, Step, Stored

if TYPE_CHECKING:
    from evolink._views import Task


class AsyncLedger(BaseLedger):
    """A database of jobs that remembers every submission; an asynchronous context manager. See `Ledger`."""

    async def submit(
        self,
        api: AsyncEvoLink,
        request: Request | Mapping[str, Any],
        *,
        key: str,
        validate: bool = True,
        check_media: bool = False,
        max_credits: float | None = None,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Task:
        """Create the task for a key, once; see `Ledger.submit`."""
        flow = self.submit_flow(
            api,
            request,
            key,
            check_media=check_media,
            validate=validate,
            max_credits=max_credits,
            timeout=timeout,
            extra_headers=extra_headers,
        )
        return await run_async(api, flow)

    async def wait(
        self,
        api: AsyncEvoLink,
        key: str,
        *,
        timeout: float = WAIT_SECONDS,
        on_update: Callable[[Task], Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Task:
        """Wait until the task of a key is completed, store that, and return the task; see `Ledger.wait`."""
        flow = self._wait_flow(api, key, timeout=timeout, on_update=on_update, extra_headers=extra_headers)
        return await run_async(api, flow)

    async def download(
        self, api: AsyncEvoLink, key: str, to: str | os.PathLike[str] = ".", **options: Any
    ) -> list[Path | Any]:
        """Save every result of a completed job into a folder, and store where; see `Ledger.download`."""
        return await run_async(api, self.save_flow(api, key, to, options))

    async def job(self, key: str) -> Job | None:
        """Return the job with a key; None if there is none."""
        return await asyncio.to_thread(self.store.find, checked_key(key))

    async def jobs(self, status: str | list[str] | None = None) -> list[Job]:
        """Return all jobs, or those with a status, or one of several; see `Ledger.jobs`."""
        statuses = checked_statuses(status)
        return await asyncio.to_thread(lambda: list(self.store.iterate(statuses)))

    async def spent(self) -> Spent:
        """Return the credits of all jobs."""
        return await asyncio.to_thread(self.store.spent)

    async def resolve(self, key: str, *, task_id: str | None = None, lost: bool = False) -> Job:
        """Settle a submission without a known outcome by hand, and return its job; see `Ledger.resolve`."""
        return await asyncio.to_thread(self.store.resolve, key, checked_resolution(key, task_id, lost=lost))

    async def retry(self, key: str) -> Job:
        """Let a key be submitted again whose task has failed or was cancelled; see `Ledger.retry`."""
        return await asyncio.to_thread(self.store.retry, checked_key(key))

    async def export(self, to: str | os.PathLike[str]) -> int:
        """Write all jobs to a `.csv` or `.jsonl` file; return their number. See `Ledger.export`."""
        return await asyncio.to_thread(lambda: export(self.store.iterate(), to))

    async def aclose(self) -> None:
        """Close the connections to the database."""
        await asyncio.to_thread(self.store.database.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


async def run_async(api: AsyncEvoLink, flow: Flow[Result]) -> Result:
    """Run a flow with a client to its end."""

    async def perform(step: Step) -> Any:
        if isinstance(step, Stored):
            return await asyncio.to_thread(step.call)
        if isinstance(step, Pause):
            return await asyncio.sleep(step.seconds)
        return await getattr(api, step.method)(*step.arguments, **step.options)

    return await arun(flow, perform)
