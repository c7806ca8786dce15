"""Decide when to read a task again while waiting for it, and which error to raise for its end. Performs no I/O.

The first read is immediate. Later pauses follow the documented estimate and the progress so far: a task far from its
end is read rarely, but no pause is shorter than a second. Only a refusal in the API's own format is final. Any other
failed read is repeated until time runs out. Running out of time loses nothing, because the task continues.

All times are differences on this machine's monotonic clock. Its wall clock and the server's may disagree by hours.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from evolink._contract import packaged_contract
from evolink._flows import UserFunctionError
from evolink._outcomes import has_results, is_documented, outcome_of, shape_of_results
from evolink._retries import Pause, pause
from evolink.errors import (
    Conflict,
    EvoLinkError,
    NextStep,
    NotFound,
    RateLimited,
    Refused,
    RequestError,
    ResultsMissing,
    TaskCancelled,
    TaskExpired,
    TaskFailed,
    TaskNotCompleted,
    Unavailable,
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
# A read that begins before the deadline may end this much later. With less time, the last one could hardly succeed.
LAST_READ_SECONDS = 5.0
# For this long after the first read, a 404 is not final, because the server may not have stored the task yet.
UNKNOWN_SECONDS = 30.0
# For this long, a completed task without results is read again, because its links may follow.
RESULTS_SECONDS = 30.0


class Read(NamedTuple):
    """A step of a wait: read the task once.

    Its result is the task, or None if no time is left for the read. A failure is thrown as `EvoLinkError`.

    Attributes:
        task_id: the id of the task.
        left: returns the seconds that are left for the read; None if only the client's timeout applies.
    """

    task_id: str
    left: Callable[[], float] | None = None

    def timeout(self, longest: float) -> float | None:
        """Return the seconds that the read may take, 0 or less if none are left; None for the client's timeout.

        Args:
            longest: the client's timeout in seconds.
        """
        return None if self.left is None else min(longest, self.left())


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
    on_unknown: Callable[[Task], Any] | None = None,
    clock: Callable[[], float] = time.monotonic,
    began: float | None = None,
) -> Waiting:
    """Yield reads and pauses until a task has ended; return the completed task.

    Args:
        task_id: the id of the task.
        seconds: how long to wait. The last read may end up to 5 s later. 0 means one read, without a limit of its own.
        random: returns a number from 0 to 1, for the pauses after failed reads.
        on_update: called with the task whenever its status or progress has changed.
        on_unknown: called with the task at the first read with a status that no page names.
        clock: returns monotonic seconds.
        began: when the wait began, in seconds of `clock`; None for now.

    Raises:
        TaskFailed, TaskCancelled, TaskExpired: the task has ended without a result.
        ResultsMissing: the task is completed, but has no results.
        WaitTimeout: the task has not ended in time.
        Refused: the server refuses to return the task, and a retry cannot help.
    """
    began = clock() if began is None else began
    deadline = began + seconds
    step = Read(task_id, (lambda: deadline + LAST_READ_SECONDS - clock()) if seconds else None)
    watch = _Watch(on_update, on_unknown)
    last_error: EvoLinkError | None = None
    failures = 0
    with _resumable(task_id):
        while True:
            try:
                read: Task | None = yield step
            except RequestError as error:
                if _is_final(error, clock() - began):
                    raise
                last_error = error
                failures += 1
                seconds_to_wait = max(SHORTEST, pause(failures, error.retry_after, random))
            else:
                if read is None:
                    raise watch.timeout(task_id, seconds, last_error)
                last_error, failures = None, 0
                if watch.takes(read, clock()):
                    return read
                seconds_to_wait = watch.pause(read, clock(), began)
            left = deadline - clock()
            if left <= 0:
                raise watch.timeout(task_id, seconds, last_error)
            yield Pause(min(seconds_to_wait, left))


class _Watch:
    """The observations of a wait for one task.

    Args:
        on_update: called with the task whenever its status or progress has changed.
        on_unknown: called with the task at the first read with a status that no page names.
    """

    def __init__(self, on_update: Callable[[Task], Any] | None, on_unknown: Callable[[Task], Any] | None) -> None:
        self._on_update, self._on_unknown = on_update, on_unknown
        self._task: Task | None = None
        self._without_results: float | None = None  # since when the task has been completed without results

    def takes(self, task: Task, now: float) -> bool:
        """Take note of a read; return whether the task is completed and has results.

        Raises:
            TaskNotCompleted: the task has ended without a result.
        """
        last, self._task = self._task, task
        if self._on_update is not None and (last is None or _progress_of(last) != _progress_of(task)):
            try:
                self._on_update(task)
            except Exception as error:
                raise UserFunctionError(error) from error
        raise_if_unsuccessful(task)
        if outcome_of(task) is None:
            self._without_results = None
            if self._on_unknown is not None and not is_documented(task):
                self._on_unknown(task)
                self._on_unknown = None
            return False
        if has_results(task):
            return True
        self._without_results = now if self._without_results is None else self._without_results
        if now - self._without_results >= RESULTS_SECONDS:
            raise ResultsMissing(task, now - self._without_results, shape_of_results(task))
        return False

    def pause(self, task: Task, now: float, began: float) -> float:
        """Return the seconds to wait before the next read."""
        if self._without_results is None:
            return next_read(task, now - began)
        missing = now - self._without_results
        return max(SHORTEST, min(missing, RESULTS_SECONDS - missing))

    def timeout(self, task_id: str, seconds: float, last_error: EvoLinkError | None) -> WaitTimeout:
        """Return the error for a wait whose time has run out."""
        return WaitTimeout(task_id, seconds, self._task, last_error, without_results=self._without_results is not None)


def _is_final(error: RequestError, elapsed: float) -> bool:
    """Return whether a failed read ends the wait: a refusal by the API itself that no repetition can change."""
    if not (isinstance(error, Refused) and error.response.documented):
        return False
    if isinstance(error, NotFound):
        return elapsed > UNKNOWN_SECONDS
    return not isinstance(error, RateLimited | Unavailable | Conflict)


def raise_if_unsuccessful(task: Task) -> None:
    """Raise the error of a task that has ended without a result. A task with an unknown status has not ended.

    Raises:
        TaskFailed, TaskCancelled, TaskExpired: the task has ended without a result.
    """
    outcome = outcome_of(task)
    if outcome == "cancelled":
        raise TaskCancelled(task)
    if outcome == "expired":
        raise TaskExpired(task)
    if outcome == "failed":
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
    if outcome_of(task) != "failed" and code is None and message is None:
        return None
    known = packaged_contract().failures.get(code or "", {})
    return Failure(code, message or "", known.get("retry"), known.get("advice", ""))


def next_read(task: Task, elapsed: float) -> float:
    """Return the seconds to wait before reading a running task again: 1 to 15.

    Args:
        task: the task as it was just read.
        elapsed: the seconds since the wait began.
    """
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
