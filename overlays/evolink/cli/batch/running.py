"""Run a batch: submit its rows through a ledger, wait for their tasks, and save the results under their names."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from evolink._async_client import AsyncEvoLink
from evolink._batches import LAST_SECONDS, Pace
from evolink._outcomes import result_links
from evolink._polling import raise_if_unsuccessful
from evolink.cli.batch.rows import Row, content_digest
from evolink.cli.error_output import in_commands
from evolink.errors import (
    CostLimitExceeded,
    EvoLinkError,
    LedgerConflict,
    LedgerError,
    NotSent,
    QuotaExceeded,
    RateLimited,
    SubmissionUnknown,
    Unauthorized,
    Unavailable,
)
from evolink.ledger import AsyncLedger, Job
from evolink.ledger._async_ledger import run_async
from evolink.ledger._jobs import NOTHING_CREATED
from evolink.ledger._remote import Folder, exists
from evolink.ledger._store import Plan

if TYPE_CHECKING:
    from evolink._views import Task

# The file host keeps files for 72 hours. A batch that runs for days uploads them again before that.
UPLOAD_SECONDS = 24 * 3600.0
# After so many refusals in a row, during which no request was accepted, the batch gives up for now.
MAX_REFUSALS = 10


class Options(NamedTuple):
    """The options of a run.

    Attributes:
        folder: where to save the results.
        concurrency: how many jobs are in progress at a time.
        rate: how many requests are sent in a second at most; None for no limit.
        retry_failed: whether to submit failed jobs again where the documentation says that it can help.
        timeout: the seconds to wait for each task.
    """

    folder: Folder
    concurrency: int
    rate: float | None
    retry_failed: bool
    timeout: float


class End(NamedTuple):
    """The state of one row at the end of a run.

    Attributes:
        row: the row.
        status: the status of its job.
        reason: why it is not completed, or why its result is not saved; empty if it is.
        files: where its results are.
        can_retry: whether the same request can succeed when it is sent again; None if that is not known.
    """

    row: Row
    status: str
    reason: str
    files: list[str]
    can_retry: bool | None


class Run:
    """One run of a batch.

    Args:
        api: the client.
        ledger: the ledger.
        rows: the rows, which are planned in the ledger.
        options: the options.
        on_change: called after each change of a row.

    Attributes:
        ends: the end of each row, by its key.
        counts: the number of rows in each state: `waiting`, `sending`, `running`, `saving`, and those of ends.
        credits: the credits of the rows that have ended in this run.
        stopped: why no more requests are sent; empty as long as they are.
        ending: the error that stopped it; None without one.
    """

    def __init__(
        self,
        api: AsyncEvoLink,
        ledger: AsyncLedger,
        rows: list[Row],
        options: Options,
        on_change: Callable[[Row | None], None],
    ) -> None:
        self._api, self._ledger, self._options, self._on_change = api, ledger, options, on_change
        self.ends: dict[str, End] = {}
        self._states = {row.key: "waiting" for row in rows}
        self.counts = Counter(self._states.values())
        self.credits = 0.0
        self.stopped = ""
        self.ending: EvoLinkError | None = None
        self._rows = rows
        self._pace = Pace(MAX_REFUSALS, random.random)
        self._is_interrupted = False
        self._next_start = 0.0
        self._uploads: dict[str, tuple[float, asyncio.Future[str]]] = {}
        self._tasks: dict[asyncio.Task[None], Row] = {}

    async def run(self) -> None:
        """Run every row to its end."""
        jobs = await self._plan()
        # Tasks that exist have been paid, and their links end.
        order = sorted(self._rows, key=lambda row: jobs[row.key].task_id is None)
        waiting = deque(order)

        async def work() -> None:
            while waiting:
                row = waiting.popleft()
                await self._row(row, jobs[row.key])

        workers = [asyncio.create_task(work()) for _ in range(min(self._options.concurrency, len(order)))]
        try:
            await asyncio.gather(*workers)
        except BaseException:
            await self._wind_down(workers)
            raise

    async def one(self, row: Row, job: Job) -> End:
        """Run a row that is none of those of the batch; return its end. What stops a batch stops only this row."""
        self._states[row.key] = "waiting"
        self.counts["waiting"] += 1
        try:
            await self._advance(row, job)
            return self.ends.pop(row.key)
        finally:
            self.counts[self._states.pop(row.key)] -= 1
            self.stopped, self.ending = "", None

    async def plan(self) -> dict[str, Job]:
        """Upload the local files of all rows, and store the rows that the ledger does not know; return their jobs.

        Raises:
            LedgerConflict: see `_plan`.
        """
        known = await asyncio.to_thread(self._ledger.store.find_all, self._states)
        bodies = {row.key: await self._uploaded(row) for row in self._rows if row.key not in known}
        return await self._plan(bodies)

    def stop(self, reason: str) -> None:
        """Send no more requests."""
        self.stopped = self.stopped or reason

    async def _wind_down(self, workers: list[asyncio.Task[None]]) -> None:
        """Let requests that are being sent end, and interrupt everything else."""
        self.stop("interrupted")
        self._is_interrupted = True
        for task, row in self._tasks.items():
            if self._states[row.key] != "sending":
                task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=LAST_SECONDS)
        for worker in [*self._tasks, *workers]:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _plan(self, bodies: dict[str, dict[str, Any]] | None = None) -> dict[str, Job]:
        """Store all rows that the ledger does not know; return the jobs of all rows.

        Args:
            bodies: the requests of rows, by their keys, with URLs in place of local files.

        Raises:
            LedgerConflict: a key belongs to another request, for which a task may exist.
        """
        store = self._ledger.store
        api: Any = self._api
        secret = api._settings.key  # noqa: SLF001 - one package

        def plan() -> dict[str, Job]:
            known = store.find_all(self._states)
            new: list[Plan] = []
            for row in self._rows:
                job = known.get(row.key)
                if job is not None and job.status not in NOTHING_CREATED and job.request_differs(row.sha256):
                    raise LedgerConflict(
                        row.key,
                        f"of row {row.number} belongs to another request in the ledger; give it another one",
                    )
                body = (bodies or {}).get(row.key) or row.request.with_urls(lambda source: source)
                cost = (None, None) if row.cost is None else (row.cost.max_credits, row.cost.price_date)
                text = secret.redact(json.dumps(body))
                new.append(Plan(row.key, text, row.sha256, body.get("model"), row.name, *cost))
            store.plan(new)
            return store.find_all(self._states)

        return await asyncio.to_thread(plan)

    async def _row(self, row: Row, job: Job) -> None:
        """Run one row in a task of its own, which can be cancelled alone."""
        task = asyncio.create_task(self._advance(row, job))
        self._tasks[task] = row
        try:
            await asyncio.wait({task})
        finally:
            if task.done():
                del self._tasks[task]
        if not task.cancelled():
            task.result()

    async def _advance(self, row: Row, job: Job) -> None:
        """Bring one row to its end."""
        reason = ""
        try:
            if self._options.retry_failed and job.status == "failed" and job.can_retry is True:
                job = await self._ledger.retry(row.key)
            if job.task_id is None and not self._is_settled(job, row):
                await self._submit(row)
            elif job.task_id is None:
                reason = job.error_message or "it was cancelled before it was sent"
            if not reason and not self._is_interrupted:
                await self._finish(row)
        except (EvoLinkError, typer.BadParameter) as error:
            reason = error.describe(in_commands) if isinstance(error, EvoLinkError) else error.message
            if isinstance(error, LedgerError) and not isinstance(error, LedgerConflict):
                raise  # without its ledger, the batch cannot go on
        job = await self._job(row)
        if job.has_ended or not self._is_interrupted:  # the line about the interruption tells of the others
            self._end(row, job, reason)

    def _is_settled(self, job: Job, row: Row) -> bool:
        """Return whether a job without a task is not to be sent: it was cancelled, or would be refused again."""
        if job.status == "cancelled":
            return True
        again = job.can_retry is not False or self._options.retry_failed or job.request_differs(row.sha256)
        return job.status == "refused" and not again

    async def _submit(self, row: Row) -> Task:
        """Send the request of a row, slowed down with all others by refusals."""
        self._check_goes_on()
        body = await self._uploaded(row)
        while True:
            await self._start_turn()
            sent_in = self._pace.round
            self._set(row, "sending")
            flow = self._ledger.submit_flow(self._api, body, row.key, paced=True, sha256=row.sha256)
            try:
                task = await run_async(self._api, flow)
            except EvoLinkError as error:
                self._set(row, "waiting")
                # With an idempotency key, the refusal of a repetition is the cause of the error.
                refusal = error.__cause__ if isinstance(error, SubmissionUnknown) and error.__cause__ else error
                if isinstance(refusal, RateLimited | Unavailable) and self._pace.refuse(refusal.retry_after, sent_in):
                    continue
                if isinstance(refusal, _ENDING):
                    self.ending = self.ending or refusal
                    self.stop(refusal.describe(in_commands))
                raise
            else:
                self._pace.accept()
                self._set(row, "running")
                return task

    async def _start_turn(self) -> None:
        """Wait until the next request may be sent.

        Raises:
            _StoppedError: no more requests are sent.
        """
        interval = 0.0 if self._options.rate is None else 1 / self._options.rate
        while True:
            self._check_goes_on()
            now = time.monotonic()
            pause = max(self._pace.delay() if now >= self._next_start else 0.0, self._next_start - now)
            if pause <= 0:
                self._next_start = now + interval
                return
            await asyncio.sleep(min(pause, 0.5))  # somebody may stop the batch meanwhile

    def _check_goes_on(self) -> None:
        """Refuse to send if no more requests are sent.

        Raises:
            _StoppedError: none is.
        """
        if self.stopped:
            raise _StoppedError(self.stopped)

    async def _finish(self, row: Row) -> None:
        """Wait for the task of a row and save its results, unless they are."""
        job = await self._job(row)
        if job.status == "completed" and job.files and await asyncio.to_thread(self._exist, job.files):
            return
        if job.status == "completed" or not job.has_ended:
            self._set(row, "running")
            await self._ledger.wait(self._api, row.key, timeout=self._options.timeout)
        job = await self._job(row)
        task = job.task
        if task is not None:
            raise_if_unsuccessful(task)
            if result_links(task):
                self._set(row, "saving")
                await run_async(self._api, self._ledger.save_flow(self._api, row.key, self._options.folder, {}))

    async def _uploaded(self, row: Row) -> dict[str, Any]:
        """Return the request of a row with the URLs of its files, each of which is uploaded once per content."""
        urls: dict[str, str] = {}
        for source, path in row.request.files.items():
            key = await asyncio.to_thread(content_digest, path)
            started, future = self._uploads.get(key, (0.0, None))
            is_usable = future is not None and time.monotonic() - started < UPLOAD_SECONDS
            if future is None or not is_usable or (future.done() and (future.cancelled() or future.exception())):
                future = asyncio.create_task(self._upload(path))
                self._uploads[key] = time.monotonic(), future
            urls[source] = await asyncio.shield(future)
        return row.request.with_urls(urls.__getitem__)

    async def _upload(self, path: Path) -> str:
        file = await self._api.upload(path)
        return str(file.file_url)

    def _exist(self, files: list[str]) -> bool:
        return all(exists(file, self._options.folder) for file in files)

    async def _job(self, row: Row) -> Job:
        job = await self._ledger.job(row.key)
        if job is None:
            raise LedgerConflict(row.key, "is not in the ledger any more")
        return job

    def _set(self, row: Row, state: str) -> None:
        self.counts[self._states[row.key]] -= 1
        self.counts[state] += 1
        self._states[row.key] = state
        self._on_change(None)

    def _end(self, row: Row, job: Job, reason: str) -> None:
        if job.status == "completed" and job.files:
            reason = ""
        if job.status != "failed":
            self.credits += (job.credits_used if job.credits_used is not None else job.credits_reserved) or 0.0
        self.ends[row.key] = End(row, job.status, reason, job.files, job.can_retry)
        self._set(row, job.status)
        self._on_change(row)


class _StoppedError(EvoLinkError):
    """A row was not sent, because the batch has stopped."""


# After one of these, every other request would fail, too.
_ENDING = (CostLimitExceeded, NotSent, QuotaExceeded, RateLimited, Unauthorized, Unavailable)
