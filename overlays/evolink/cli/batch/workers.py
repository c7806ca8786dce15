"""Run the jobs of a ledger in PostgreSQL on any number of machines, with procrastinate as the queue.

`submit` plans rows in the ledger and puts their keys into the queue; `work` takes keys out of it. A key that is
delivered twice is paid once, because the ledger decides. A worker that dies stops its heartbeat, and others take its
jobs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from evolink._batches import LAST_SECONDS
from evolink._contract import JSON
from evolink._log import logger
from evolink._text import printable
from evolink.cli.batch.rows import Row
from evolink.cli.batch.running import Options, Run
from evolink.cli.local_request import LocalRequest
from evolink.errors import ConfigurationError, EvoLinkError, LedgerError, MissingExtra
from evolink.ledger import AsyncLedger, Job
from evolink.ledger._jobs import ENDED
from evolink.ledger._remote import Folder

try:
    import procrastinate
    import psycopg
    from procrastinate import exceptions
except ModuleNotFoundError:
    raise MissingExtra("workers of a batch", "workers") from None

if TYPE_CHECKING:
    from evolink._async_client import AsyncEvoLink
    from evolink.cli.command import CommandContext

TASK, QUEUE = "evolink.batch.job", "evolink"
# A worker whose heartbeat is older has died; the others look for its jobs at this interval.
DEAD_SECONDS, LOOK_SECONDS = 30.0, 5.0
# A job that could not be sent, as without credits, is tried again after this time.
AGAIN_SECONDS = 60


class NotYetError(EvoLinkError):
    """A job is not done, and has to be delivered again."""


def queue_of(ledger: AsyncLedger) -> procrastinate.App:
    """Return the queue in the database of a ledger.

    Raises:
        ConfigurationError: the ledger is not in PostgreSQL.
    """
    url = ledger.store.database.libpq_url
    if url is None:
        raise ConfigurationError("workers need a ledger in PostgreSQL; pass --ledger postgresql://user@host/database")
    return procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))


@contextmanager
def translated(ledger: AsyncLedger) -> Generator[None]:
    """Turn the errors of the queue into a `LedgerError`."""
    try:
        yield
    except (exceptions.ProcrastinateException, psycopg.Error) as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise LedgerError(f"the queue in {ledger.store.database.place} has failed: {reason}") from error


async def prepare(app: procrastinate.App) -> None:
    """Create the tables of the queue if they are missing."""
    if not await app.check_connection_async():
        try:
            await app.schema_manager.apply_schema_async()
        except exceptions.ConnectorException:  # another program has created them meanwhile
            if not await app.check_connection_async():
                raise


async def put(app: procrastinate.App, jobs: list[Job]) -> int:
    """Put the keys of jobs that have not ended into the queue, unless they are in it; return how many were put."""
    count = 0
    for job in jobs:
        if job.status not in ENDED or (job.status == "completed" and not job.files):
            with suppress(exceptions.AlreadyEnqueued):
                await app.configure_task(TASK, queue=QUEUE, queueing_lock=job.key).defer_async(key=job.key)
                count += 1
    return count


class Worker:
    """Takes jobs out of the queue, runs them, and saves their results.

    Args:
        context: the running command.
        api: the client.
        ledger: the ledger.
        options: the options of the run; `concurrency` is how many jobs are in progress at a time.
    """

    def __init__(self, context: CommandContext, api: AsyncEvoLink, ledger: AsyncLedger, options: Options) -> None:
        self._context, self._api, self._ledger, self._options = context, api, ledger, options
        self._run = Run(api, ledger, [], options, lambda _: None)
        self._turns = WeakValueDictionary[str, asyncio.Lock]()

    async def work(self, app: procrastinate.App, *, once: bool) -> None:
        """Run jobs until the worker is told to end or, with `once`, until none is waiting."""
        retry = procrastinate.RetryStrategy(wait=AGAIN_SECONDS, retry_exceptions={NotYetError})
        app.task(name=TASK, queue=QUEUE, retry=retry)(self._job)
        # It logs jobs that are delivered again as failures, with tracebacks.
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
        await self._rescue(app)
        rescue = asyncio.create_task(self._keep_rescuing(app))
        try:
            await app.run_worker_async(
                queues=[QUEUE],
                concurrency=self._options.concurrency,
                wait=not once,
                fetch_job_polling_interval=1.0,
                shutdown_graceful_timeout=LAST_SECONDS,
                delete_jobs="successful",
                stalled_worker_timeout=DEAD_SECONDS,
            )
        finally:
            rescue.cancel()

    async def _job(self, key: str) -> None:
        """Run one job.

        Raises:
            NotYetError: it is not done, and has to be delivered again.
        """
        async with self._turns.setdefault(key, asyncio.Lock()):  # it may be delivered twice at once
            try:
                job = await self._ledger.job(key)
                if job is not None and job.request is not None:
                    await self._advance(job, job.request)
            except LedgerError as error:  # for example, because the server has too many connections
                self._context.output.write_note(f"{printable(key, 200)}: it is tried again in a minute: {error}")
                raise NotYetError(str(error)) from error

    async def _advance(self, job: Job, body: JSON) -> None:
        request = LocalRequest(body, lambda field: field.name, self._api.edition)
        row = Row(0, job.key, job.name or job.key, request, job.sha256, None)
        try:
            end = await self._run.one(row, job)
        except asyncio.CancelledError:  # the worker ends; another one goes on
            raise NotYetError("the worker has ended") from None
        detail = ", ".join(end.files) or end.reason
        self._context.output.write_note(f"{row.name}: {end.status}{f', {detail}' if detail else ''}")
        if end.status in {"planned", "submitted"} or (end.status == "refused" and end.can_retry):
            raise NotYetError(end.reason)

    async def _keep_rescuing(self, app: procrastinate.App) -> None:
        """Hand the jobs of workers that have died to the others, until this is cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._rescue(app)
            except (exceptions.ProcrastinateException, psycopg.Error) as error:
                logger.warning("the jobs of dead workers could not be looked for: %s", error)

    async def _rescue(self, app: procrastinate.App) -> None:
        for stalled in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_SECONDS):
            await app.job_manager.retry_job(stalled)


def options_of(folder: Folder, concurrency: int, timeout: float) -> Options:
    """Return the options of a worker."""
    return Options(folder, concurrency, None, retry_failed=False, timeout=timeout)
