"""`Ledger`, the blocking ledger: its public methods and their I/O."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from time import sleep
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from evolink._base_client import WAIT_SECONDS
from evolink._client import EvoLink
from evolink._flows import run
from evolink._retries import Pause
from evolink._validation import Request
from evolink.ledger._base_ledger import BaseLedger, checked_key, checked_resolution
from evolink.ledger._export import export
from evolink.ledger._jobs import Job, Spent, checked_statuses
from evolink.ledger._steps import Flow, Result, Step, Stored

if TYPE_CHECKING:
    from evolink._views import Task


class Ledger(BaseLedger):
    """A database of jobs that remembers every submission, also if the program dies; a context manager.

        with EvoLink() as api, Ledger("sqlite:///evolink.db") as ledger:
            ledger.submit(api, request, key="order-42")
            task = ledger.wait(api, "order-42")

    It is thread-safe, works in forked processes, and any number of processes can use the same database at once. The
    API key is never stored; requests, links and the texts of errors are.

    Args:
        url: `sqlite:///path` for a file, which must be on a local disk, or `postgresql://user@host/database`, which
            needs the extra `postgres` and may be used from several machines.
        budget: the most credits that all jobs of the ledger may cost together, by their charges, reservations and
            estimates. A submission that may exceed it raises `CostLimitExceeded` and is not sent.
        idempotency_keys: whether to send every create with an idempotency key, a header that no page documents. A
            submission without a known outcome is then sent again with the same key, in place of `SubmissionUnknown`.
        busy_timeout: the seconds to wait for other processes that keep the database locked.

    Raises:
        ConfigurationError: an argument is invalid.
        MissingExtra: the extra `batch` or `postgres` is not installed.
    """

    def submit(
        self,
        api: EvoLink,
        request: Request | Mapping[str, Any],
        *,
        key: str,
        validate: bool = True,
        check_media: bool = False,
        max_credits: float | None = None,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Task:
        """Create the task for a key, once: a second call with the same key returns the same task and sends nothing.

        The intent is committed before the request is sent, and the outcome after it. If another process is sending the
        request for this key, the call waits for its outcome. A refused request may be sent again under the same key,
        as it is or corrected.

        Args:
            api: the client to send through.
            request: the request. A `callback_url` gets the key as a query parameter, see `evolink.callbacks`.
            key: your name for the job, such as the number of an order: 1 to 200 printable characters.
            validate: see `EvoLink.submit`, also for the further arguments.
            check_media: see `validate`.
            max_credits: see `validate`.
            timeout: see `validate`.
            extra_headers: see `validate`.

        Returns:
            The task as the ledger last saw it.

        Raises:
            LedgerConflict: the key belongs to another request.
            SubmissionUnknown: the task may have been created and charged, by this submission or an earlier one whose
                process has died. `resolve` settles it.
            LedgerError: the ledger could not be read or written. With a `task_id`, that task was created; otherwise
                nothing was.
            EvoLinkError: see `EvoLink.submit`. Nothing was created.
        """
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
        return run_blocking(api, flow)

    def wait(
        self,
        api: EvoLink,
        key: str,
        *,
        timeout: float = WAIT_SECONDS,
        on_update: Callable[[Task], Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Task:
        """Wait until the task of a key is completed, store that, and return the task; see `EvoLink.wait`.

        Raises:
            LedgerConflict: the key has no task.
            SubmissionUnknown: it is not known whether it has one.
            EvoLinkError: see `EvoLink.wait`. A failure is stored, too.
        """
        return run_blocking(
            api, self._wait_flow(api, key, timeout=timeout, on_update=on_update, extra_headers=extra_headers)
        )

    def download(self, api: EvoLink, key: str, to: str | os.PathLike[str] = ".", **options: Any) -> list[Path | Any]:
        """Save every result of a completed job into a folder, and store where; return the paths.

        With the extra `remote`, the folder may be the URL of a file system of fsspec, as in `s3://bucket/folder`. Then
        the result has the URLs of the files as `str`, without a password.

        Args:
            api: the client to read the task and download with.
            key: the key of the job.
            to: the folder.
            options: see `EvoLink.download`.

        Raises:
            LedgerConflict: the key has no task.
            ConfigurationError: the URL cannot be used; `MissingExtra` if the extra `remote` is not installed.
            EvoLinkError: see `EvoLink.download`.
        """
        return run_blocking(api, self.save_flow(api, key, to, options))

    def job(self, key: str) -> Job | None:
        """Return the job with a key; None if there is none."""
        return self.store.find(checked_key(key))

    def jobs(self, status: str | list[str] | None = None) -> list[Job]:
        """Return all jobs in the order in which they were planned, or those with a status, or one of several."""
        return list(self.store.iterate(checked_statuses(status)))

    def spent(self) -> Spent:
        """Return the credits of all jobs."""
        return self.store.spent()

    def resolve(self, key: str, *, task_id: str | None = None, lost: bool = False) -> Job:
        """Settle a submission without a known outcome by hand, and return its job.

        Args:
            key: the key.
            task_id: the id of the task that was created, as the dashboard shows it.
            lost: whether no task was created. The key may then be submitted again.

        Raises:
            LedgerConflict: the key does not exist, is just being sent, has a task, or the task has another key.
        """
        return self.store.resolve(key, checked_resolution(key, task_id, lost=lost))

    def retry(self, key: str) -> Job:
        """Let a key be submitted again whose task has failed or was cancelled, and return its job.

        Raises:
            LedgerConflict: the key does not exist, or may have a task that costs.
        """
        return self.store.retry(checked_key(key))

    def export(self, to: str | os.PathLike[str]) -> int:
        """Write all jobs to a `.csv` or `.jsonl` file, which is replaced if it exists; return their number.

        A cell of the CSV that a spreadsheet would run as a formula gets an apostrophe in front.

        Raises:
            ConfigurationError: the name has another suffix.
            TransferError: the file cannot be written.
        """
        return export(self.store.iterate(), to)

    def close(self) -> None:
        """Close the connections to the database."""
        self.store.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def run_blocking(api: EvoLink, flow: Flow[Result]) -> Result:
    """Run a flow with a client to its end."""

    def perform(step: Step) -> Any:
        if isinstance(step, Stored):
            return step.call()
        if isinstance(step, Pause):
            return sleep(step.seconds)
        return getattr(api, step.method)(*step.arguments, **step.options)

    return run(flow, perform)
