"""Decide what happens to a job. Performs no I/O: `Ledger` and `AsyncLedger` share all of it.

`decide` says what a submission does with the job that it finds under its key. `submitting` and `waiting` are flows, as
in `evolink._flows`: they yield steps, and receive the result of each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from evolink._log import logger
from evolink._outcomes import result_links
from evolink._retries import INTERRUPTED, Pause
from evolink._text import printable
from evolink.errors import (
    CostLimitExceeded,
    EvoLinkError,
    LedgerConflict,
    LedgerError,
    LedgerTooNew,
    NextStep,
    NotSent,
    Refused,
    ResponseInfo,
    SubmissionUnknown,
    TaskNotCompleted,
    WaitTimeout,
)
from evolink.ledger._jobs import NOTHING_CREATED, Job, Spent
from evolink.ledger._remote import Folder, RemoteFolder, results_folder, transferring
from evolink.ledger._steps import Ask, Flow, Step, Stored

if TYPE_CHECKING:
    from evolink._views import Task
    from evolink.ledger._base_ledger import Submission
    from evolink.ledger._store import Store

# The pauses between looks at a submission by another process, and before another attempt to store an outcome.
FIRST_LOOK, LONGEST_LOOK = 0.05, 1.0
STORE_AGAIN = (0.2, 1.0, 3.0)
# Refusals that say nothing against the request itself: key, credits, rate and service.
_PASSING = frozenset({401, 402, 403, 429, 503})

_MICRO = Decimal("0.000001")  # sums of floats are not exact

Decision = Literal["send", "again", "await", "return", "unknown"]
"""The ways of a submission: send the request; send it again with the same idempotency key; wait for the outcome of
another process; return the known task; or raise `SubmissionUnknown`."""


class Claim(NamedTuple):
    """The decision on a submission, and the job after it."""

    decision: Decision
    job: Job


class Intent(NamedTuple):
    """A submission.

    Attributes:
        key: the caller's key.
        text: the request as JSON, for the ledger.
        sha256: the digest of the request.
        model: its model; None if it has none.
        sender: the process that sends it, with a token of this submission; see `_sender`.
        seconds: the longest time that sending can take.
        idempotency_key: a new idempotency key; None if they are switched off.
        estimate: the estimated credits; None if they are not known.
        price_date: the day of the prices.
        budget: the most credits that all jobs of the ledger may cost together; None for no limit.
    """

    key: str
    text: str
    sha256: str
    model: str | None
    sender: str
    seconds: float
    idempotency_key: str | None
    estimate: float | None
    price_date: str | None
    budget: float | None = None


def decide(job: Job, intent: Intent, *, is_over: bool, holds_it: bool) -> Decision:
    """Decide what a submission does with the job under its key.

    Args:
        job: the job; a new one is `planned`.
        intent: the submission.
        is_over: whether a job that is `sending` has no sender any more.
        holds_it: whether this same submission has marked it as `sending`.

    Raises:
        LedgerConflict: the job has another request, or was cancelled before it was sent.
    """
    if job.status in NOTHING_CREATED:
        return "send"
    if job.request_differs(intent.sha256):
        raise LedgerConflict(job.key, "belongs to another request; use another key, or send the same request")
    if job.status == "cancelled" and job.task_id is None:
        raise LedgerConflict(job.key, "was cancelled before it was sent", NextStep("retry", job.key))
    if job.status == "sending" and holds_it:
        return "send"
    if job.status == "sending" and not is_over:
        return "await"
    if job.status in {"sending", "unknown"}:
        return "again" if intent.idempotency_key is not None and job.idempotency_key is not None else "unknown"
    return "return"


def check_budget(intent: Intent, spent: Spent) -> None:
    """Refuse a submission after which all jobs together may cost more than the budget.

    Raises:
        CostLimitExceeded: they may, or the cost of one of them is not known.
    """
    if intent.budget is None:
        return
    if intent.estimate is None or spent.unpriced:
        who = "its cost is" if intent.estimate is None else "the costs of other jobs of the ledger are"
        raise _over_budget(intent.budget, f"{who} not known")
    total = spent.used + spent.running + spent.unknown + intent.estimate
    if Decimal(str(total)).quantize(_MICRO) > Decimal(str(intent.budget)):
        reason = f"all jobs of the ledger together may then cost {total:.15g} credits"
        raise _over_budget(intent.budget, reason)


def _over_budget(budget: float, reason: str) -> CostLimitExceeded:
    error = CostLimitExceeded(budget, None, reason)
    error.next_steps = ()  # they are about the limit of a single request
    return error


def submitting(store: Store, submission: Submission, *, check_media: bool) -> Flow[Task]:
    """Yield the steps of a submission; return its task.

    Raises:
        LedgerConflict: the key belongs to another request.
        SubmissionUnknown: the task may have been created and charged, now or by an earlier submission.
        LedgerError: the ledger could not be read or written. With a `task_id`, that task was created.
        EvoLinkError: nothing was created.
    """
    key = submission.key
    job: Job | None = yield Stored(lambda: store.find(key))
    if job is not None and job.task_id is not None and not job.request_differs(submission.sha256):
        return _task(job)
    intent = submission.prepare()
    if check_media:
        yield Ask("_check_media", (submission.body,))
    claim = yield from _claiming(store, intent)
    if claim.decision == "return":
        return _task(claim.job)
    if claim.decision == "unknown":
        raise unknown(claim.job, submission.path)
    attempt, is_again = claim.job.attempts, claim.decision == "again"
    try:
        idempotency_key = claim.job.idempotency_key if intent.idempotency_key else None
        task: Task = yield Ask("_create", (submission.create_arguments(idempotency_key),))
    except BaseException as error:
        yield from _storing_failure(store, key, attempt, error, is_again=is_again)
        if is_again and isinstance(error, Refused | NotSent):
            raise unknown(claim.job, submission.path, error.response) from error
        if isinstance(error, SubmissionUnknown):
            error.next_steps = (*error.next_steps, NextStep("resolve", key))
        raise
    yield from _storing_task(store, key, attempt, task)
    return task


def _storing_failure(
    store: Store, key: str, attempt: int, error: BaseException, *, is_again: bool
) -> Generator[Step, Any, None]:
    """Store that a create did not return a task, if the ledger works: the error is the caller's either way."""
    changes = changes_after(error, is_again=is_again)
    try:
        yield from _storing(lambda: store.settle(key, attempt, changes), is_brief=True)
    except LedgerError as second:
        store.remember(key, attempt, changes)
        error.add_note(f"The ledger could not store this outcome: {second}")


