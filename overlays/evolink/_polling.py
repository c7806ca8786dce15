"""Decide when to read a task again while waiting for it, and which error to raise for its end. Performs no I/O.

The first read is immediate. Later pauses follow the documented estimate and the progress so far: a task far from its
end is read rarely, but no pause is shorter than a second. A failed read does not mean a failed task: it is repeated
until time runs out. Running out of time loses nothing, because the task continues on the server.
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
    NextStep,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
    RequestError,
    TaskCancelled,
    TaskFailed,
    TaskNotCompleted,
    Unauthorized,
    WaitTimeout,
    in_python,
)

if TYPE_CHECKING:
    from evolink._views import Task
    from evolink_client import models

SHORTEST, LONGEST = 1.0, 15.0
# Wait half of the estimated remaining time, clamped to 8-50 % of the elapsed time. With a wrong estimate, the end is
# then noticed only moderately later, and a task that takes longer than estimated costs few reads.
REMAINING_FRACTION, MAX_ELAPSED_FRACTION, MIN_ELAPSED_FRACTION = 0.5, 0.5, 0.08
# The shortest timeout of a read near the deadline. With less time, it could hardly succeed.
MIN_READ_SECONDS = 5.0
# For this long after the first read, a 404 is not final, because the server may not have stored the task yet.
UNKNOWN_SECONDS = 30.0
_FINAL = BadRequest | Unauthorized | QuotaExceeded | PermissionDenied


class Read(NamedTuple):
    """A step of a wait: read the task once. Its result is the task; a failure is thrown as `EvoLinkError`.

    Attributes:
        task_id: the id of the task.
        seconds: the timeout of the read; None for the client's.
    """

    task_id: str
    seconds: float | None = None


Waiting = Generator["Read | Pause", Any, "Task"]


@contextmanager
def _resumable(task_id: str) -> Generator[None]:
    """Add a hint on how to resume the wait to every error except that of a task that has ended."""
    try:
        yield
    except TaskNotCompleted:
        raise
    except UserFunctionError as raised:
        raised.error.add_note("It was raised by on_update.")
        _add_resume_hint(raised.error, task_id)
        raise
    except BaseException as interruption:
        _add_resume_hint(interruption, task_id)
        raise


def _add_resume_hint(error: BaseException, task_id: str) -> None:
    """Add the next step `wait` to an error of the SDK, or a note to any other exception."""
    step = NextStep("wait", task_id)
    if not isinstance(error, EvoLinkError):
        text = in_python(step)
        error.add_note(f"{text[:1].upper()}{text[1:]}.")
    elif step not in error.next_steps:
        error.next_steps = (*error.next_steps, step)


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
    """Yield reads and pauses until a task has ended; return the completed task.

    Args:
        task_id: the id of the task.
        seconds: how long to wait. A read that begins in time may end later, within its own timeout.
        random: returns a number from 0 to 1, for the pauses after failed reads.
        on_update: called with the task whenever its status or progress has changed.
        clock: returns monotonic seconds.
        now: returns Unix seconds, to compute how long the task has been running.
        began: when the wait began, in seconds of `clock`; None for now.

    Raises:
        TaskFailed: the task has failed.
        TaskCancelled: the task was cancelled.
        WaitTimeout: the task has not ended in time.
        Refused: the server refuses to return the task, and a retry cannot help.
    """
    began = clock() if began is None else began
    deadline = began + seconds
    task: Task | None = None
    last_error: EvoLinkError | None = None
    failures = 0
    with _resumable(task_id):
        while True:
            try:
                left = deadline - clock()
                read: Task = yield Read(task_id, None if task is None else max(MIN_READ_SECONDS, left))
            except RequestError as error:
                if isinstance(error, _FINAL) or (isinstance(error, NotFound) and clock() - began > UNKNOWN_SECONDS):
                    raise
                last_error = error
                failures += 1
                seconds_to_wait = max(SHORTEST, pause(failures, error.retry_after, random))
            else:
                if on_update is not None and (task is None or _progress_of(read) != _progress_of(task)):
                    try:
                        on_update(read)
                    except EvoLinkError as error:
                        raise UserFunctionError(error) from error
                task, last_error, failures = read, None, 0
                raise_if_unsuccessful(task)
                if task.status == "completed":
                    return task
                seconds_to_wait = next_read(task, began, clock(), now())
            left = deadline - clock()
            if left <= 0:
                raise WaitTimeout(task_id, seconds, task, last_error)
            yield Pause(min(seconds_to_wait, left))


def raise_if_unsuccessful(task: Task) -> None:
    """Raise the error of a task that has ended without a result. A task with an undocumented status has not ended.

    Raises:
        TaskFailed: the task has failed.
        TaskCancelled: the task was cancelled.
    """
    if task.status == "cancelled":
        raise TaskCancelled(task)
    if task.status == "failed":
        code, message, retry, advice = failure_of(task) or Failure()
        if code == "request_cancelled":
            raise TaskCancelled(task)
        raise TaskFailed(task, code, message, retry=retry, advice=advice)


class Failure(NamedTuple):
    """The reason why a task failed.

    Attributes:
        code: the reason, as in `content_policy_violation`; None if the server gives none.
        message: the reason in words.
        retry: whether the same request can succeed when it is submitted again; None if that is not documented.
        advice: what the documentation advises for this code.
    """

    code: str | None = None
    message: str = ""
    retry: bool | None = None
    advice: str = ""


def failure_of(task: models.Task) -> Failure | None:
    """Return the reason why a task failed; None if it did not fail."""
    code, message = _text(task.error, "code"), _text(task.error, "message")
    if task.status != "failed" and code is None and message is None:
        return None
    known = packaged_contract().failures.get(code or "", {})
    return Failure(code, message or "", known.get("retry"), known.get("advice", ""))


def next_read(task: Task, began: float, clock: float, now: float) -> float:
    """Return the seconds to wait before reading a running task again: 1 to 15.

    Args:
        task: the task as it was just read.
        began: when the wait began, in monotonic seconds.
        clock: the present, in monotonic seconds.
        now: the present, in Unix seconds.
    """
    created = number_of(task.created)
    elapsed = clock - began
    if created is not None and 0 <= now - created < 7 * 86_400:
        elapsed = max(elapsed, now - created)
    progress = number_of(task.progress) or 0.0
    estimated = number_of(getattr(task.task_info, "estimated_time", None))
    estimates: list[float] = []
    if estimated is not None:
        estimates.append(estimated - elapsed)
    if 5 <= progress < 100:
        estimates.append(elapsed * (100 - progress) / progress)
    seconds = min(min(estimates, default=0.0) * REMAINING_FRACTION, elapsed * MAX_ELAPSED_FRACTION)
    return min(LONGEST, max(SHORTEST, seconds, elapsed * MIN_ELAPSED_FRACTION))


def _progress_of(task: Task) -> tuple[Any, Any]:
    return task.status, task.progress


def number_of(value: Any) -> float | None:
    """Return a number from a response as a float; None if it is not a number of reasonable size."""
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12 else None
    )


def _text(error: Any, name: str) -> str | None:
    value = getattr(error, name, None)
    return value if isinstance(value, str) and value else None
