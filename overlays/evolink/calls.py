"""What both clients ask and read, without asking: the arguments for httpx, and the objects in its responses."""

from __future__ import annotations

import os
import random
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar
from urllib.parse import quote

import httpx

from evolink import downloads
from evolink.answers import retry_after
from evolink.contract import packaged_contract
from evolink.errors import (
    Answer,
    ConfigurationError,
    InvalidRequest,
    LinkExpiryWarning,
    SubmissionUnknown,
    TransferError,
    UnexpectedAnswer,
    Violation,
)
from evolink.http import USER_AGENT, InnerClient, timeouts
from evolink.requests import check, checked_idempotency_key, encoded
from evolink.settings import checked_timeout, settings
from evolink.waiting import Waiting, ended, waiting

if TYPE_CHECKING:
    from evolink_client.models import CreatedTask, CreditsData, Task

WAIT_SECONDS = 600.0
CONCURRENCY = 8
# Ids that were ever seen have fewer than 50 characters; httpx refuses URLs of 64 KiB in its own way.
MAX_ID_LENGTH = 500
# How long before the end of a link its download comes with a warning.
NEAR_EXPIRY_SECONDS = 3600.0
INTERRUPTED = "The request was being sent: the task may have been taken and charged. Look for it before you resubmit."


_Transport = TypeVar("_Transport", httpx.BaseTransport, httpx.AsyncBaseTransport)


class Calls(Generic[_Transport]):
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
        self._urls: dict[str, httpx.URL] = {}
        self.client = InnerClient(self._settings, asynchronous=self._asynchronous)
        self.files_client = InnerClient(files, asynchronous=self._asynchronous)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._settings.base_url}>"

    def _place(self, operation_id: str, **parameters: str) -> dict[str, Any]:
        """Return the method and URL of an operation, as arguments for httpx's `request`."""
        operation = packaged_contract().operations[operation_id]
        path = operation.path.format(**{name: quote(value, safe="") for name, value in parameters.items()})
        # A URL that is whole and was parsed before: joining and parsing one costs as much as all that the SDK adds.
        url = httpx.URL(f"{self._settings.base_url}{path}") if parameters else self._urls.get(path)
        if url is None:
            url = self._urls[path] = httpx.URL(f"{self._settings.base_url}{path}")
        return {"method": operation.method, "url": url}

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
        content = encoded(body)
        if validate:
            check(body)
        headers = {"content-type": "application/json", **checked_headers(extra_headers)}
        if idempotency_key is not None:
            headers["idempotency-key"] = checked_idempotency_key(idempotency_key)
        asked = options(timeout, headers)
        asked.setdefault("extensions", {})["evolink.model"] = body.get("model")
        return {**self._place("create_video_generation"), "content": content, **asked}

    def _query_call(
        self, task_id: str, timeout: float | None, extra_headers: Mapping[str, str] | None, retries: int | None = None
    ) -> dict[str, Any]:
        """Return the arguments for httpx's `request` that read a task."""
        given: Any = task_id
        if not isinstance(given, str) or not given.strip(". ") or not given.isprintable() or len(given) > MAX_ID_LENGTH:
            mend = "must be the id of a task, as in task-unified-1757169743-7cvnl5zw"
            raise InvalidRequest([Violation("task_id", "pattern", None, f"{given!r:.80}", mend)], "the query")
        asked = options(timeout, checked_headers(extra_headers))
        if retries is not None:
            asked["extensions"] = {"evolink.retries": retries}
        return {**self._place("get_task", task_id=given), **asked}

    def _waiting_for(
        self, task: CreatedTask | Task | str, timeout: float, on_update: Callable[[Task], Any] | None
    ) -> Waiting:
        """Begin to wait for a task."""
        seconds = 0.0 if timeout == 0 else checked_timeout(timeout)
        return waiting(
            task if isinstance(task, str) else task.id,
            seconds,
            random=random.random,
            on_update=on_update,
        )

    def _fetching(
        self, task: Task, to: str | os.PathLike[str], result: int, on_progress: downloads.Progress | None
    ) -> downloads.Fetching:
        """Begin the download of a completed task's result."""
        if not ended(task):
            raise TransferError(f"{task.id} is {task.status} and has no results yet; wait() for it first")
        links = [str(link) for link in task.results] if isinstance(task.results, list) else []
        if not 0 <= result < len(links):
            raise TransferError(f"{task.id} has {len(links)} results, and none with the number {result}")
        link = links[result]
        self._warn_of_expiry(task)
        name = task.id if result == 0 else f"{task.id}-{result + 1}"
        return downloads.fetching(
            link,
            downloads.target_of(to, name, link),
            max_retries=self._settings.max_retries,
            random=random.random,
            retry_after=lambda header: retry_after(header, time.time()),
            on_progress=on_progress,
        )

    def _warn_of_expiry(self, task: Task) -> None:
        created: Any = task.created
        if not isinstance(created, int | float):
            return
        left = created + packaged_contract().link_seconds - time.time()
        if left < NEAR_EXPIRY_SECONDS:
            told = f"expire in {left / 60:.0f} min" if left > 0 else "may have expired"
            warnings.warn(f"the links of {task.id} {told}; keep the file", LinkExpiryWarning, stacklevel=4)

    def _media_options(self) -> dict[str, Any]:
        """Return the arguments for httpx's constructors of a client that downloads."""
        # Links lead to other hosts, which the key is not for.
        return {
            "headers": {"user-agent": USER_AGENT},
            "timeout": timeouts(self._settings.timeout),
            "follow_redirects": True,
            "transport": self._settings.transport,
            "trust_env": not self._settings.loopback,
        }