def _storing_task(store: Store, key: str, attempt: int, task: Task) -> Generator[Step, Any, None]:
    """Store a new task. If the ledger fails, the error and the log have its id, because it costs money."""
    try:
        yield from _storing(lambda: store.settle(key, attempt, task))
    except BaseException as error:
        store.remember(key, attempt, task)
        logger.error("the ledger could not store that the key %r has the task %s", key, task.id)
        by_hand = f"resolve({key!r}, task_id={task.id!r})"
        error.add_note(
            f"The task {task.id} was created. This process stores it at the next call; elsewhere use {by_hand}."
        )
        if isinstance(error, LedgerError):
            error.task_id = task.id
        raise


def _claiming(store: Store, intent: Intent) -> Generator[Step, Any, Claim]:
    """Store the intent, once no other process is sending it; return the decision."""
    waited, pause = 0.0, FIRST_LOOK
    while True:
        claim: Claim = yield from _storing(partial(store.claim, intent, waited=waited), is_brief=True)
        if claim.decision != "await":
            return claim
        yield Pause(pause)
        waited += pause
        pause = min(LONGEST_LOOK, pause * 1.5)


def _storing(call: Callable[[], Any], *, is_brief: bool = False) -> Generator[Step, Any, Any]:
    """Yield a write, and repeat it if the database fails: its connection may be back in a moment."""
    for seconds in STORE_AGAIN[:1] if is_brief else STORE_AGAIN:
        try:
            return (yield Stored(call))
        except (LedgerConflict, LedgerTooNew):
            raise
        except LedgerError:
            yield Pause(seconds)
    return (yield Stored(call))


def changes_after(error: BaseException, *, is_again: bool) -> dict[str, Any]:
    """Return what the ledger stores about a create that did not return a task.

    Args:
        error: the exception that it raised.
        is_again: whether an earlier attempt with the same idempotency key may have been accepted.
    """
    text = str(error) if isinstance(error, EvoLinkError) else type(error).__name__
    code = getattr(error, "code", None) or getattr(error, "status", None)
    described = {
        "error_code": None if code is None else printable(str(code), 200),
        "error_message": printable(text, 2000),
    }
    if isinstance(error, SubmissionUnknown) and error.task_id is not None:
        return {**described, "status": "submitted", "task_id": printable(error.task_id)}
    if is_again or not was_nothing_created(error):
        return {**described, "status": "unknown"}
    if isinstance(error, Refused):
        return {**described, "status": "refused", "can_retry": error.status in _PASSING}
    return {**described, "status": "planned"}


