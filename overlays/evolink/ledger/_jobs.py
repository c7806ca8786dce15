"""`Job`, one row of a ledger, and `Spent`, what all of them cost."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from attrs import field, frozen

from evolink.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from evolink._views import Task

Status = Literal["planned", "sending", "submitted", "completed", "failed", "cancelled", "refused", "unknown", "lost"]
"""What the ledger knows of a job.

    planned    not sent yet
    sending    the request is being sent, or its sender has died before it could store the outcome
    submitted  the task exists and has not ended, as far as the ledger knows
    completed  the task is completed
    failed     the task has failed or expired
    cancelled  the task was cancelled; without a task id, the job was cancelled before it was sent
    refused    the server refused the request, and nothing was created
    unknown    the task may have been created and charged
    lost       no task was created, as somebody has found out
"""
STATUSES: tuple[str, ...] = get_args(Status)
ENDED = frozenset({"completed", "failed", "cancelled"})
NOTHING_CREATED = frozenset({"planned", "refused", "lost"})
"""In these states no task exists, so that the request may be sent, and may be corrected before."""


@frozen
class Job:
    """One job of a ledger, as it was read.

    Times are in UTC, by the clock of the database, except `links_end`, which is by the clock of EvoLink.

    Attributes:
        key: the caller's own key.
        status: what the ledger knows; see `Status`.
        request: the JSON object of the request.
        model: its model.
        name: the name under which results are to be saved, without a suffix; None for the id of the task.
        estimate: the most credits that it may cost, by the prices of `price_date`; None if that is not known.
        price_date: the day of those prices.
        idempotency_key: the key that was sent as `Idempotency-Key`; None without one.
        task_id: the id of the task; None if there is none, or if it is not known.
        other_task_ids: the ids of the tasks of earlier attempts.
        task_status: the status of the task in the words of the API.
        credits_reserved, credits_used: the credits of the task; None if unknown.
        error_code, error_message: why the request was refused, or why the task failed.
        can_retry: whether the same request can succeed if it is submitted again; None if that is not documented.
        links: the links to the results.
        links_end: when the links expire.
        files: the paths of the saved results.
        attempts: how often the request was sent.
        planned_at, sent_at, ended_at, updated_at: when the job was planned, last sent, ended and last changed.
        sender: the process that sends or has sent the request, as JSON.
    """

    key: str
    status: Status
    request: dict[str, Any] | None
    model: str | None
    name: str | None
    estimate: float | None
    price_date: str | None
    idempotency_key: str | None
    task_id: str | None
    other_task_ids: list[str]
    task_status: str | None
    credits_reserved: float | None
    credits_used: float | None
    error_code: str | None
    error_message: str | None
    can_retry: bool | None
    links: list[str]
    links_end: datetime | None
    files: list[str]
    attempts: int
    planned_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None
    updated_at: datetime
    sender: str | None
    _row: RowMapping = field(repr=False, eq=False, alias="row")

    @classmethod
    def of(cls, row: RowMapping) -> Job:
        """Return the job in a row of the database."""
        names = (name for name in cls.__annotations__ if name != "_row")
        values = {name: _READ.get(name, _same)(row[name]) for name in names}
        return cls(**values, row=row)

    @property
    def task(self) -> Task | None:
        """The task as the ledger last saw it; None if the ledger has not seen one."""
        from evolink._views import Task  # noqa: PLC0415 - see parse_created_task

        text = self._row["task"]
        if text is not None:
            return Task.from_dict(json.loads(text))
        if self.task_id is None:
            return None
        return Task.from_dict({"id": self.task_id, "status": "pending", "model": self.model})

    @property
    def sha256(self) -> str:
        """The digest by which the ledger knows the request; empty if it is not known."""
        return str(self._row["request_sha256"] or "")

    @property
    def has_ended(self) -> bool:
        """True if the task is completed, has failed or was cancelled."""
        return self.status in ENDED

    def request_differs(self, sha256: str) -> bool:
        """Return whether the job has another request than the one with this digest."""
        return self._row["request_sha256"] not in {None, sha256}

    def to_dict(self) -> dict[str, Any]:
        """Return the job as a JSON object. Times are texts, as in `2026-10-10T12:00:00.123456+00:00`."""
        names = (name for name in type(self).__annotations__ if name not in {"_row", "sender"})
        values = {name: getattr(self, name) for name in names}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


class Spent(NamedTuple):
    """The credits of all jobs of a ledger.

    Attributes:
        used: what the ended tasks have cost: the charge that the API shows, else what was reserved. Failed tasks cost
            nothing.
        running: what is reserved for the tasks that have not ended, else their estimates.
        unknown: the estimates of the submissions whose outcome is unknown.
        unpriced: the number of jobs that are in none of these sums, because neither charge nor estimate is known.
    """

    used: float
    running: float
    unknown: float
    unpriced: int


def checked_statuses(status: str | list[str] | tuple[str, ...] | None) -> list[str] | None:
    """Return statuses to select jobs by; None for all jobs.

    Raises:
        ConfigurationError: one of them is not a status.
    """
    if status is None:
        return None
    given: Any = [status] if isinstance(status, str) else list(status)
    wrong = [each for each in given if each not in STATUSES]
    if wrong:
        raise ConfigurationError(f"{wrong[0]!r:.80} is not a status of a job; those are {', '.join(STATUSES)}")
    result: list[str] = given
    return result


def _same(value: Any) -> Any:
    return value


def _time(value: float | None) -> datetime | None:
    try:
        return None if value is None else datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):  # a server may send any number
        return None


def _object(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _list(text: str | None) -> list[str]:
    result: list[str] = json.loads(text) if text else []
    return result


_READ: dict[str, Any] = {
    "request": _object,
    **dict.fromkeys(("links", "files", "other_task_ids"), _list),
    **dict.fromkeys(("planned_at", "sent_at", "ended_at", "updated_at", "links_end"), _time),
}