def created_of(response: httpx.Response) -> Task:
    """Return the task that an answer to a create names, as a query would show it: it has the same fields, and more.

    Raises:
        SubmissionUnknown: a part of it is malformed, though its id is not.
    """
    from evolink_client.models import Task  # noqa: PLC0415 - who uses no request class needs no response class

    try:
        return _read(Task, response)
    except UnexpectedAnswer as error:
        raise SubmissionUnknown(error.answer, "the answer is malformed", task_id=response.json()["id"]) from error


def task_of(response: httpx.Response) -> Task:
    """Return the task that an answer to a query tells of.

    Raises:
        UnexpectedAnswer: a part of it is malformed.
    """
    from evolink_client.models import Task  # noqa: PLC0415 - see above

    return _read(Task, response)


def credits_of(response: httpx.Response) -> CreditsData:
    """Return the credits that an answer tells of.

    Raises:
        UnexpectedAnswer: it tells of none, or a part of it is malformed.
    """
    from evolink_client.models import Credits, CreditsData  # noqa: PLC0415 - see above

    data = _read(Credits, response).data
    if not isinstance(data, CreditsData):
        raise UnexpectedAnswer(_answer(response), "the answer tells of no credits")
    return data


class _Model(Protocol):
    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self: ...


_M = TypeVar("_M", bound=_Model)


def _read(model: type[_M], response: httpx.Response) -> _M:
    try:
        return model.from_dict(response.json())
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnexpectedAnswer(_answer(response), f"the answer is malformed: {error!r:.200}") from None


def _answer(response: httpx.Response) -> Answer:
    return Answer(response.request.method, response.request.url.path, response.status_code)


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
    for name, value in headers.items():
        given: list[Any] = [name, value]
        if not all(isinstance(text, str) and text.isascii() and text.isprintable() for text in given):
            raise ConfigurationError(f"the extra header {name!r} must be printable ASCII")
    return dict(headers)


def checked_concurrency(number: int) -> int:
    """Return a number of reads at a time.

    Raises:
        ConfigurationError: it is none.
    """
    if isinstance(number, bool) or not 1 <= number <= 1000:
        raise ConfigurationError(f"concurrency must be a whole number from 1 to 1000; it is {number!r}")
    return number


def note_unfinished(
    interruption: BaseException, tasks: Sequence[CreatedTask | Task | str], ends: Mapping[int, Any]
) -> None:
    """Add to an interruption which tasks have not ended."""
    unfinished = [task if isinstance(task, str) else task.id for index, task in enumerate(tasks) if index not in ends]
    more = f" and {len(unfinished) - 20} more" if len(unfinished) > 20 else ""
    interruption.add_note(f"These live on; wait_all() resumes them: {', '.join(unfinished[:20])}{more}.")
