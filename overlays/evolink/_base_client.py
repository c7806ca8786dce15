"""What both clients ask and read, without asking: the arguments for httpx, and the objects in its responses."""

from __future__ import annotations

import json
import os
import random
import re
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, Self, TypeVar
from urllib.parse import quote

import httpx

from evolink import _downloads
from evolink._contract import packaged_contract
from evolink._generated import InnerClient
from evolink._http import USER_AGENT, timeouts
from evolink._polling import Waiting, number_of, raise_if_unsuccessful, waiting
from evolink._responses import IDEMPOTENT, RETRIES, retry_after
from evolink._settings import Secret, Settings, checked_timeout, settings
from evolink._text import printable, short_repr
from evolink._validation import MAX_ID_LENGTH, callers_level, check, checked_idempotency_key, encode
from evolink.errors import (
    ConfigurationError,
    InvalidRequest,
    LinkExpiryWarning,
    ResponseInfo,
    SubmissionUnknown,
    TransferError,
    UnexpectedResponse,
    Violation,
)

if TYPE_CHECKING:
    from evolink_client.models import CreatedTask, CreditsData, Task

WAIT_SECONDS = 600.0
CONCURRENCY = 8
# How long before the end of a link its download comes with a warning.
NEAR_EXPIRY_SECONDS = 3600.0
MAX_CONCURRENCY = 1000
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# They say where a request ends, which httpx knows.
_FRAMING = {"content-length", "transfer-encoding", "connection", "host"}


_Transport = TypeVar("_Transport", httpx.BaseTransport, httpx.AsyncBaseTransport)


