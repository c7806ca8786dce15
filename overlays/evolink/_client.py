"""`EvoLink`, the blocking client: its public methods and their I/O."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic, sleep
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack, overload

import httpx

from evolink import _downloads, _uploads
from evolink._base_client import (
    CONCURRENCY,
    NO_HEADERS,
    WAIT_SECONDS,
    BaseClient,
    checked_concurrency,
    checked_headers,
    checked_wait,
    id_of,
    link_of,
    options,
    parse_created_task,
    parse_credits,
    parse_task,
    reporting,
)
from evolink._batches import BatchThreads, CheckMedia, OnCreated, Send
from evolink._flows import UserFunctionError, run
from evolink._http import media_client
from evolink._log import private
from evolink._polling import Read
from evolink._retries import Pause
from evolink._targets import W, Writer
from evolink._validation import Request, to_body
from evolink._waits import Waits
from evolink.errors import EvoLinkError

if TYPE_CHECKING:
    from evolink._views import CreditsData, Task, TaskOrId
    from evolink_client.models import UploadedFile


class EvoLink(BaseClient[httpx.BaseTransport]):
    """Blocking client for EvoLink's video API; a context manager. It is thread-safe, but must not be used after a fork.

    Args:
        api_key: the API key. Default: `EVOLINK_API_KEY`.
        base_url: the URL of the API server. Default: `EVOLINK_BASE_URL`, else EvoLink's. It must begin with https://,
            except on localhost or with `allow_http`.
        files_base_url: the URL of the file server. Default: `EVOLINK_FILES_BASE_URL`, else `base_url` if that is set,
            else EvoLink's.
        timeout: the seconds that one attempt may wait for the start of a response, and again to read it. A server that
            sends the headers one byte at a time can take longer. Retries and the pauses before them come on top; the
            `timeout` of a method includes them.
        max_retries: how often a request is repeated at most, where that is safe; 0 sends every request once.
        transport: an httpx transport to send through; it is closed with this client. If it is not one of httpx's own
            and cannot connect, a create raises `SubmissionUnknown`, because such a transport may have sent it.
        proxy: the proxy of every request, also of uploads and downloads, as in `http://127.0.0.1:7890`; `socks5://`
            needs `httpx[socks]`. Default: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, which are not used
            for localhost or for an API key that is not encrypted.
        verify: the certificates to trust, also for uploads and downloads: the path of a file or a folder, or an
            `ssl.SSLContext`. Default: `SSL_CERT_FILE` or `SSL_CERT_DIR`, else those of `certifi`.
        allow_http: whether to send the API key unencrypted to a `base_url` with http:// on another machine, such as a
            mock in another container. Default: `EVOLINK_ALLOW_HTTP`, else False.
        edition: the edition of the documentation by which requests are checked, as in `2026-10`. Default:
            `EVOLINK_EDITION`, else `base`.

    Attributes:
        edition: the edition in force.
        client: the generated client, which every function of `evolink_client.api` accepts.
        files_client: the same, for the functions of `evolink_client.api.files`.

    Raises:
        ConfigurationError: the API key is missing, or a setting or an environment variable is invalid.
    """

    def submit(
        self,
        request: Request | Mapping[str, Any],
        *,
        validate: bool = True,
        check_media: bool = False,
        max_credits: float | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Task:
        """Create a task. A request that may have been accepted is never sent again.

        Args:
            request: an instance of a generated request class, or the JSON object of a request.
            validate: whether to check the request against the packaged contract first.
            check_media: whether to check the files of the request first; needs the extra `media`.
            max_credits: the most credits that the request may cost. A request that `evolink.billing.estimate` cannot
                show to cost no more is not sent. The prices are a snapshot, and the server may have others.
            idempotency_key: 16 to 96 letters, digits, points, dashes or underscores. It is sent as `Idempotency-Key`,
                which EvoLink's own clients send and no page documents. A create whose outcome is unknown is sent once
                more, but only with a key.
            timeout: the seconds that the call may take, with its retries and the pauses between them; by default, the
                client's timeout for each attempt.
            extra_headers: headers to send in addition to the client's.

        Returns:
            The new task, usually with the status `pending`.

        Raises:
            InvalidRequest: the request breaks documented rules, and was not sent.
            InvalidMedia: a file breaks documented rules, and the request was not sent.
            CostLimitExceeded: the request may cost more than `max_credits`, and was not sent.
            SubmissionUnknown: the task may have been created and charged.
            Refused, NotSent: the task was not created, and nothing is charged.
        """
        body = to_body(request)
        if check_media:
            self._check_media(body)
        kwargs = self._create_request(
            body,
            validate=validate,
            max_credits=max_credits,
            idempotency_key=idempotency_key,
            timeout=timeout,
            extra_headers=extra_headers,
        )
        return self._create(kwargs)

    def submit_all(
        self,
        requests: Iterable[Request | Mapping[str, Any]],
        *,
        concurrency: int = CONCURRENCY,
        validate: bool = True,
        check_media: bool = False,
        max_credits: float | None = None,
        idempotency_keys: Iterable[str] | None = None,
        timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        on_created: OnCreated | None = None,
    ) -> list[Task | EvoLinkError]:
        """Create many tasks; an error of one request does not stop the others.

        A 429 slows down all requests together. A request is given up after `max_retries` refusals in a row during
        which no other was accepted.

        Args:
            requests: instances of generated request classes, or the JSON objects of requests.
            concurrency: how many requests are sent at a time, from 1 to 1000.
            validate: whether to check the requests against the packaged contract first.
            check_media: whether to check the files of each request first; needs the extra `media`.
            max_credits: the most credits that each request may cost; see `submit`.
            idempotency_keys: one for each request; see `submit`.
            timeout: the timeout of each request in seconds, instead of the client's.
            extra_headers: headers to send in addition to the client's.
            on_created: called with the position of a request, from 0, and its task as soon as that is created, for
                example to store its id.

        Returns:
            For each request, in the order of `requests`: the new task, or the error that `submit` would have raised.

        Raises:
            BaseException: `on_created`, an event hook or an interruption, such as Ctrl-C, has ended the batch. No more
                requests are started, those on their way are awaited for 10 s, and the notes of the exception and the
                log have the id of every created task.
        """
        batch, calls = self._start_batch(
            requests,
            concurrency=concurrency,
            validate=validate,
            check_media=check_media,
            max_credits=max_credits,
            idempotency_keys=idempotency_keys,
            timeout=timeout,
            extra_headers=extra_headers,
            on_created=on_created,
        )

        def perform(index: int, step: CheckMedia | Send) -> Task | None:
            body, kwargs = calls[index]
            if isinstance(step, Send):
                return self._create(kwargs)
            self._check_media(body)
            return None

        return BatchThreads(batch, perform, on_created).run(concurrency)

    def task(
        self, task_id: str, *, timeout: float | None = None, extra_headers: Mapping[str, str] | None = None
    ) -> Task:
        """Read a task once.

        Args:
            task_id: the id of the task.
            timeout: the seconds that the call may take, with its retries and the pauses between them; by default, the
                client's timeout for each attempt.
            extra_headers: headers to send in addition to the client's.

        Raises:
            NotFound: no task has this id, or its record has expired.
            RequestError: the task could not be read, but may be running.
        """
        http = self.client.get_httpx_client()
        return parse_task(http.send(self._task_request(http, task_id, timeout, extra_headers)))

    def wait(
        self,
        task: TaskOrId,
        *,
        timeout: float = WAIT_SECONDS,
        on_update: Callable[[Task], Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Task:
        """Wait until a task is completed, and return it.

        Args:
            task: the task, or its id.
            timeout: the seconds to wait at most; a read that is under way then may take up to 5 s longer. 0 reads the
                task once. If the wait is interrupted or cancelled, the logger `evolink` names the task at WARNING.
            on_update: called with the task whenever its status or progress has changed.
            extra_headers: headers to send in addition to the client's.

        Raises:
            TaskFailed: the task has failed.
            TaskCancelled: the task was cancelled.
            TaskExpired: the task has expired.
            ResultsMissing: the task is completed, but has had no results for 30 s.
            WaitTimeout: the task has not ended in time. It continues, and `wait(error.task_id)` waits for it again.
            Refused: the API refuses to return the task, for example because of a wrong key. After other errors, and
                refusals by firewalls and proxies, the read is repeated until time runs out.
        """
        task_id, headers = id_of(task), checked_headers(extra_headers)
        url = self._task_url(task_id)

        def perform(step: Read | Pause) -> Task | None:
            if isinstance(step, Pause):
                sleep(step.seconds)
                return None
            return self._read(step, url, headers)

        flow = self._start_wait(task_id, timeout, on_update)
        with reporting([task_id]):
            return run(flow, perform)

    def generate(
        self,
        request: Request | Mapping[str, Any],
        *,
        timeout: float = WAIT_SECONDS,
        on_update: Callable[[Task], Any] | None = None,
        validate: bool = True,
        check_media: bool = False,
        max_credits: float | None = None,
        idempotency_key: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Task:
        """Create a task and wait until it is completed: `submit`, then `wait`, with the errors of both.

        `timeout` is the time to wait for the created task. If the call is interrupted or cancelled, the logger
        `evolink` names the task at WARNING.
        """
        checked_wait(timeout, on_update)  # before the task costs money
        task = self.submit(
            request,
            validate=validate,
            check_media=check_media,
            max_credits=max_credits,
            idempotency_key=idempotency_key,
            extra_headers=extra_headers,
        )
        return self.wait(task, timeout=timeout, on_update=on_update, extra_headers=extra_headers)

    def wait_all(
        self,
        tasks: Iterable[TaskOrId],
        *,
        timeout: float = WAIT_SECONDS,
        on_update: Callable[[Task], Any] | None = None,
        concurrency: int = CONCURRENCY,
        extra_headers: Mapping[str, str] | None = None,
    ) -> list[Task | EvoLinkError]:
        """Wait until every task has ended.

        Args:
            tasks: the tasks, or their ids.
            timeout: the seconds to wait at most, for all of them together; reads that are under way then may take up to
                5 s longer. 0 reads every task once. If the wait is interrupted or cancelled, the logger `evolink` names
                the unfinished tasks at WARNING.
            on_update: called with a task whenever its status or progress has changed.
            concurrency: how many tasks are read at a time, from 1 to 1000.
            extra_headers: headers to send in addition to the client's.

        Returns:
            For each task, in the order of `tasks`: the completed task, or the error that `wait` would have raised. An
            error of `on_update` is one of them, as `OnUpdateError` unless it is an `EvoLinkError`.
        """
        threads, headers = checked_concurrency(concurrency), checked_headers(extra_headers)
        waits = self._start_waits(tasks, timeout, on_update)
        with reporting(waits.ids, waits.ends):
            return _WaitThreads(waits, lambda step, url: self._read(step, url, headers)).run(threads)

    @overload
    def download(
        self, task: TaskOrId, to: str | os.PathLike[str] = ".", **options: Unpack[_downloads.Options]
    ) -> Path: ...
    @overload
    def download(self, task: TaskOrId, to: W, **options: Unpack[_downloads.Options]) -> W: ...
    def download(
        self,
        task: TaskOrId,
        to: str | os.PathLike[str] | Writer = ".",
        *,
        result: int = 0,
        name: str | None = None,
        overwrite: bool = False,
        timeout: float | None = None,
        max_seconds: float = _downloads.MAX_SECONDS,
        min_speed: float = _downloads.MIN_SPEED,
        max_bytes: float = _downloads.MAX_BYTES,
        on_progress: _downloads.Progress | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Save a result of a completed task; an interrupted download is resumed.

        The file appears under its name only when it is complete, and only if its first bytes are those of a video. If
        the server sends no length, the end of the connection counts as the end of the file. A link that is not served
        yet is requested again for a minute and a half; a fresh link is taken from the task.

        Args:
            task: the task, or its id.
            to: the path of the file, or of a folder, in which the file is named after the task. A path without a
                suffix is that of a folder, unless a file has it; `~` is your home folder. Or a binary file object, to
                which the bytes are written when all of them have arrived.
            result: the index of the result, from 0.
            name: the name of the file in a folder, without its suffix; by default, the id of the task.
            overwrite: whether to replace a file with other content. By default it is not changed, and an error is
                raised, unless the file holds this result already.
            timeout: the seconds to wait for the start of a response and for each chunk, instead of the client's
                timeout.
            max_seconds: the seconds that the whole download may take, pauses included; `math.inf` for no bound.
            min_speed: the least speed in bytes per second, on average over 10 s; 0 for no bound. A slower connection
                is replaced by another one, as after an interruption.
            max_bytes: the largest accepted size; `math.inf` for no bound. The default is 16 GiB.
            on_progress: called with the number of received bytes, and the total number or None.
            extra_headers: headers to send with the download, also after redirects. The API key is not sent.

        Returns:
            The path of the file, or the file object.

        Raises:
            TransferError: the result does not exist, is not a video, or could not be fetched or written.
            TaskFailed, TaskCancelled: the task has ended without results.
            ConfigurationError: an argument is invalid.
        """
        limits = self._limits(timeout, max_seconds, min_speed, max_bytes)
        found = self._task_of(task)
        flow = self._start_download(
            found, to, result, name=name, overwrite=overwrite, limits=limits, on_progress=on_progress
        )
        with (
            media_client(self._settings) as client,
            _Fetch(client, timeout, extra_headers, lambda: self._link(found.id, result)) as fetch,
        ):
            try:
                return run(flow, fetch)
            except UserFunctionError as raised:
                raise raised.error from None

    def _link(self, task_id: str, result: int) -> str | None:
        """Return the present link to a result; None if the task cannot be read."""
        try:
            return link_of(self._read(Read(task_id)), result)
        except EvoLinkError:
            return None

    def upload(
        self,
        source: _uploads.Upload,
        *,
        name: str | None = None,
        timeout: float | None = None,
        on_progress: _uploads.Progress | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> UploadedFile:
        """Upload a file to the file host. Its `file_url` can be used in requests. A lost upload is repeated.

        The documentation mentions images only, and says that files expire after 72 hours.

        Args:
            source: the path of a file (`~` is your home folder), a URL for the file host to fetch, a `data:` URL,
                bytes, or a binary file object, which is read from its present position to its end and not closed.
            name: the name of the file for the file host. Bytes need one, and so do file objects that have none.
            timeout: the seconds that the call may take, with its retries and the pauses between them; by default, the
                client's timeout for each attempt.
            on_progress: called with the number of bytes read for sending, and the total number. After a retry the
                number begins again.
            extra_headers: headers to send in addition to the client's.

        Raises:
            TransferError: the file cannot be read, or has no name.
            RequestError: the file host did not accept it.
        """
        with _uploads.upload_call(source, name, on_progress) as call:
            http = self.files_client.get_httpx_client()
            return _uploads.uploaded(http.request(**call, **options(timeout, checked_headers(extra_headers))))

    def credits(self, *, timeout: float | None = None, extra_headers: Mapping[str, str] | None = None) -> CreditsData:
        """Return the remaining and used credits of the account (`user`) and of the API key (`token`).

        Raises:
            RequestError: the credits could not be read.
        """
        kwargs = {**self._endpoint("get_credits"), **options(timeout, checked_headers(extra_headers))}
        return parse_credits(self.client.get_httpx_client().request(**kwargs))

    def close(self) -> None:
        """Close all connections, and the transport."""
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

    def _check_media(self, body: dict[str, Any]) -> None:
        from evolink import media  # noqa: PLC0415 - an extra

        media.check(body, **self._media_arguments())

    def _create(self, kwargs: dict[str, Any]) -> Task:
        return parse_created_task(self.client.get_httpx_client().request(**kwargs))

    def _read(self, step: Read, url: httpx.URL | None = None, headers: Mapping[str, str] = NO_HEADERS) -> Task | None:
        http = self.client.get_httpx_client()
        request = self._read_request(http, step, url, headers)
        return None if request is None else parse_task(http.send(request))

    def _task_of(self, task: TaskOrId) -> Task:
        from evolink._views import Task  # noqa: PLC0415 - see parse_created_task
        from evolink_client import models  # noqa: PLC0415 - see parse_created_task

        if isinstance(task, models.Task):
            return Task.of(task)
        return self.task(id_of(task))


# An interrupted `wait_all` waits this long for its running reads, because the client may be closed afterwards.
LAST_READS_SECONDS = 1.0


class _WaitThreads:
    """Runs waits in the calling thread, and their reads in a few other threads.

    Args:
        waits: the waits.
        read: reads a task at a URL; called in the other threads.
    """

    def __init__(self, waits: Waits, read: Callable[[Read, httpx.URL], Task | None]) -> None:
        self._waits, self._read = waits, read
        self._reading = 0
        self._is_over = False
        self._requested: SimpleQueue[tuple[int, Read] | None] = SimpleQueue()
        self._results: SimpleQueue[tuple[int, Task | BaseException | None]] = SimpleQueue()

    def run(self, concurrency: int) -> list[Task | EvoLinkError]:
        """Run every wait to its end; return their results and errors in the order of the waits."""
        waits = self._waits
        # Daemon threads: an interrupted program does not wait for a response.
        threads = [
            threading.Thread(target=self._read_requested, name="evolink", daemon=True)
            for _ in range(min(concurrency, len(waits)))
        ]
        for thread in threads:
            thread.start()
        try:
            while waits.are_pausing or self._reading:
                while waits.are_pausing and waits.rest <= 0 and self._reading < len(threads):
                    self._advance(waits.take())
                self._await_one(is_full=self._reading >= len(threads))
        finally:
            self._is_over = True
            for _ in threads:
                self._requested.put(None)
            last = monotonic() + LAST_READS_SECONDS
            for thread in threads:
                thread.join(max(0.0, last - monotonic()))
        return waits.in_order()

    def _read_requested(self) -> None:
        """Perform the requested reads; runs in each of the other threads."""
        while (request := self._requested.get()) is not None:
            index, step = request
            if self._is_over:
                continue
            try:
                self._results.put((index, self._read(step, self._waits.url(index))))
            except BaseException as error:  # noqa: BLE001 - raised again in the calling thread
                self._results.put((index, error))

    def _await_one(self, *, is_full: bool) -> None:
        """Wait until a read has ended or the next wait is due."""
        rest = max(0.0, self._waits.rest) if self._waits.are_pausing and not is_full else None
        if self._reading:
            with suppress(Empty):
                index, result = self._results.get(timeout=rest)
                self._reading -= 1
                self._advance(index, result)
        elif rest is not None:
            sleep(rest)

    def _advance(self, index: int, result: Task | BaseException | None = None) -> None:
        """Advance one wait to its next step or to its end."""
        step = self._waits.advance(index, result)
        if step is not None:
            self._reading += 1
            self._requested.put((index, step))


class _Fetch:
    """Performs the steps of a download, and closes the response at the end."""

    def __init__(
        self,
        client: httpx.Client,
        timeout: float | None,
        headers: Mapping[str, str] | None,
        refresh: Callable[[], str | None],
    ) -> None:
        self._client, self._options, self._refresh = client, options(timeout, checked_headers(headers)), refresh
        self._response: httpx.Response | None = None
        self._chunks: Iterator[bytes] = iter(())
        from evolink._deadline import Deadline  # noqa: PLC0415 - httpx, too, loads httpcore only when it is needed

        self._deadline = Deadline()
        self._deadline.attach(client)

    def __call__(self, step: _downloads.Step) -> httpx.Response | bytes | str | None:
        if isinstance(step, _downloads.More):
            with self._deadline.within(step.seconds):
                return next(self._chunks, b"")
        self.close()
        if isinstance(step, Pause):
            sleep(step.seconds)
            return None
        if isinstance(step, _downloads.Refresh):
            return self._refresh()
        kwargs: dict[str, Any] = {**self._options, "headers": {**self._options.get("headers", {}), **step.headers}}
        with private(), self._deadline.within(step.seconds):
            self._response = self._client.send(self._client.build_request("GET", step.url, **kwargs), stream=True)
        self._chunks = self._response.iter_bytes()
        return self._response

    def close(self) -> None:
        if self._response is not None:
            self._response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
