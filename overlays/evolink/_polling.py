"""When a task is read again, and what its end means: decisions alone, for a blocking client and for the other.

The first read is made at once. Then the pause follows what is left by the documented estimate and by the progress so
far, so that a task is read seldom while it is far from its end; it is never under a second. A failed read is no failed
task: it is repeated, until time runs out. Running out of time loses nothing, as the task lives on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from evolink._contract import packaged_contract
from evolink._flows import UserFunctionError
from evolink._retries import Pause, pause
from evolink.errors import (
    BadRequest,
    EvoLinkError,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
    RequestError,
    TaskCancelled,
    TaskFailed,
    TaskNotCompleted,
    Unauthorized,
    WaitTimeout,
)

if TYPE_CHECKING:
    from evolink_client.models import Task

SHORTEST, LONGEST = 1.0, 15.0
# A pause is this part of what is left, as far as that can be told; but at most the one and at least the other part of
# the time that has passed, so that a wrong estimate cannot hide an end for long, and a late one costs few reads.
PART_OF_REST, MOST_OF_PAST, LEAST_OF_PAST = 0.5, 0.5, 0.08
# What the last reads may take at least, so that they can succeed.
LEAST_READ = 5.0
# How long after the first read a task may be unknown: a callback, or a load balancer, may be ahead of the record.
UNKNOWN_SECONDS = 30.0
_FINAL = BadRequest | Unauthorized | QuotaExceeded | PermissionDenied


class Read(NamedTuple):
    """Read the task, once. Answered with the task, or an `EvoLinkError` is thrown.

    Attributes:
        task_id: the task.
        seconds: how long that may take; None for as long as any request.
    """

    task_id: str
    seconds: float | None = None


Waiting = Generator["Read | Pause", Any, "Task"]


@contextmanager
def _noted(task_id: str) -> Generator[None]:
    """Add to whatever interrupts a wait, but not to the end of the task, which task it was."""
    try:
        yield
    except TaskNotCompleted:
        raise
    except UserFunctionError as callers:
        callers.error.add_note(f"It was raised by on_update; {task_id} lives on, wait({task_id!r}) resumes.")
        raise
    except BaseException as interruption:
        interruption.add_note(f"{task_id} lives on; wait({task_id!r}) resumes.")
        raise


def waiting(
    task_id: str,
    seconds: float,
    *,
    random: Callable[[], float],
    on_update: Callable[[Task], Any] | None = None,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], float] = time.time,
    began: float | None = None,
) -> Waiting:
    """Decide when a task is read until it has ended; returns the completed task.

    Args:
        task_id: the task.
        seconds: how long to wait at most. A read that was begun before may end later, by its own time.
        random: a number from 0 to 1, for the pauses after failed reads.
        on_update: called with the task when its status or progress has changed.
        clock: seconds that only ever increase.
        now: Unix seconds, to tell how long the task has run.
        began: when waiting began, by `clock`; now, unless it is given.

    Raises:
        TaskFailed, TaskCancelled: so the task has ended.
        WaitTimeout: it has not ended in time.
        Refused: it cannot be read, and will not be.
    """
    began = clock() if began is None else began
    deadline = began + seconds
    task: Task | None = None
    last_error: EvoLinkError | None = None
    failures = 0
    with _noted(task_id):
        while True:
            try:
                left = deadline - clock()
                read: Task = yield Read(task_id, None if task is None else max(LEAST_READ, left))
            except RequestError as error:
                if isinstance(error, _FINAL) or (isinstance(error, NotFound) and clock() - began > UNKNOWN_SECONDS):
                    raise
                last_error = error
                failures += 1
                rest = max(SHORTEST, pause(failures, error.retry_after, random))
            else:
                if on_update is not None and (task is None or _standing(read) != _standing(task)):
                    try:
                        on_update(read)
                    except EvoLinkError as error:
                        raise UserFunctionError(error) from error
                task, last_error, failures = read, None, 0
                raise_if_unsuccessful(task)
                if task.status == "completed":
                    return task
                rest = next_read(task, began, clock(), now())
            left = deadline - clock()
            if left <= 0:
                raise WaitTimeout(task_id, seconds, task, last_error)
            yield Pause(min(rest, left))


def raise_if_unsuccessful(task: Task) -> None:
    """Raise the error of a task that has ended without a result.

    Raises:
        TaskFailed: the task has failed.
        TaskCancelled: the task was cancelled.
    """
    if task.status == "cancelled":
        raise TaskCancelled(task)
    if task.status == "failed":
        code, message = _text(task.error, "code"), _text(task.error, "message")
        if code == "request_cancelled":
            raise TaskCancelled(task)
        known = packaged_contract().failures.get(code or "", {})
        raise TaskFailed(task, code, message or "", retry=known.get("retry"), advice=known.get("advice", ""))


def next_read(task: Task, began: float, clock: float, now: float) -> float:
    """Return the seconds until a task that runs is worth another read.

    Args:
        task: as it was just read.
        began: when waiting began, by the clock that `clock` is of.
        clock: the present.
        now: the present in Unix seconds.
    """
    created = number_of(task.created)
    run = clock - began if created is None or not 0 <= now - created < 7 * 86_400 else max(clock - began, now - created)
    progress = number_of(task.progress) or 0.0
    estimated = number_of(getattr(task.task_info, "estimated_time", None))
    guesses: list[float] = []
    if estimated is not None:
        guesses.append(estimated - run)
    if 5 <= progress < 100:
        guesses.append(run * (100 - progress) / progress)
    rest = min(guesses, default=0.0)
    return min(LONGEST, max(SHORTEST, min(rest * PART_OF_REST, run * MOST_OF_PAST), run * LEAST_OF_PAST))


def _standing(task: Task) -> tuple[Any, Any]:
    return task.status, task.progress


def number_of(value: Any) -> float | None:
    """Return a number that a server gave, if it is one that can be reckoned with."""
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12 else None
    )


def _text(error: Any, name: str) -> str | None:
    value = getattr(error, name, None)
    return value if isinstance(value, str) and value else None
