"""`AsyncEvoLink`, the client for asyncio: the methods of `EvoLink`, with `await`, and their I/O."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack, overload

import httpx

from evolink import _downloads, _uploads
from evolink._async_batches import BatchTasks
from evolink._async_http import async_media_client
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
from evolink._batches import CheckMedia, OnCreated, Send
from evolink._flows import UserFunctionError, arun
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


class AsyncEvoLink(BaseClient[httpx.AsyncBaseTransport]):
    """Client for EvoLink's video API with asyncio; an asynchronous context manager.

    Use it in one event loop at a time. After the end of one, as with `asyncio.run`, it can be used in the next.

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
        client: the generated client, which every asynchronous function of `evolink_client.api` accepts.
        files_client: the same, for the functions of `evolink_client.api.files`.

    Raises:
        ConfigurationError: the API key is missing, or a setting or an environment variable is invalid.
    """

    _asynchronous = True

    async def submit(
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
        """Create a task. A request that may have been accepted is never sent again; see `EvoLink.submit`."""
        body = to_body(request)
        if check_media:
            await self._check_media(body)
        kwargs = self._create_request(
            body,
            validate=validate,
            max_credits=max_credits,
            idempotency_key=idempotency_key,
            timeout=timeout,
            extra_headers=extra_headers,
        )
        return await self._create(kwargs)

    async def submit_all(
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
        """Create many tasks; an error of one request does not stop the others. See `EvoLink.submit_all`.

        When it is cancelled, it starts no more requests and waits up to 10 s for those on their way. If it is cancelled
        again, these continue in the background, and the log has the ids of their tasks.
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

        async def perform(index: int, step: CheckMedia | Send) -> Task | None:
            body, kwargs = calls[index]
            return await (self._check_media(body) if isinstance(step, CheckMedia) else self._create(kwargs))

        return await BatchTasks(batch, perform, on_created).run(concurrency)

    async def task(
        self, task_id: str, *, timeout: float | None = None, extra_headers: Mapping[str, str] | None = None
    ) -> Task:
        """Read a task once; see `EvoLink.task`."""
        http = self.client.get_async_httpx_client()
        return parse_task(await http.send(self._task_request(http, task_id, timeout, extra_headers)))

    async def wait(
        self,
        task: TaskOrId,
        *,
        timeout: float = WAIT_SECONDS,
        on_update: Callable[[Task], Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Task:
        """Wait until a task is completed, and return it; see `EvoLink.wait`."""
        task_id, headers = id_of(task), checked_headers(extra_headers)
        url = self._task_url(task_id)

        async def perform(step: Read | Pause) -> Task | None:
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
                return None
            return await self._read(step, url, headers)

        flow = self._start_wait(task_id, timeout, on_update)
        with reporting([task_id]):
            return await arun(flow, perform)

    async def generate(
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
        """Create a task and wait until it is completed: `submit`, then `wait`; see `EvoLink.generate`."""
        checked_wait(timeout, on_update)  # before the task costs money
        task = await self.submit(
            request,
            validate=validate,
            check_media=check_media,
            max_credits=max_credits,
            idempotency_key=idempotency_key,
            extra_headers=extra_headers,
        )
        return await self.wait(task, timeout=timeout, on_update=on_update, extra_headers=extra_headers)

    async def wait_all(
        self,
        tasks: Iterable[TaskOrId],
        *,
        timeout: float = WAIT_SECONDS,
        on_update: Callable[[Task], Any] | None = None,
        concurrency: int = CONCURRENCY,
        extra_headers: Mapping[str, str] | None = None,
    ) -> list[Task | EvoLinkError]:
        """Wait until every task has ended; see `EvoLink.wait_all`."""
        workers, headers = checked_concurrency(concurrency), checked_headers(extra_headers)
        waits = self._start_waits(tasks, timeout, on_update)
        with reporting(waits.ids, waits.ends):
            return await _run_waits(waits, lambda step, url: self._read(step, url, headers), workers)

    @overload
    async def download(
        self, task: TaskOrId, to: str | os.PathLike[str] = ".", **options: Unpack[_downloads.Options]
    ) -> Path: ...
    @overload
    async def download(self, task: TaskOrId, to: W, **options: Unpack[_downloads.Options]) -> W: ...
    async def download(
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
        """Save a result of a completed task; an interrupted download is resumed. See `EvoLink.download`."""
        limits = self._limits(timeout, max_seconds, min_speed, max_bytes)
        found = await self._task_of(task)
        flow = self._start_download(
            found, to, result, name=name, overwrite=overwrite, limits=limits, on_progress=on_progress
        )
        async with (
            async_media_client(self._settings) as client,
            _AsyncFetch(client, timeout, extra_headers, lambda: self._link(found.id, result)) as fetch,
        ):
            try:
                return await arun(flow, fetch)
            except UserFunctionError as raised:
                raise raised.error from None

    async def _link(self, task_id: str, result: int) -> str | None:
        """Return the present link to a result; None if the task cannot be read."""
        try:
            return link_of(await self._read(Read(task_id)), result)
        except EvoLinkError:
            return None

    async def upload(
        self,
        source: _uploads.Upload,
        *,
        name: str | None = None,
        timeout: float | None = None,
        on_progress: _uploads.Progress | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> UploadedFile:
        """Upload a file to the file host; see `EvoLink.upload`."""
        with _uploads.upload_call(source, name, on_progress) as call:
            http = self.files_client.get_async_httpx_client()
            return _uploads.uploaded(await http.request(**call, **options(timeout, checked_headers(extra_headers))))

    async def credits(
        self, *, timeout: float | None = None, extra_headers: Mapping[str, str] | None = None
    ) -> CreditsData:
        """Return the remaining and used credits of the account and of the API key; see `EvoLink.credits`."""
        kwargs = {**self._endpoint("get_credits"), **options(timeout, checked_headers(extra_headers))}
        return parse_credits(await self.client.get_async_httpx_client().request(**kwargs))

    async def aclose(self) -> None:
        """Close all connections, and the transport."""
        await self.client.aclose()
        await self.files_client.aclose()
        if self._settings.transport is not None:
            await self._settings.transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _check_media(self, body: dict[str, Any]) -> None:
        from evolink import media  # noqa: PLC0415 - an extra

        media.enforce(await asyncio.to_thread(media.examine, body, **self._media_arguments()))

    async def _create(self, kwargs: dict[str, Any]) -> Task:
        return parse_created_task(await self.client.get_async_httpx_client().request(**kwargs))

    async def _read(
        self, step: Read, url: httpx.URL | None = None, headers: Mapping[str, str] = NO_HEADERS
    ) -> Task | None:
        http = self.client.get_async_httpx_client()
        request = self._read_request(http, step, url, headers)
        return None if request is None else parse_task(await http.send(request))

    async def _task_of(self, task: TaskOrId) -> Task:
        from evolink._views import Task  # noqa: PLC0415 - see parse_created_task
        from evolink_client import models  # noqa: PLC0415 - see parse_created_task

        if isinstance(task, models.Task):
            return Task.of(task)
        return await self.task(id_of(task))


async def _run_waits(
    waits: Waits, read: Callable[[Read, httpx.URL], Awaitable[Task | None]], concurrency: int
) -> list[Task | EvoLinkError]:
    """Run every wait to its end; return their results and errors in the order of the waits."""

    async def work() -> None:
        # Each worker takes the wait that is due first, so no wait in the heap is due before one that was taken.
        while waits.are_pausing:
            rest, index = waits.rest, waits.take()
            if rest > 0:
                await asyncio.sleep(rest)
            step = waits.advance(index)
            while step is not None:
                result: Task | BaseException | None
                try:
                    result = await read(step, waits.url(index))
                except BaseException as error:  # noqa: BLE001 - the wait handles it, or raises it again
                    result = error
                step = waits.advance(index, result)

    # With an asyncio task for each wait, a wait took 6.7 KB of memory instead of 3.9.
    workers = [asyncio.ensure_future(work()) for _ in range(min(concurrency, len(waits)))]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return waits.in_order()


class _AsyncFetch:
    """Performs the steps of a download, and closes the response at the end."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        timeout: float | None,
        headers: Mapping[str, str] | None,
        refresh: Callable[[], Awaitable[str | None]],
    ) -> None:
        self._client, self._options, self._refresh = client, options(timeout, checked_headers(headers)), refresh
        self._response: httpx.Response | None = None
        self._chunks: AsyncIterator[bytes] | None = None

    async def __call__(self, step: _downloads.Step) -> httpx.Response | bytes | str | None:
        if isinstance(step, _downloads.More):
            async with _within(step.seconds):
                return b"" if self._chunks is None else await anext(self._chunks, b"")
        await self.aclose()
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        if isinstance(step, _downloads.Refresh):
            return await self._refresh()
        kwargs: dict[str, Any] = {**self._options, "headers": {**self._options.get("headers", {}), **step.headers}}
        with private():
            async with _within(step.seconds):
                self._response = await self._client.send(
                    self._client.build_request("GET", step.url, **kwargs), stream=True
                )
        self._chunks = self._response.aiter_bytes()
        return self._response

    async def aclose(self) -> None:
        if self._response is not None:
            await self._response.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


@asynccontextmanager
async def _within(seconds: float) -> AsyncGenerator[None]:
    """Bound the whole time of a step; see `evolink._deadline`.

    Raises:
        httpx.ReadTimeout: the time is over.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise httpx.ReadTimeout("the time for this step is over") from None