class BaseClient(Generic[_Transport]):
    """What both clients share: everything but the waiting for answers."""

    _asynchronous = False

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        files_base_url: str | None = None,
        timeout: float = 60.0,
        max_retries: int = 2,
        transport: _Transport | None = None,
    ) -> None:
        self._settings, files = settings(api_key, base_url, files_base_url, timeout, max_retries, transport)
        self.client = InnerClient(self._settings, asynchronous=self._asynchronous)
        self.files_client = InnerClient(files, asynchronous=self._asynchronous)

    def __repr__(self) -> str:
        settings: Settings | None = getattr(self, "_settings", None)  # one that could not be made may be shown, too
        return f"<{type(self).__name__} of {settings.base_url if settings else 'nothing'}>"

    def __reduce__(self) -> NoReturn:
        raise ConfigurationError("connections cannot be copied or sent to another process; make another client there")

    def _place(self, operation_id: str, **parameters: str) -> dict[str, Any]:
        """Return the method and URL of an operation, as arguments for httpx's `request`."""
        operation = packaged_contract().operations[operation_id]
        path = operation.path.format(**{name: quote(value, safe="") for name, value in parameters.items()})
        return {"method": operation.method, "url": _parsed(f"{self._settings.base_url}{path}")}

    def _create_call(
        self,
        body: dict[str, Any],
        *,
        validate: bool,
        idempotency_key: str | None,
        timeout: float | None,
        extra_headers: Mapping[str, str] | None,
    ) -> dict[str, Any]:
        """Return the arguments for httpx's `request` that create a task."""
        content = encode(body)
        if validate:
            check(body)
        headers = {"content-type": "application/json", **checked_headers(extra_headers)}
        if idempotency_key is not None:
            headers["idempotency-key"] = checked_idempotency_key(idempotency_key)
        asked = options(timeout, headers)
        asked["extensions"] = {IDEMPOTENT: idempotency_key is not None}
        return {**self._place("create_video_generation"), "content": content, **asked}

    def _query_call(
        self, task_id: str, timeout: float | None, extra_headers: Mapping[str, str] | None, retries: int | None = None
    ) -> dict[str, Any]:
        """Return the arguments for httpx's `request` that read a task."""
        asked = options(timeout, checked_headers(extra_headers))
        if retries is not None:
            asked["extensions"] = {RETRIES: retries}
        return {**self._place("get_task", task_id=id_of(task_id)), **asked}

    def _waiting_for(
        self,
        task: CreatedTask | Task | str,
        timeout: float,
        on_update: Callable[[Task], Any] | None,
        began: float | None = None,
    ) -> Waiting:
        """Begin to wait for a task."""
        seconds = checked_wait(timeout, on_update)
        return waiting(id_of(task), seconds, random=random.random, on_update=on_update, began=began)

    def _all_waiting_for(
        self,
        tasks: Iterable[CreatedTask | Task | str],
        timeout: float,
        on_update: Callable[[Task], Any] | None,
    ) -> list[tuple[str, Waiting]]:
        """Begin to wait for tasks, all of them from now on; returns their ids in their order with the waits."""
        if isinstance(tasks, str):
            raise ConfigurationError("wait_all takes a list of tasks; for one, use wait")
        began = time.monotonic()
        ids = [id_of(task) for task in tasks]
        return [(task_id, self._waiting_for(task_id, timeout, on_update, began)) for task_id in ids]

    def _fetching(
        self, task: Task, to: str | os.PathLike[str], result: int, on_progress: _downloads.Progress | None
    ) -> _downloads.Fetching:
        """Begin the download of a completed task's result."""
        name = printable(task.id, 80)
        raise_if_unsuccessful(task)
        if task.status != "completed":
            raise TransferError(f"{name} is {printable(task.status, 80)} and has no results yet; wait() for it first")
        links = [str(link) for link in task.results] if isinstance(task.results, list) else []
        number: Any = result
        if not isinstance(number, int) or not 0 <= number < len(links):
            raise TransferError(f"{name} has {len(links)} results, and none with the number {short_repr(number)}")
        self._warn_of_expiry(task)
        return _downloads.fetching(
            links[number],
            _downloads.target_of(to, task.id if number == 0 else f"{task.id}-{number + 1}", links[number]),
            max_retries=self._settings.max_retries,
            random=random.random,
            retry_after=lambda header: retry_after(header, time.time()),
            on_progress=on_progress,
        )

    def _warn_of_expiry(self, task: Task) -> None:
        created = number_of(task.created)
        if created is None:
            return
        left = created + packaged_contract().link_seconds - time.time()
        if left < NEAR_EXPIRY_SECONDS:
            told = f"expire in {left / 60:.0f} min" if left > 0 else "may have expired"
            told = f"the links of {printable(task.id, 80)} {told}; keep the file"
            warnings.warn(told, LinkExpiryWarning, stacklevel=callers_level())

    def _media_options(self) -> dict[str, Any]:
        """Return the arguments for httpx's constructors of a client that downloads."""
        # Links lead to other hosts, which the key is not for.
        return {
            "headers": {"user-agent": USER_AGENT},
            "timeout": timeouts(self._settings.timeout),
            "follow_redirects": True,
            "trust_env": not self._settings.loopback,
        }


def created_of(response: httpx.Response, secret: Secret) -> Task:
    """Return the task that an answer to a create names, as a query would show it: it has the same fields, and more.

    Raises:
        SubmissionUnknown: a part of it is malformed, though its id is not.
    """
    from evolink_client.models import Task  # noqa: PLC0415 - who uses no request class needs no response class

    try:
        return _read(Task, response, secret)
    except UnexpectedResponse as error:
        task_id = printable(secret.redact(str(response.json()["id"])))
        raise SubmissionUnknown(error.response, "the answer is malformed", task_id=task_id) from error


def task_of(response: httpx.Response, secret: Secret) -> Task:
    """Return the task that an answer to a query tells of.

    Raises:
        UnexpectedResponse: a part of it is malformed.
    """
    from evolink_client.models import Task  # noqa: PLC0415 - see above

    return _read(Task, response, secret)


