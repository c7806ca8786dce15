"""Everything `EvoLink` and `AsyncEvoLink` share except I/O: building httpx request arguments and parsing responses."""

from __future__ import annotations

import os
import random
import re
import time
import warnings
from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from contextlib import contextmanager
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, Self, TypeVar
from urllib.parse import quote

import httpx

from evolink import _downloads, _targets
from evolink._batches import Batch, OnCreated, Pace
from evolink._contract import packaged_contract
from evolink._editions import edition_in_force
from evolink._flows import UserFunctionError
from evolink._generated import InnerClient
from evolink._http import timeouts
from evolink._log import logger, warn_unfinished
from evolink._network import ProxyTypes
from evolink._numbers import whole
from evolink._outcomes import created_text, outcome_of, result_links, shape_of_results
from evolink._polling import Read, Waiting, number_of, raise_if_unsuccessful, waiting
from evolink._responses import IDEMPOTENT, PACED, PARSED, RETRIES, SECONDS, retry_after, unix_seconds
from evolink._settings import Settings, checked_timeout, settings
from evolink._text import printable, short_repr
from evolink._validation import Request, callers_level, check, checked_idempotency_key, encode, to_body
from evolink._waits import Waits
from evolink.errors import (
    ConfigurationError,
    EvoLinkError,
    InvalidRequest,
    LinkExpiryWarning,
    NextStep,
    ResponseInfo,
    SubmissionUnknown,
    TransferError,
    UnexpectedResponse,
    UnknownStatusWarning,
    Violation,
)

if TYPE_CHECKING:
    import ssl

    from evolink._async_http import AsyncHttpClient
    from evolink._http import HttpClient
    from evolink._views import CreditsData, Task, TaskOrId

WAIT_SECONDS = 600.0
CONCURRENCY = 8
MAX_CONCURRENCY = 1000
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
# No page limits the length of a task id. All documented ids have fewer than 50 characters.
MAX_ID_LENGTH = 500
# A download warns about links that expire within this time.
NEAR_EXPIRY_SECONDS = 3600.0
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# httpx sets these headers itself.
_RESERVED_HEADERS = {"content-length", "transfer-encoding", "connection", "host"}


_Transport = TypeVar("_Transport", httpx.BaseTransport, httpx.AsyncBaseTransport)