def was_nothing_created(error: BaseException) -> bool:
    """Return whether a create that raised this error has certainly created nothing."""
    if isinstance(error, EvoLinkError):
        return isinstance(error, Refused | NotSent)
    # An event hook of the user's has raised it. The SDK adds a note if anything had left this machine by then.
    return isinstance(error, Exception) and INTERRUPTED not in getattr(error, "__notes__", ())


def unknown(job: Job, path: str, response: ResponseInfo | None = None) -> SubmissionUnknown:
    """Return the error for a job whose submission has no known outcome."""
    info = ResponseInfo("POST", path) if response is None else response
    reason = f"the ledger has no outcome for the key {job.key!r}" + (
        "" if response is None else ", also after a repetition"
    )
    sent_at = None if job.sent_at is None else job.sent_at.timestamp()
    error = SubmissionUnknown(info, reason, model=job.model, sent_at=sent_at)
    error.next_steps = (*error.next_steps, NextStep("resolve", job.key))
    return error


def finding(store: Store, key: str, path: str) -> Flow[str]:
    """Yield the steps that find the task of a job, once no process is sending its request; return the id of the task.

    Raises:
        LedgerConflict: the job does not exist, or has no task.
        SubmissionUnknown: it is not known whether it has one.
    """
    waited, pause = 0.0, FIRST_LOOK
    while True:
        job: Job = yield Stored(partial(store.look, key, waited=waited))
        if job.task_id is not None:
            return job.task_id
        if job.status == "unknown":
            raise unknown(job, path)
        if job.status != "sending":
            raise LedgerConflict(key, f"has no task; it is {job.status}")
        yield Pause(pause)
        waited += pause
        pause = min(LONGEST_LOOK, pause * 1.5)


def waiting(store: Store, key: str, path: str, options: dict[str, Any]) -> Flow[Task]:
    """Yield the steps of a wait for the task of a job; return the completed task.

    Args:
        store: the ledger.
        key: the key of the job.
        path: the path of the create, for errors.
        options: the arguments for the client's `wait`.

    Raises:
        LedgerConflict, SubmissionUnknown: see `finding`.
        EvoLinkError: as `EvoLink.wait`.
    """
    task_id = yield from finding(store, key, path)
    try:
        task: Task = yield Ask("wait", (task_id,), options)
    except (TaskNotCompleted, WaitTimeout) as error:
        last = error.task
        if last is not None:
            yield from _storing(lambda: store.record(last))
        raise
    yield from _storing(lambda: store.record(task))
    return task


def saving(store: Store, key: str, path: str, to: Folder, options: dict[str, Any]) -> Flow[list[Path | Any]]:
    """Yield the steps that save the results of a job in a folder; return the paths, or the URLs as `str`.

    Raises:
        LedgerConflict, SubmissionUnknown: see `finding`.
        EvoLinkError: as `EvoLink.download`.
    """
    folder = results_folder(to)
    task_id = yield from finding(store, key, path)
    job: Job | None = yield Stored(lambda: store.find(key))
    if job is not None and job.status == "completed" and job.links:
        task = _task(job)  # a download takes a fresh link from the API if one has expired
    else:
        task = yield Ask("task", (task_id,))
        yield from _storing(lambda: store.record(task))
    name = job.name if job is not None else None
    paths: list[Path | Any] = []
    for number in range(max(1, len(result_links(task)))):
        named = {} if name is None else {"name": name if number == 0 else f"{name}-{number + 1}"}
        if isinstance(folder, RemoteFolder):
            paths.append((yield from transferring(folder, task, number, {**named, **options})))
            continue
        saved: Path = yield Ask("download", (task, f"{os.fspath(folder)}/"), {**named, **options, "result": number})
        paths.append(saved.absolute())
    yield from _storing(lambda: store.add_files(key, map(str, paths)))
    return paths


def _task(job: Job) -> Task:
    task = job.task
    assert task is not None  # noqa: S101 - for the type checker: the job has a task id
    return task