def credits_of(response: httpx.Response, secret: Secret) -> CreditsData:
    """Return the credits that an answer tells of.

    Raises:
        UnexpectedResponse: it tells of none, or a part of it is malformed.
    """
    from evolink_client.models import Credits, CreditsData  # noqa: PLC0415 - see above

    data = _read(Credits, response, secret).data
    if not isinstance(data, CreditsData):
        raise UnexpectedResponse(_answer(response), "the answer tells of no credits")
    return data


class _Model(Protocol):
    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self: ...


_M = TypeVar("_M", bound=_Model)


def _read(model: type[_M], response: httpx.Response, secret: Secret) -> _M:
    """Return what a model makes of an answer, from which the API key is taken should the server repeat it."""
    try:
        return model.from_dict(json.loads(secret.redact_bytes(response.content)))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnexpectedResponse(_answer(response), f"the answer is malformed: {error!r:.200}") from None


@lru_cache(maxsize=1024)
def _parsed(url: str) -> httpx.URL:
    """Return a whole URL; parsing one for each read of a task costs a fifth of all that the SDK adds to a request."""
    return httpx.URL(url)


def _answer(response: httpx.Response) -> ResponseInfo:
    return ResponseInfo(response.request.method, response.request.url.path, response.status_code)


def options(timeout: float | None, headers: dict[str, str]) -> dict[str, Any]:
    """Return what a call asks for besides, as arguments for httpx's `request`."""
    asked: dict[str, Any] = {"headers": headers} if headers else {}
    if timeout is not None:
        asked["timeout"] = timeouts(checked_timeout(timeout))
    return asked


def checked_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return headers that can be sent.

    Raises:
        ConfigurationError: one of them cannot.
    """
    if not headers:
        return {}
    given: Any = headers
    if not isinstance(given, Mapping):
        raise ConfigurationError("extra_headers must be a dict of names and values")
    for name, value in headers.items():
        texts: list[Any] = [name, value]
        if not all(isinstance(text, str) and text.isascii() and text.isprintable() for text in texts):
            raise ConfigurationError(f"the extra header {short_repr(name)} must be printable ASCII")
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _FRAMING:
            raise ConfigurationError(f"{short_repr(name)} is no header that can be added to a request")
    return dict(headers)


def checked_wait(timeout: float, on_update: Callable[[Task], Any] | None) -> float:
    """Return how many seconds to wait; 0 stands for one look.

    Raises:
        ConfigurationError: that is no time to wait, or `on_update` cannot be called.
    """
    if on_update is not None and not callable(on_update):
        raise ConfigurationError("on_update must be a function that takes a task")
    given: Any = timeout
    if isinstance(given, int | float) and not isinstance(given, bool) and given == 0:
        return 0.0
    return checked_timeout(timeout, "timeout, unless it is 0,")


def checked_concurrency(number: int) -> int:
    """Return a number of reads at a time.

    Raises:
        ConfigurationError: it is none.
    """
    given: Any = number
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MAX_CONCURRENCY:
        raise ConfigurationError(
            f"concurrency must be a whole number from 1 to {MAX_CONCURRENCY}; it is {short_repr(given)}"
        )
    return given


def id_of(task: CreatedTask | Task | str) -> str:
    """Return the id of a task.

    Raises:
        InvalidRequest: it is none that a task can have.
    """
    given: Any = task if isinstance(task, str) else getattr(task, "id", None)
    if not (isinstance(given, str) and given.strip(". ") and given.isprintable() and len(given) <= MAX_ID_LENGTH):
        fix = "must be a task, or the id of one, as in task-unified-1757169743-7cvnl5zw"
        raise InvalidRequest([Violation("task", "pattern", None, short_repr(task), fix)], "the query")
    return given


def note_unfinished(interruption: BaseException, ids: Iterable[str], ends: Mapping[int, Any]) -> None:
    """Add to an interruption which tasks have not ended."""
    unfinished = [task_id for index, task_id in enumerate(ids) if index not in ends]
    more = f" and {len(unfinished) - 20} more" if len(unfinished) > 20 else ""
    interruption.add_note(f"These live on; wait_all() resumes them: {', '.join(unfinished[:20])}{more}.")