class BaseClient(Generic[_Transport]):
    """Base class of `EvoLink` and `AsyncEvoLink`."""

    _asynchronous = False
    _has_warned_of_status = False

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        files_base_url: str | None = None,
        timeout: float = 60.0,
        max_retries: int = 2,
        transport: _Transport | None = None,
        proxy: ProxyTypes | None = None,
        verify: ssl.SSLContext | str | os.PathLike[str] | None = None,
        allow_http: bool | None = None,
        edition: str | None = None,
    ) -> None:
        self.edition = edition_in_force(edition)
        self._settings, files = settings(
            api_key,
            base_url,
            files_base_url,
            timeout,
            max_retries,
            transport,
            proxy=proxy,
            verify=verify,
            allow_http=allow_http,
        )
        self.client = InnerClient(self._settings, asynchronous=self._asynchronous)
        self.files_client = InnerClient(files, asynchronous=self._asynchronous)

    @property
    def allows_private_media(self) -> bool:
        """True if `check_media` fetches from private addresses: only with a server at an http:// address."""
        return self._settings.base_url.startswith("http://")

    def __repr__(self) -> str:
        settings: Settings | None = getattr(
            self, "_settings", None
        )  # a debugger may show a client whose constructor failed
        return f"<{type(self).__name__} of {settings.base_url if settings else 'nothing'}>"

    def __reduce__(self) -> NoReturn:
        raise ConfigurationError("a client cannot be copied or sent to another process; make another client there")

    def _endpoint(self, operation_id: str, **parameters: str) -> dict[str, Any]:
        """Return the method and URL of an operation, as arguments for httpx's `request`."""
        operation = packaged_contract(self.edition).operations[operation_id]
        path = operation.path.format(**{name: quote(value, safe="") for name, value in parameters.items()})
        return {"method": operation.method, "url": _parsed_url(f"{self._settings.base_url}{path}")}

    def _create_request(
        self,
        body: dict[str, Any],
        *,
        validate: bool,
        max_credits: float | None,
        idempotency_key: str | None,
        timeout: float | None,
        extra_headers: Mapping[str, str] | None,
    ) -> dict[str, Any]:
        """Return the arguments for httpx's `request` that create a task."""
        content = encode(body)
        if validate:
            check(body, self.edition)
        if max_credits is not None:
            from evolink.billing import check_cost  # noqa: PLC0415 - most programs set no limit

            check_cost(body, max_credits, edition=self.edition)
        headers = {"content-type": "application/json", **checked_headers(extra_headers)}
        if idempotency_key is not None:
            headers["idempotency-key"] = checked_idempotency_key(idempotency_key)
        kwargs = options(timeout, headers, {IDEMPOTENT: idempotency_key is not None})
        return {**self._endpoint("create_video_generation"), "content": content, **kwargs}

    def _start_batch(
        self,
        requests: Iterable[Request | Mapping[str, Any]],
        *,
        concurrency: int,
        validate: bool,
        check_media: bool,
        max_credits: float | None,
        idempotency_keys: Iterable[str] | None,
        timeout: float | None,
        extra_headers: Mapping[str, str] | None,
        on_created: OnCreated | None,
    ) -> tuple[Batch, dict[int, tuple[dict[str, Any], dict[str, Any]]]]:
        """Return the batch of a `submit_all`, and the body and the arguments for httpx's `request` of each request.

        Raises:
            ConfigurationError: an argument is invalid.
        """
        checked_concurrency(concurrency)
        options(timeout, checked_headers(extra_headers))
        if on_created is not None and not callable(on_created):
            raise ConfigurationError("on_created must be a function that takes a number and a task")
        if max_credits is not None:
            from evolink.billing import checked_max_credits  # noqa: PLC0415 - see _create_request

            checked_max_credits(max_credits)
        all_requests = _listed(requests, "requests", "submit_all takes a list of requests; for one, use submit")
        keys: list[Any] = [None] * len(all_requests)
        if idempotency_keys is not None:
            keys = _listed(idempotency_keys, "idempotency_keys", "submit_all takes a list of idempotency keys")
        if len(keys) != len(all_requests):
            raise ConfigurationError(f"there are {len(all_requests)} requests, but {len(keys)} idempotency keys")
        errors: dict[int, Task | EvoLinkError] = {}
        calls: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}
        for index, (request, key) in enumerate(zip(all_requests, keys, strict=True)):
            try:
                body = to_body(request)
                kwargs = self._create_request(
                    body,
                    validate=validate,
                    max_credits=max_credits,
                    idempotency_key=key,
                    timeout=timeout,
                    extra_headers=extra_headers,
                )
            except EvoLinkError as error:
                errors[index] = error
            else:
                kwargs["extensions"][PACED] = True
                calls[index] = body, kwargs
        pace = Pace(self._settings.max_retries, random.random)
        return Batch(errors, len(all_requests), pace, check_media=check_media), calls

    def _media_arguments(self) -> dict[str, Any]:
        """Return the edition and the network settings as arguments for `media.check`."""
        arguments: dict[str, Any] = {"allow_private": self.allows_private_media, "edition": self.edition}
        network = self._settings.network
        return arguments if network is None else {**arguments, "proxy": network.proxy, "verify": network.context}

    def _task_url(self, task_id: str) -> httpx.URL:
        """Return the URL at which a task is read."""
        url: httpx.URL = self._endpoint("get_task", task_id=task_id)["url"]
        return url

    def _task_request(
        self, http: HttpClient | AsyncHttpClient, task_id: str, timeout: float | None, headers: Mapping[str, str] | None
    ) -> httpx.Request:
        """Return the request that reads a task once."""
        url = self._task_url(id_of(task_id))
        return http.policy.get_request(http, url, **options(timeout, checked_headers(headers)))

    def _read_request(
        self, http: HttpClient | AsyncHttpClient, step: Read, url: httpx.URL | None, headers: Mapping[str, str]
    ) -> httpx.Request | None:
        """Return the request for one read of a wait; None if no time is left for it.

        Args:
            http: the client that sends it.
            step: the read.
            url: the URL of the task if it is known already.
            headers: headers to send in addition to the client's.
        """
        timeout = step.timeout(self._settings.timeout)
        if timeout is not None and timeout <= 0:
            return None
        return http.policy.get_request(
            http, url or self._task_url(step.task_id), **options(timeout, headers, {RETRIES: 0})
        )

    def _start_wait(
        self,
        task: TaskOrId,
        timeout: float,
        on_update: Callable[[Task], Any] | None,
        began: float | None = None,
    ) -> Waiting:
        """Return the generator that decides on the reads and pauses of a wait."""
        seconds = checked_wait(timeout, on_update)
        return waiting(
            id_of(task),
            seconds,
            random=random.random,
            on_update=on_update,
            on_unknown=self._warn_about_status,
            began=began,
        )

    def _start_waits(
        self,
        tasks: Iterable[TaskOrId],
        timeout: float,
        on_update: Callable[[Task], Any] | None,
    ) -> Waits:
        """Return the waits of a `wait_all`, which all begin now."""
        if isinstance(tasks, str):
            raise ConfigurationError("wait_all takes a list of tasks; for one, use wait")
        began = time.monotonic()
        ids = [id_of(task) for task in tasks]
        flows = [self._start_wait(task_id, timeout, on_update, began) for task_id in ids]
        return Waits(ids, flows, self._task_url)

    def _start_download(
        self,
        task: Task,
        to: str | os.PathLike[str] | _targets.Writer,
        result: int,
        *,
        name: str | None,
        overwrite: bool,
        limits: _downloads.Limits,
        on_progress: _downloads.Progress | None,
    ) -> Generator[_downloads.Step, Any, Any]:
        """Return the generator that decides on the requests of a download.

        Raises:
            TransferError: the task has no such result, or the target cannot be written.
            TaskFailed, TaskCancelled: the task has ended without results.
            ConfigurationError: the name cannot be one.
        """
        given = None if name is None else _targets.checked_name(name)
        shown = printable(task.id, 80)
        raise_if_unsuccessful(task)
        if outcome_of(task) != "completed":
            step = NextStep("wait", printable(task.id))
            raise TransferError(f"{shown} is {printable(task.status, 80)} and has no results yet", None, step)
        links = result_links(task)
        if not links and (created := created_text(task)):
            raise TransferError(f"{shown} has no file to download: it has created {created}")
        index = whole(result)
        if index is None or not 0 <= index < len(links):
            shape = f" (results is {shape_of_results(task)})" if not links else ""
            raise TransferError(f"{shown} has {len(links)} results{shape}; result {short_repr(result)} does not exist")
        if not links[index]:
            shape = shape_of_results(task)
            raise TransferError(f"result {index} of {shown} is not an http or https URL: results is {shape}")
        stem = given or _targets.safe_stem(task.id if index == 0 else f"{task.id}-{index + 1}")
        target: _targets.Target[Any] = (
            _targets.ObjectTarget(to)
            if isinstance(to, _targets.Writer)
            else _targets.FileTarget(to, stem, overwrite=overwrite)
        )
        return _downloads.fetching(
            _downloads.Source(links[index], task.id, index, _kind_of(task), number_of(task.created)),
            target,
            limits,
            _downloads.Environment(
                self._settings.max_retries, random.random, time.monotonic, retry_after, self._expiry_watch(task)
            ),
            on_progress,
        )

    def _limits(
        self, timeout: float | None, max_seconds: float, min_speed: float, max_bytes: float
    ) -> _downloads.Limits:
        """Return the limits of a download.

        Raises:
            ConfigurationError: one of them is invalid.
        """
        seconds = self._settings.timeout if timeout is None else checked_timeout(timeout)
        return _downloads.Limits(seconds, max_seconds, min_speed, max_bytes).checked()

    def _warn_about_status(self, task: Task) -> None:
        """Warn about the first status that no page names."""
        if self._has_warned_of_status:
            return
        self._has_warned_of_status = True
        message = f"{printable(task.status, 80)!r} is not a documented status of a task; the wait continues"
        try:
            warnings.warn(message, UnknownStatusWarning, stacklevel=callers_level())
        except UnknownStatusWarning:  # even if warnings are errors, this one must not end the wait for a paid task
            logger.warning("%s", message)

    def _expiry_watch(self, task: Task) -> Callable[[httpx.Response], None]:
        """Return a function that warns about links near their expiry, given the first response to a download.

        The time at which the task was created is compared with the `Date` of that response.
        """
        has_compared = False

        def compare(response: httpx.Response) -> None:
            nonlocal has_compared
            created, now = number_of(task.created), unix_seconds(response.headers.get("date", ""))
            if has_compared or created is None or now is None:
                return
            has_compared = True
            left = created + packaged_contract(self.edition).link_seconds - now
            if left < NEAR_EXPIRY_SECONDS:
                expiry = f"expire in {left / 60:.0f} min" if left > 0 else "may have expired"
                message = f"the links of {printable(task.id, 80)} {expiry}; keep the file"
                warnings.warn(message, LinkExpiryWarning, stacklevel=callers_level())

        return compare


