"""Decide whether a request is sent again. Performs no I/O.

The outcome of a create decides what follows:

    outcome                                     the task                      what follows
    no connection was made                      was not created               retry
    429, or 503 with the documented body        was refused                   retry, after Retry-After
    another 4xx                                 was refused                   the error
    anything else without a task                may exist and be charged      SubmissionUnknown, no retry

A create with an idempotency key is the exception: after an unknown outcome it is sent once more, with the same key.
Reads and uploads are always safe to repeat: they cost nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple

import httpx

from evolink._log import logger
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
INTERRUPTED = "The request was being sent: the task may have been created and charged. Look for it before you resubmit."
# If the server asks for a longer delay, the request is not retried, and the caller decides.
MAX_RETRY_AFTER = 60.0


class Attempt(NamedTuple):
    """A step of an exchange: send the request once. Its result is the response; failures are thrown.

    Attributes:
        until: when the attempt must have ended, in monotonic seconds; None if only the timeouts of the request apply.
    """

    until: float | None = None


class NeverSent(Exception):  # noqa: N818 - never leaves the SDK
    """An attempt failed, or was interrupted, before anything left this machine.

    Args:
        failure: the exception of the attempt.
        reached_transport: whether the transport raised it, and not an event hook of the user's.
    """

    def __init__(self, failure: BaseException, *, reached_transport: bool) -> None:
        super().__init__(failure)
        self.failure, self.reached_transport = failure, reached_transport


class Pause(NamedTuple):
    """A step of a flow: wait this many seconds."""

    seconds: float


Exchange = Generator[Attempt | Pause, Any, httpx.Response]

# The generated functions raise a ValueError for any other status.
_REGISTERED = frozenset(HTTPStatus)


def exchange(
    context: RequestContext,
    max_retries: int,
    random: Callable[[], float],
    seconds: float | None,
    *,
    clock: Callable[[], float],
) -> Exchange:
    """Yield the attempts of one request and the pauses between them; return the successful response.

    Args:
        context: the facts about the request.
        max_retries: how often it is repeated at most.
        random: returns a number from 0 to 1, for the pauses.
        seconds: how long attempts and pauses may take together; None for no limit.
        clock: returns monotonic seconds.

    Raises:
        RequestError: no attempt had a successful response.
    """
    unknown: SubmissionUnknown | None = None
    until = None if seconds is None else clock() + seconds
    retries = 0
    while True:
        outcome = yield from _attempt(context, until, is_unknown=unknown is not None)
        if isinstance(outcome, httpx.Response):
            if outcome.status_code not in _REGISTERED:
                outcome.status_code = 200  # RFC 9110, section 15: an unrecognized 2xx is equivalent to 200
            if context.paid and logger.isEnabledFor(logging.INFO):
                logger.info("created %s (%s)", context.created_id(outcome), context.described(outcome))
            return outcome
        error = outcome
        if unknown is not None:  # the second attempt does not reveal the outcome of the first
            names_task = isinstance(error, SubmissionUnknown) and error.task_id is not None
            raise (error if names_task else unknown) from (unknown if names_task else error)
        wait = pause(retries, error.retry_after, random)
        is_over = until is not None and clock() + wait >= until
        if retries >= max_retries or is_over or not _is_repeatable(error, context):
            raise error
        if isinstance(error, SubmissionUnknown):
            unknown = error
        try:
            yield Pause(wait)
        except BaseException as raised:
            if unknown is not None:
                _report_interruption(raised, context)
            raise
        retries += 1


def _report_interruption(raised: BaseException, context: RequestContext) -> None:
    """Note and log that a create was interrupted while its outcome was unknown."""
    raised.add_note(INTERRUPTED)
    logger.warning("a create was interrupted and may have been accepted (%s)", context.described())


def _attempt(
    context: RequestContext, until: float | None, *, is_unknown: bool
) -> Generator[Attempt, Any, httpx.Response | RequestError]:
    """Yield one attempt; return the successful response, or the error.

    Args:
        context: the facts about the request.
        until: when the attempt must have ended.
        is_unknown: whether an earlier attempt of this create may have been accepted.
    """
    try:
        response: httpx.Response = yield Attempt(until)
    except NeverSent as never:
        failure = never.failure
        if isinstance(failure, Exception) and (
            never.reached_transport or isinstance(failure, (EvoLinkError, *_losses()))
        ):
            return _with_cause(context.not_sent(failure), failure)
        if is_unknown:
            _report_interruption(failure, context)
        raise failure from failure.__cause__  # an interruption, or an exception of a user's event hook
    except httpx.HTTPStatusError as failure:  # raised by an event hook of the user's
        return _with_cause(context.error_for(failure.response) or context.response_lost(failure), failure)
    except _losses() as failure:
        return _with_cause(context.response_lost(failure), failure)
    except BaseException as raised:
        if not context.paid:
            raise
        _report_interruption(raised, context)
        if isinstance(raised, EvoLinkError):  # raised by another client in a hook, so it does not describe this request
            return _with_cause(context.response_lost(raised), raised)
        raise
    return context.error_for(response) or response


@cache
def _losses() -> tuple[type[Exception], ...]:
    """Return the exceptions that mean that a request or its response was lost on the way."""
    import h11  # noqa: PLC0415 - a tenth of this package's import time; httpx has loaded it before anything is lost

    return httpx.HTTPError, httpx.StreamError, h11.ProtocolError, OSError


def _with_cause(error: RequestError, cause: Exception) -> RequestError:
    error.__cause__ = cause
    return error


def pause(retries: int, retry_after: float | None, random: Callable[[], float]) -> float:
    """Return the seconds to wait before the next attempt.

    With a `Retry-After`, that is its value plus up to half a second. Otherwise it is a random part of a bound, which
    doubles with each retry from 0.5 s up to 8 s.
    """
    bound = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(retries, 10))
    return random() * bound if retry_after is None else retry_after + random() * FIRST_PAUSE


def _is_repeatable(error: RequestError, context: RequestContext) -> bool:
    if context.paced and isinstance(error, RateLimited | Unavailable):  # the caller repeats it
        return False
    if error.retry_after is not None and error.retry_after > MAX_RETRY_AFTER:
        return False
    if isinstance(error, SubmissionUnknown):
        return context.idempotent
    if isinstance(error, NotSent | RateLimited | Unavailable):
        return True
    return context.repeatable and isinstance(error, ResponseLost | ServerError)
