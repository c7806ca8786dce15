"""Whether a request is sent again: the decisions, without sending anything.

What happened to a create decides what follows:

    no connection was made                      not taken            again
    429, or 503 with the documented body        refused              again, after Retry-After
    another 4xx                                 refused              the error
    anything else but a task                    may have been taken  SubmissionUnknown, never again

unless it carries an idempotency key: then it is sent once more, with the same key. Reads are repeated freely.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import cache
from typing import Any, NamedTuple

import httpx

from evolink._responses import RequestContext
from evolink.errors import (
    EvoLinkError,
    NotSent,
    RateLimited,
    RequestError,
    ResponseLost,
    ServerError,
    SubmissionUnknown,
    Unavailable,
)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
INTERRUPTED = "The request was being sent: the task may have been taken and charged. Look for it before you resubmit."
# Whoever is asked to wait for longer decides for himself.
MAX_RETRY_AFTER = 60.0


class Attempt(NamedTuple):
    """Send the request, once. Answered with the response, or an `httpx.HTTPError` is thrown."""


class NeverSent(Exception):  # noqa: N818 - never leaves the SDK
    """An attempt has failed before anything has left this machine."""

    def __init__(self, failure: Exception) -> None:
        super().__init__(failure)
        self.failure = failure


class Pause(NamedTuple):
    """Let time pass."""

    seconds: float


Exchange = Generator[Attempt | Pause, Any, httpx.Response]


def exchange(call: RequestContext, max_retries: int, random: Callable[[], float]) -> Exchange:
    """Decide on one request until it is answered; returns the response that holds what it must.

    Raises:
        RequestError: there is no such response.
    """
    unknown: SubmissionUnknown | None = None
    retries = 0
    while True:
        outcome = yield from _tried(call)
        if isinstance(outcome, httpx.Response):
            return outcome
        error = outcome
        if unknown is not None:  # what became of the first attempt is as unknown as before
            named = isinstance(error, SubmissionUnknown) and error.task_id is not None
            raise (error if named else unknown) from (unknown if named else error)
        if retries >= max_retries or not _repeatable(error, call):
            raise error
        if isinstance(error, SubmissionUnknown):
            unknown = error
        yield Pause(pause(retries, error.retry_after, random))
        retries += 1


def _tried(call: RequestContext) -> Generator[Attempt, Any, httpx.Response | RequestError]:
    """Make one attempt; returns the response that holds what it must, or the error."""
    try:
        response: httpx.Response = yield Attempt()
    except NeverSent as never:
        return _caused(call.not_sent(never.failure), never.failure)
    except httpx.HTTPStatusError as failure:  # a hook of the user's has looked at the status
        return _caused(call.judged(failure.response) or call.unanswered(failure), failure)
    except _lost() as failure:
        return _caused(call.unanswered(failure), failure)
    except BaseException as own:  # an interruption, or what a hook of the user's raises
        if not call.paid:
            raise
        own.add_note(INTERRUPTED)
        if isinstance(own, EvoLinkError):  # of another client, and so it says nothing of this request
            return _caused(call.unanswered(own), own)
        raise
    return call.judged(response) or response


@cache
def _lost() -> tuple[type[Exception], ...]:
    """Return what is raised when a request, or its answer, is lost on the way."""
    import h11  # noqa: PLC0415 - a tenth of this package's import; httpx has it by the time that anything is lost

    return httpx.HTTPError, httpx.StreamError, h11.ProtocolError, OSError


def _caused(error: RequestError, cause: Exception) -> RequestError:
    error.__cause__ = cause
    return error


def pause(retries: int, retry_after: float | None, random: Callable[[], float]) -> float:
    """Return the seconds to wait before a request is repeated: what the server asks, else a random part of a bound."""
    bound = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(retries, 10))
    return random() * bound if retry_after is None else retry_after + random() * FIRST_PAUSE


def _repeatable(error: RequestError, call: RequestContext) -> bool:
    if error.retry_after is not None and error.retry_after > MAX_RETRY_AFTER:
        return False
    if isinstance(error, SubmissionUnknown):
        return call.idempotency_key
    if isinstance(error, NotSent | RateLimited | Unavailable):
        return True
    return call.method in {"GET", "HEAD"} and isinstance(error, ResponseLost | ServerError)