def parse_created_task(response: httpx.Response) -> Task:
    """Return the task in the response to a create, as a `Task`, which has all fields of a `CreatedTask` and more.

    Raises:
        SubmissionUnknown: the response has an id, but another field is malformed.
    """
    from evolink._views import Task  # noqa: PLC0415 - programs that send dicts load it with the first response

    try:
        return _parse(Task, response)
    except UnexpectedResponse as error:
        task_id = printable(str(response.extensions[PARSED]["id"]))
        raise SubmissionUnknown(error.response, "the response is malformed", task_id=task_id) from error


def parse_task(response: httpx.Response) -> Task:
    """Return the task in the response to a query.

    Raises:
        UnexpectedResponse: a field is malformed.
    """
    from evolink._views import Task  # noqa: PLC0415 - see parse_created_task

    return _parse(Task, response)


def parse_credits(response: httpx.Response) -> CreditsData:
    """Return the credits in a response.

    Raises:
        UnexpectedResponse: the credits are missing, or a field is malformed.
    """
    from evolink._views import CreditsData  # noqa: PLC0415 - see parse_created_task
    from evolink_client import models  # noqa: PLC0415 - see parse_created_task

    data = _parse(models.Credits, response).data
    if not isinstance(data, models.CreditsData):
        raise UnexpectedResponse(_info(response), "the response has no credits")
    return CreditsData.from_dict(data.to_dict())


