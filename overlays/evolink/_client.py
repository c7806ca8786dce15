"""`EvoLink`, the blocking client: it waits for answers. What is sent and what answers mean is decided elsewhere."""

from __future__ import annotations

import heapq
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic, sleep
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx

from evolink import _downloads, _uploads
from evolink._base_client import (
    CONCURRENCY,
    WAIT_SECONDS,
    BaseClient,
    checked_concurrency,
    checked_headers,
    checked_wait,
    id_of,
    note_unfinished,
    options,
    parse_created_task,
    parse_credits,
    parse_task,
)
from evolink._flows import UserFunctionError, run
from evolink._http import SendTrackingTransport
from evolink._polling import Read, Waiting
from evolink._retries import Pause
from evolink._validation import Request, to_body
from evolink.errors import EvoLinkError

if TYPE_CHECKING:
    from evolink_client.models import CreatedTask, CreditsData, Task, UploadedFile


class EvoLink(BaseClient[httpx.BaseTransport]):
    """EvoLink's video API, blocking; a context manager. Use it from as many threads as you like, but not across a fork.

    Args:
        api_key: from `EVOLINK_API_KEY` unless given.
        base_url: the server; from `EVOLINK_BASE_URL`, else EvoLink's. Unencrypted only to this machine.
        files_base_url: the server of the files; from `EVOLINK_FILES_BASE_URL`, else `base_url` where that is given,
            else EvoLink's.
        timeout: the seconds that a request may take: to wait for the first of the answer, and then to read it. A server
            that sends the head of an answer a byte at a time can take longer.
        max_retries: how often a request is repeated where that is safe; 0 sends everything exactly once.
        transport: an httpx transport to send through; it is closed with this client. Of any but httpx's own the word
            that it could not connect is not taken for a create: that is `SubmissionUnknown`, too.

    Attributes:
        client: the generated client, for use with any function of `evolink_client.api`.
        files_client: the same for the functions of `evolink_client.api.files`.

    Raises:
        ConfigurationError: there is no key, or something else that nothing can be sent with.
    """

    def submit(
        self,
        request: Request | Mapping[str, Any],
        *,
        validate: bool = True,
        check_media: bool = False,
        idempotency_key: str | None = None,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Task:
        """Create a task, and never pay for it twice.

        Args:
            request: one of the generated requests, or the JSON object of one.
            validate: whether to check it against the packaged contract first.
            check_media: whether to look at the files it names first; needs the extra `media`.
            idempotency_key: sent as `Idempotency-Key`, which EvoLink's own clients send and no page documents. With
                it, and only then, a create whose outcome is unknown is sent once more, with the same key.
            timeout: the seconds this request may take, instead of the client's.
            extra_headers: sent besides the client's.

        Raises:
            InvalidRequest: it breaks documented rules, and was not sent.
            SubmissionUnknown: it may have been taken and charged.
            Refused, NotSent: it was not taken.
        """
        body = to_body(request)
        if check_media:
            from evolink import media  # noqa: PLC0415 - an extra

            media.check(body)
        call = self._create_request(
            body, validate=validate, idempotency_key=idempotency_key, timeout=timeout, extra_headers=extra_headers
        )
        return parse_created_task(self.client.get_httpx_client().request(**call), self._settings.key)

    def task(
        self, task_id: str, *, timeout: float | None = None, extra_headers: Mapping[str, str] | None = None
    ) -> Task:
        """Read a task as it stands.

        Raises:
            NotFound: there is none with this id, or its record has expired.
            RequestError: it could not be read; that says nothing of the task.
        """
        call = self._task_request(task_id, timeout, extra_headers)
        return parse_task(self.client.get_httpx_client().request(**call), self._settings.key)

    def wait(
        self,
        task: CreatedTask | Task | str,
        *,
        timeout: float = WAIT_SECONDS,
        on_update: Callable[[Task], Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Task:
        """Wait until a task is completed, and return it.

        Args:
            task: the task, or its id.
            timeout: the seconds to wait at most; 0 reads it once.
            on_update: called with the task when its status or progress has changed.
            extra_headers: sent besides the client's.

        Raises:
            TaskFailed, TaskCancelled: so it has ended.
            WaitTimeout: it has not ended; it lives on, and `wait(error.task_id)` resumes.
            Refused: it cannot be read, as with a wrong key. Other failures to read it are waited out.
        """

        def perform(step: Read | Pause) -> Task | None:
            if isinstance(step, Pause):
                sleep(step.seconds)
                return None
            return self._read(step, extra_headers)

        try:
            return run(self._start_wait(task, timeout, on_update), perform)
        except UserFunctionError as callers:
            raise callers.error from None

    def generate(
        self,
        request: Request | Mapping[str, Any],
        *,
        timeout: float = WAIT_SECONDS,
        on_update: Callable[[Task], Any] | None = None,
        validate: bool = True,
        check_media: bool = False,
        idempotency_key: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Task:
        """Create a task and wait until it is completed: `submit`, then `wait`, with the errors of both."""
        checked_wait(timeout, on_update)  # before it is paid for
        task = self.submit(
            request,
            validate=validate,
            check_media=check_media,
            idempotency_key=idempotency_key,
            extra_headers=extra_headers,
        )
        return self.wait(task, timeout=timeout, on_update=on_update, extra_headers=extra_headers)

    def wait_all(
        self,
        tasks: Iterable[CreatedTask | Task | str],
        *,
        timeout: float = WAIT_SECONDS,
        on_update: Callable[[Task], Any] | None = None,
        concurrency: int = CONCURRENCY,
        extra_headers: Mapping[str, str] | None = None,
    ) -> list[Task | EvoLinkError]:
        """Wait until every task has ended, reading at most `concurrency` of them at a time.

        Returns:
            For each task, in their order, the completed task, or the error that `wait` would have raised.
        """
        all_tasks = self._start_waits(tasks, timeout, on_update)
        flows = [flow for _, flow in all_tasks]
        waits = _ConcurrentWaits(flows, lambda step: self._read(step, extra_headers), checked_concurrency(concurrency))
        try:
            return waits.run()
        except UserFunctionError as callers:
            raise callers.error from None
        except BaseException as interruption:
            note_unfinished(interruption, (task_id for task_id, _ in all_tasks), waits.ends)
            raise

    def download(
        self,
        task: CreatedTask | Task | str,
        to: str | os.PathLike[str] = ".",
        *,
        result: int = 0,
        timeout: float | None = None,
        on_progress: _downloads.Progress | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Path:
        """Save a result of a completed task, whole or not at all; a download that was cut is resumed.

        Where the server tells no length, the end of the connection is taken for the end of the file.

        Args:
            task: the task, or its id.
            to: a file, or a folder, in which the file is named as the task is.
            result: which result, from 0.
            timeout: the seconds to wait for each piece of it, instead of the client's.
            on_progress: called with the bytes that have arrived and, where that is known, the bytes there are.
            extra_headers: sent with the download, also where it is redirected to. The API key is not.

        Raises:
            TransferError: it could not be fetched or written, or there is no such result.
            TaskFailed, TaskCancelled: the task has ended without results.
        """
        found = self._task_of(task)
        flow = self._start_download(found, to, result, on_progress)
        transport = self._settings.transport
        shared = None if transport is None else SendTrackingTransport(transport, kept=True)
        with (
            httpx.Client(**self._media_options(), transport=shared) as client,
            _Fetch(client, timeout, extra_headers) as fetch,
        ):
            try:
                return run(flow, fetch)
            except UserFunctionError as callers:
                raise callers.error from None

    def upload(
        self,
        source: str | os.PathLike[str],
        *,
        timeout: float | None = None,
        on_progress: _uploads.Progress | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> UploadedFile:
        """Bring a file, or what a URL leads to, to the file host; its `file_url` then goes into requests.

        The documentation speaks of images alone, and of 72 hours until the file expires.

        Raises:
            TransferError: the file cannot be read.
            RequestError: the file host did not take it.
        """
        with _uploads.upload_call(source, on_progress) as call:
            http = self.files_client.get_httpx_client()
            return _uploads.uploaded(http.request(**call, **options(timeout, checked_headers(extra_headers))))

    def credits(self, *, timeout: float | None = None, extra_headers: Mapping[str, str] | None = None) -> CreditsData:
        """Return how many credits are left to the account and to the key.

        Raises:
            RequestError: they could not be read.
        """
        call = {**self._endpoint("get_credits"), **options(timeout, checked_headers(extra_headers))}
        return parse_credits(self.client.get_httpx_client().request(**call), self._settings.key)

    def close(self) -> None:
        """Close all connections."""
        self.client.close()
        self.files_client.close()
        if self._settings.transport is not None:
            self._settings.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, step: Read, extra_headers: Mapping[str, str] | None) -> Task:
        seconds = None if step.seconds is None else min(step.seconds, self._settings.timeout)
        call = self._task_request(step.task_id, seconds, extra_headers, retries=0)
        return parse_task(self.client.get_httpx_client().request(**call), self._settings.key)

    def _task_of(self, task: CreatedTask | Task | str) -> Task:
        from evolink_client.models import Task  # noqa: PLC0415 - see parse_created_task

        if isinstance(task, Task):
            return task
        return self.task(id_of(task))


# How long an interrupted `wait_all` lets its running reads finish before the client may be closed.
LAST_READS_SECONDS = 1.0


class _ConcurrentWaits:
    """Run the waits of `wait_all` in the calling thread, and their reads in a few other threads.

    Attributes:
        ends: the completed task or the error of each wait that has ended, by its position.
    """

    def __init__(self, flows: list[Waiting], read: Callable[[Read], Task], concurrency: int) -> None:
        self.ends: dict[int, Task | EvoLinkError] = {}
        self._flows, self._read, self._threads = flows, read, min(concurrency, len(flows))
        self._due = [(0.0, index) for index in range(len(flows))]
        self._reading = 0
        self._is_over = False
        self._requested: SimpleQueue[tuple[int, Read] | None] = SimpleQueue()
        self._results: SimpleQueue[tuple[int, Task | BaseException]] = SimpleQueue()

    def run(self) -> list[Task | EvoLinkError]:
        """Run every wait to its end; return the ends in the order of the waits."""
        # Daemon threads: an interrupted program does not wait for a response.
        threads = [
            threading.Thread(target=self._read_requested, name="evolink", daemon=True) for _ in range(self._threads)
        ]
        for thread in threads:
            thread.start()
        try:
            while self._due or self._reading:
                self._start_due()
                self._await_one()
        finally:
            self._is_over = True
            for _ in threads:
                self._requested.put(None)
            last = monotonic() + LAST_READS_SECONDS
            for thread in threads:
                thread.join(max(0.0, last - monotonic()))
        return [self.ends[index] for index in range(len(self._flows))]

    def _read_requested(self) -> None:
        """Perform the requested reads; runs in each of the other threads."""
        while (request := self._requested.get()) is not None:
            index, step = request
            if self._is_over:
                continue
            try:
                self._results.put((index, self._read(step)))
            except BaseException as error:  # noqa: BLE001 - raised again in the calling thread
                self._results.put((index, error))

    def _start_due(self) -> None:
        """Advance the waits that are due, while threads are free for their reads."""
        while self._due and self._due[0][0] <= monotonic() and self._reading < self._threads:
            self._advance(heapq.heappop(self._due)[1], None)

    def _await_one(self) -> None:
        """Wait until a read has ended or the next wait is due."""
        full = self._reading >= self._threads
        rest = max(0.0, self._due[0][0] - monotonic()) if self._due and not full else None
        if self._reading:
            with suppress(Empty):
                index, result = self._results.get(timeout=rest)
                self._reading -= 1
                self._advance(index, result)
        elif rest is not None:
            sleep(rest)

    def _advance(self, index: int, result: Task | BaseException | None) -> None:
        """Take one wait to its next step or to its end."""
        flow = self._flows[index]
        try:
            step = flow.throw(result) if isinstance(result, BaseException) else flow.send(result)
        except StopIteration as end:
            self.ends[index] = end.value
        except EvoLinkError as failure:
            self.ends[index] = failure
        else:
            if isinstance(step, Pause):
                heapq.heappush(self._due, (monotonic() + step.seconds, index))
            else:
                self._reading += 1
                self._requested.put((index, step))


class _Fetch:
    """Performs the steps of a download; closes the response it reads from."""

    def __init__(self, client: httpx.Client, timeout: float | None, headers: Mapping[str, str] | None) -> None:
        self._client, self._options = client, options(timeout, checked_headers(headers))
        self._response: httpx.Response | None = None
        self._chunks: Iterator[bytes] = iter(())

    def __call__(self, step: _downloads.Open | _downloads.More | Pause) -> httpx.Response | bytes | None:
        if isinstance(step, _downloads.More):
            return next(self._chunks, b"")
        self.close()
        if isinstance(step, Pause):
            sleep(step.seconds)
            return None
        asked: dict[str, Any] = {**self._options, "headers": {**self._options.get("headers", {}), **step.headers}}
        self._response = self._client.send(self._client.build_request("GET", step.url, **asked), stream=True)
        self._chunks = self._response.iter_bytes()
        return self._response

    def close(self) -> None:
        if self._response is not None:
            self._response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