def _listed(values: Any, name: str, single: str) -> list[Any]:
    """Return the values of an iterable.

    Raises:
        ConfigurationError: it is a single request or key, or not iterable.
    """
    if isinstance(values, str | Mapping) or hasattr(values, "to_dict"):
        raise ConfigurationError(single)
    if not hasattr(values, "__iter__"):
        raise ConfigurationError(f"{name} must be a list, not {short_repr(values)}")
    return list(values)


class _Model(Protocol):
    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self: ...


_M = TypeVar("_M", bound=_Model)


def _parse(model: type[_M], response: httpx.Response) -> _M:
    """Return a response as a generated model."""
    try:
        return model.from_dict(response.extensions[PARSED])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnexpectedResponse(_info(response), f"the response is malformed: {error!r:.200}") from None


@lru_cache(maxsize=1024)
def _parsed_url(url: str) -> httpx.URL:
    """Parse a URL; without the cache, this is a fifth of the time that the SDK adds to the read of a task."""
    return httpx.URL(url)


def _info(response: httpx.Response) -> ResponseInfo:
    return ResponseInfo(response.request.method, response.request.url.path, response.status_code)


def options(
    timeout: float | None, headers: Mapping[str, str], extensions: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """Return a timeout in seconds, extra headers and extensions as arguments for httpx's `request`.

    The timeout limits the request as a whole, with its retries and the pauses between them.
    """
    kwargs: dict[str, Any] = {"headers": headers} if headers else {}
    if timeout is not None:
        seconds = checked_timeout(timeout)
        kwargs["timeout"] = timeouts(seconds)
        extensions = {**extensions, SECONDS: seconds}
    if extensions:
        kwargs["extensions"] = dict(extensions)
    return kwargs


def checked_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return extra headers as a dict.

    Raises:
        ConfigurationError: a header is malformed, or httpx sets it itself.
    """
    if not headers:
        return {}
    value: Any = headers
    if not isinstance(value, Mapping):
        raise ConfigurationError("extra_headers must be a dict of names and values")
    for name, text in headers.items():
        texts: list[Any] = [name, text]
        if not all(isinstance(each, str) and each.isascii() and each.isprintable() for each in texts):
            raise ConfigurationError(f"the extra header {short_repr(name)} must be printable ASCII")
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _RESERVED_HEADERS:
            raise ConfigurationError(f"{short_repr(name)} is not a header that can be added to a request")
    return dict(headers)


def checked_wait(timeout: float, on_update: Callable[[Task], Any] | None) -> float:
    """Return how many seconds to wait; 0 means a single read.

    Raises:
        ConfigurationError: `timeout` is not a number from 0 to 1e7, or `on_update` is not callable.
    """
    if on_update is not None and not callable(on_update):
        raise ConfigurationError("on_update must be a function that takes a task")
    return checked_timeout(timeout, zero=True)


def checked_concurrency(number: int) -> int:
    """Return how many tasks are read at a time.

    Raises:
        ConfigurationError: it is not a whole number from 1 to 1000.
    """
    value = whole(number)
    if value is None or not 1 <= value <= MAX_CONCURRENCY:
        raise ConfigurationError(
            f"concurrency must be a whole number from 1 to {MAX_CONCURRENCY}, not {short_repr(number)}"
        )
    return value


def id_of(task: TaskOrId) -> str:
    """Return the id of a task.

    Raises:
        InvalidRequest: it cannot be the id of a task: empty, longer than 500 characters, dots only, or unprintable.
    """
    value: Any = task if isinstance(task, str) else getattr(task, "id", None)
    if not (isinstance(value, str) and value.strip(". ") and value.isprintable() and len(value) <= MAX_ID_LENGTH):
        fix = "must be a task, or the id of one, as in task-unified-1757169743-7cvnl5zw"
        raise InvalidRequest([Violation("task", "pattern", None, short_repr(task), fix)], "the query")
    return value


def link_of(task: Task | None, result: int) -> str | None:
    """Return the link to one result of a task that was read again; None if it has no such result."""
    if task is None or outcome_of(task) != "completed":
        return None
    links = result_links(task)
    return links[result] if result < len(links) else None


def _kind_of(task: Task) -> str:
    """Return the kind of the files that a task produces; empty for text. Without a word about it, that is `video`."""
    kind = str(task.type_)
    return {"text": "", "image": "image", "audio": "audio"}.get(kind, "video")


@contextmanager
def reporting(ids: list[str], ends: Collection[int] | None = None) -> Generator[None]:
    """Name the unfinished tasks when a wait ends early: in the log and, for `wait_all`, in a note to the exception.

    Whoever cancels a wait, such as a `TaskGroup` or `asyncio.timeout`, often discards its exception.

    Args:
        ids: the ids of all tasks.
        ends: the indices of those that have ended, which grow during a `wait_all`; None for a single wait, which adds
            a note of its own.

    Raises:
        Exception: the error that a function of the user has raised.
    """
    try:
        yield
    except UserFunctionError as raised:
        warn_unfinished(ids, raised.error)
        raise raised.error from raised.error.__cause__
    except EvoLinkError:
        raise
    except BaseException as interruption:
        unfinished = [task_id for index, task_id in enumerate(ids) if index not in (ends or ())]
        warn_unfinished(unfinished, interruption)
        if ends is not None and unfinished:
            more = f" and {len(unfinished) - 20} more" if len(unfinished) > 20 else ""
            interruption.add_note(
                f"These tasks continue on the server; call wait_all() to wait for them: "
                f"{', '.join(unfinished[:20])}{more}."
            )
        raise
