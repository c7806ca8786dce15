"""`Store`, which reads and writes the jobs of a ledger: each method is one transaction."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from evolink._base_client import MAX_ID_LENGTH
from evolink._contract import packaged_contract
from evolink._log import logger
from evolink._outcomes import outcome_of
from evolink._polling import failure_of, number_of
from evolink._text import printable
from evolink.errors import LedgerConflict, LedgerError
from evolink.ledger import _sender
from evolink.ledger._database import Database
from evolink.ledger._decisions import Claim, Intent, check_budget, decide
from evolink.ledger._jobs import ENDED, Job, Spent
from evolink.ledger._schema import jobs

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

    from evolink._views import Task

# Whoever handles a callback on another machine, and has not ended after this time, is assumed to have died.
HANDLER_SECONDS = 600.0
BUDGET_LOCK = 7305808869229538387  # a number of its own among the advisory locks of PostgreSQL
# Rows are read in portions, so that a ledger of millions of jobs fits into memory while it is exported.
PORTION = 500

Turn = Literal["go", "busy", "done"]
"""Whether to call the handler for the end of a task: yes; not now, because it is running elsewhere; or not again."""

_NO_TASK: dict[str, Any] = dict.fromkeys(
    ("task_id", "task", "task_status", "credits_reserved", "credits_used", "links", "links_end", "files", "ended_at",
     "error_code", "error_message", "can_retry", "handled", "handler", "handler_until")
)  # fmt: skip


class Plan(NamedTuple):
    """A job that is to be sent later.

    Attributes:
        key: the caller's key.
        text: the request as JSON.
        sha256: its digest.
        model: its model.
        name: the name under which results are to be saved.
        estimate, price_date: the estimated credits, and the day of the prices.
    """

    key: str
    text: str
    sha256: str
    model: str | None
    name: str | None
    estimate: float | None
    price_date: str | None


# The outcomes that could not be stored, by ledger and key, with the number of the attempt. The next call with the key
# in this process stores them: to everybody else, a process that lives is still sending.
UNSTORED: dict[tuple[str, str], tuple[int, Task | dict[str, Any]]] = {}


class Store:
    """The jobs in a database.

    Args:
        database: the database.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        # Built once: to build a statement takes longer than SQLite needs to execute it.
        now = database.now()
        dialect = sqlite if database.is_sqlite else postgresql
        row = sa.select(jobs, now.label("now")).where(jobs.c.key == sa.bindparam("wanted"))
        task = sa.select(jobs, now.label("now")).where(jobs.c.task_id == sa.bindparam("wanted"))
        self._find = row
        self._lock, self._lock_task = row.with_for_update(), task.with_for_update()
        self._change = sa.update(jobs).where(jobs.c.key == sa.bindparam("wanted")).returning(jobs)
        self._plan = dialect.insert(jobs).values(planned_at=now, updated_at=now).on_conflict_do_nothing()
        self._begin = (
            dialect.insert(jobs)
            .values(
                planned_at=now,
                updated_at=now,
                sent_at=now,
                sending_until=now + sa.bindparam("seconds", type_=sa.Double),
            )
            .on_conflict_do_nothing()
            .returning(jobs)
        )
        other = jobs.alias()
        self._of_another = sa.select(other.c.key).where(
            other.c.task_id == sa.bindparam("given_task"), other.c.key != sa.bindparam("wanted")
        )
        self._settle = (
            sa.update(jobs)
            .where(
                jobs.c.key == sa.bindparam("wanted"),
                jobs.c.attempts == sa.bindparam("attempt"),
                sa.or_(
                    jobs.c.status == sa.literal_column("'sending'"), jobs.c.status == sa.literal_column("'unknown'")
                ),
                ~self._of_another.exists(),
            )
            .values(updated_at=now)
        )

    def find(self, key: str) -> Job | None:
        """Return the job with this key; None if there is none."""
        with suppress(LedgerError):  # whoever only reads need not be able to write
            self._store_remembered(key)
        with self.database.transaction(write=False) as connection:
            row = connection.execute(self._find, {"wanted": key}).mappings().first()
        return None if row is None else Job.of(row)

    def find_all(self, keys: Collection[str]) -> dict[str, Job]:
        """Return the jobs with these keys, as far as they exist."""
        wanted = list(keys)
        found: dict[str, Job] = {}
        with self.database.transaction(write=False) as connection:
            for start in range(0, len(wanted), PORTION):
                query = sa.select(jobs).where(jobs.c.key.in_(wanted[start : start + PORTION]))
                found |= {row["key"]: Job.of(row) for row in connection.execute(query).mappings()}
        return found

    def iterate(self, statuses: Collection[str] | None = None) -> Iterator[Job]:
        """Yield all jobs in the order of their planning, or those with these statuses."""
        columns = jobs.c.planned_at, jobs.c.key
        query = sa.select(jobs).order_by(*columns).limit(PORTION)
        if statuses is not None:
            query = query.where(jobs.c.status.in_(list(statuses)))
        last: RowMapping | None = None
        while True:
            after = query if last is None else query.where(sa.tuple_(*columns) > (last["planned_at"], last["key"]))
            with self.database.transaction(write=False) as connection:
                rows = connection.execute(after).mappings().all()
            yield from map(Job.of, rows)
            if len(rows) < PORTION:
                return
            last = rows[-1]

    def claim(self, intent: Intent, *, waited: float) -> Claim:
        """Decide on a submission and, if it is to be sent, store that before it is.

        Args:
            intent: the submission.
            waited: how many seconds it has waited for another sender.

        Raises:
            LedgerConflict: see `decide`.
            CostLimitExceeded: see `check_budget`.
        """
        self._store_remembered(intent.key)
        with self.database.transaction(write=True) as connection:
            if intent.budget is None:  # most jobs are new, and take a single statement
                row = connection.execute(self._begin, {**_sent(intent), "attempts": 1}).mappings().first()
                if row is not None:
                    return Claim("send", Job.of(row))
            else:
                self._insert(connection, [{"key": intent.key}])
            row = self._locked(connection, intent.key)
            assert row is not None  # noqa: S101 - for the type checker: it was inserted
            job, holds_it = Job.of(row), row["sender"] == intent.sender
            decision = decide(job, intent, is_over=_is_over(row, waited), holds_it=holds_it)
            if decision in {"return", "await"} or (holds_it and job.status == "sending"):
                return Claim(decision, job)
            if decision == "send" and intent.budget is not None:
                if not self.database.is_sqlite:  # others would add up the same jobs
                    connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({BUDGET_LOCK})"))
                check_budget(intent, self._spent(connection))
            changes: dict[str, Any] = {"status": "unknown"}
            if decision != "unknown":
                changes = {
                    "status": "sending",
                    "attempts": job.attempts + 1,
                    "sent_at": row["now"],
                    "sending_until": row["now"] + intent.seconds,
                    "sender": intent.sender,
                }
            if decision == "send":
                sent = _sent(intent)
                del sent["key"], sent["seconds"]
                changes |= _NO_TASK | sent
            return Claim(decision, self._update(connection, row, changes))

    def settle(self, key: str, attempt: int, outcome: Task | dict[str, Any]) -> None:
        """Store the outcome of a submission. The id of a created task is stored in any case.

        Args:
            key: the key.
            attempt: the number of the attempt, which tells whether the job was sent again in the meantime.
            outcome: the task, or the values to store without one.

        Raises:
            LedgerConflict: another key has this task.
        """
        changes = outcome if isinstance(outcome, dict) else changes_by(outcome)
        task_id = changes.get("task_id")
        with self.database.transaction(write=True) as connection:
            if changes["status"] not in ENDED:  # most outcomes take a single statement
                values = {"wanted": key, "attempt": attempt, "given_task": task_id, **changes}
                if connection.execute(self._settle, values).rowcount == 1:
                    return
            row = self._locked(connection, key)
            if row is None:
                raise LedgerConflict(key, "is not in the ledger any more")
            if not isinstance(outcome, dict):
                changes |= _times(row, outcome)
            is_latest = row["attempts"] == attempt
            if is_latest and row["status"] in {"sending", "unknown"}:
                self._check_is_free(connection, key, task_id)
                self._update(connection, row, changes)
                return
            if task_id is None or task_id == row["task_id"]:  # a callback or somebody else was faster
                return
            logger.warning("the key %r has two tasks: %s and %s", key, row["task_id"], task_id)
            if is_latest:  # the sender knows better than whoever has resolved it
                self._check_is_free(connection, key, task_id)
                self._update(connection, row, {**_NO_TASK, **_others(row, row["task_id"]), **changes})
            else:
                self._update(connection, row, _others(row, task_id))

    def remember(self, key: str, attempt: int, outcome: Task | dict[str, Any]) -> None:
        """Remember an outcome that could not be stored, until the next call with the key. See `settle`."""
        UNSTORED[self.database.place, key] = attempt, outcome

    def _store_remembered(self, key: str) -> None:
        """Store the outcome that could not be stored before, if there is one.

        Raises:
            LedgerError: it cannot be stored now either.
        """
        remembered = UNSTORED.get((self.database.place, key))
        if remembered is None:
            return
        try:
            self.settle(key, *remembered)
        except LedgerConflict:
            UNSTORED.pop((self.database.place, key), None)
            raise
        UNSTORED.pop((self.database.place, key), None)

    def record(self, task: Task, key: str | None = None) -> Job | None:
        """Store the present state of a task; return its job. An end is never replaced by an earlier state.

        Args:
            task: the task, as it was read from the API.
            key: the key in the URL of a callback. It tells which job the task belongs to if that has no outcome.

        Returns:
            The job; None if the task belongs to none.
        """
        with self.database.transaction(write=True) as connection:
            row = self._locked(connection, printable(task.id, MAX_ID_LENGTH), is_task=True)
            if row is None and key is not None:
                row = self._locked(connection, key)
                is_open = row is not None and row["task_id"] is None and row["status"] in {"sending", "unknown"}
                if (
                    row is None
                    or not is_open
                    or (isinstance(task.model, str) and row["model"] not in {None, task.model})
                ):
                    return None
            if row is None:
                return None
            changes = changes_by(task)
            if row["status"] in ENDED and changes["status"] == "submitted":
                return Job.of(row)
            return self._update(connection, row, changes | _times(row, task))

    def look(self, key: str, *, waited: float) -> Job:
        """Return a job; if its sender has died, it becomes `unknown`.

        Raises:
            LedgerConflict: it does not exist.
        """
        job = self.find(key)
        if job is None:
            raise LedgerConflict(key, "is not in the ledger")
        if job.status != "sending":
            return job
        with self.database.transaction(write=True) as connection:
            row = self._locked(connection, key)
            if row is None:
                raise LedgerConflict(key, "is not in the ledger")
            if row["status"] == "sending" and _is_over(row, waited):
                return self._update(connection, row, {"status": "unknown"})
            return Job.of(row)

    def resolve(self, key: str, task_id: str | None) -> Job:
        """Store which task a job without an outcome has; None if none was created.

        Raises:
            LedgerConflict: the job has an outcome, or another key has this task.
        """
        self._store_remembered(key)
        with self.database.transaction(write=True) as connection:
            row = self._locked(connection, key)
            if row is None:
                raise LedgerConflict(key, "is not in the ledger")
            if row["task_id"] is not None and row["task_id"] == task_id:
                return Job.of(row)
            if row["status"] == "sending" and not _is_over(row, 0.0):
                raise LedgerConflict(key, "is just being sent; wait for that, or end the process that sends it")
            if row["task_id"] is not None or row["status"] not in {"sending", "unknown", "lost", "refused"}:
                raise LedgerConflict(key, f"needs no resolution; it is {row['status']}")
            if task_id is None:
                return self._update(connection, row, {"status": "lost"})
            self._check_is_free(connection, key, task_id)
            return self._update(connection, row, {"status": "submitted", "task_id": task_id})

    def retry(self, key: str) -> Job:
        """Let a job be submitted again whose task has ended without a result, or that has none.

        Raises:
            LedgerConflict: it does not exist, may have a task that costs, or is planned anyway.
        """
        with self.database.transaction(write=True) as connection:
            row = self._locked(connection, key)
            if row is None:
                raise LedgerConflict(key, "is not in the ledger")
            if row["status"] not in {"failed", "cancelled", "refused", "lost", "planned"}:
                raise LedgerConflict(key, f"cannot be submitted again, because it is {row['status']}; use another key")
            changes = {**_NO_TASK, **_others(row, row["task_id"]), "status": "planned"}
            return self._update(connection, row, changes)

    def plan(self, plans: Iterable[Plan]) -> None:
        """Store jobs that are to be sent later, in one transaction. Jobs that are known already stay as they are."""
        rows = [
            {
                "key": plan.key, "request": plan.text, "request_sha256": plan.sha256, "model": plan.model,
                "name": plan.name, "estimate": plan.estimate, "price_date": plan.price_date,
            }
            for plan in plans
        ]  # fmt: skip
        with self.database.transaction(write=True) as connection:
            self._insert(connection, rows)
            if rows:  # a name may change as long as no file has it
                names = [{"wanted": row["key"], "new": row["name"]} for row in rows]
                renamed = sa.update(jobs).where(jobs.c.key == sa.bindparam("wanted"), jobs.c.files.is_(None))
                connection.execute(renamed.values(name=sa.bindparam("new")), names)

    def cancel_planned(self) -> list[str]:
        """Cancel every job that was not sent; return their keys."""
        with self.database.transaction(write=True) as connection:
            cancelled = (
                sa.update(jobs)
                .where(jobs.c.status.in_(["planned", "refused", "lost"]))
                .values(status="cancelled", updated_at=self.database.now())
                .returning(jobs.c.key)
            )
            return sorted(connection.execute(cancelled).scalars())

    def add_files(self, key: str, files: Iterable[str]) -> Job:
        """Store where the results of a job were saved."""
        with self.database.transaction(write=True) as connection:
            row = self._locked(connection, key)
            if row is None:
                raise LedgerConflict(key, "is not in the ledger")
            known: list[str] = json.loads(row["files"] or "[]")
            return self._update(connection, row, {"files": json.dumps(list(dict.fromkeys([*known, *files])))})

    def counts(self) -> dict[str, int]:
        """Return the number of jobs in each status that occurs."""
        query = sa.select(jobs.c.status, sa.func.count()).group_by(jobs.c.status)
        with self.database.transaction(write=False) as connection:
            return {str(status): int(count) for status, count in connection.execute(query)}

    def spent(self) -> Spent:
        """Return the credits of all jobs."""
        with self.database.transaction(write=False) as connection:
            return self._spent(connection)

    def _spent(self, connection: Connection) -> Spent:
        c = jobs.c
        expected = sa.func.coalesce(c.credits_reserved, c.estimate)
        charge = sa.case(
            (c.status == "failed", sa.func.coalesce(c.credits_used, 0.0)),
            (c.status.in_(["completed", "cancelled"]), sa.func.coalesce(c.credits_used, expected)),
            else_=expected,
        )
        has_cost = c.task_id.is_not(None) | c.status.in_(["sending", "unknown"])

        def total(*statuses: str) -> sa.ColumnElement[float]:
            return sa.func.coalesce(sa.func.sum(sa.case((c.status.in_(statuses), charge))), 0.0)

        query = sa.select(
            total("completed", "failed", "cancelled"),
            total("submitted", "sending"),
            total("unknown"),
            sa.func.count(sa.case((charge.is_(None), 1))),
        ).where(has_cost)
        used, running, unknown, unpriced = connection.execute(query).one()
        return Spent(float(used), float(running), float(unknown), int(unpriced))

    def expects(self, task_id: str, key: str | None) -> bool:
        """Return whether a task belongs to a job, or may belong to the one with this key."""
        is_open = jobs.c.task_id.is_(None) & jobs.c.status.in_(["sending", "unknown"])
        condition = jobs.c.task_id == task_id
        if key is not None:
            condition |= (jobs.c.key == key) & is_open
        with self.database.transaction(write=False) as connection:
            return connection.execute(sa.select(jobs.c.key).where(condition)).first() is not None

    def begin_handling(self, key: str, status: str, handler: str) -> Turn:
        """Take the turn to call the handler for the end of a task, unless that was done or is done elsewhere."""
        with self.database.transaction(write=True) as connection:
            row = self._locked(connection, key)
            if row is None or row["handled"] == status:
                return "done"
            is_alive = _sender.is_alive(row["handler"])
            if is_alive is None:  # on another machine
                until = row["handler_until"] or 0.0
                # A later end means that the clock was set back.
                is_alive = row["now"] < until < row["now"] + 2 * HANDLER_SECONDS
            if is_alive:
                return "busy"
            self._update(connection, row, {"handler": handler, "handler_until": row["now"] + HANDLER_SECONDS})
            return "go"

    def end_handling(self, key: str, status: str, handler: str, *, is_done: bool) -> None:
        """Return the turn; if the handler has returned, it is not called again."""
        changes: dict[str, Any] = {"handler": None, "handler_until": None}
        with self.database.transaction(write=True) as connection:
            connection.execute(
                sa.update(jobs)
                .where(jobs.c.key == key, jobs.c.handler == handler)
                .values(**changes, **({"handled": status} if is_done else {}))
            )

    def _insert(self, connection: Connection, rows: list[dict[str, Any]]) -> None:
        """Insert planned jobs, unless their keys are known."""
        if rows:
            connection.execute(self._plan, [{"status": "planned", "attempts": 0, **row} for row in rows])

    def _locked(self, connection: Connection, key: str, *, is_task: bool = False) -> RowMapping | None:
        """Return the row with a key or task id, and the time `now`; others cannot change it in this transaction."""
        query = self._lock_task if is_task else self._lock
        return connection.execute(query, {"wanted": key}).mappings().first()

    def _update(self, connection: Connection, row: RowMapping, changes: dict[str, Any]) -> Job:
        """Change a row that is locked; return the job after it."""
        values = {"wanted": row["key"], "updated_at": row["now"], **changes}
        return Job.of(connection.execute(self._change, values).mappings().one())

    def _check_is_free(self, connection: Connection, key: str, task_id: str | None) -> None:
        """Refuse a task that belongs to another key.

        Raises:
            LedgerConflict: it does.
        """
        if task_id is None:
            return
        other = connection.execute(self._of_another, {"wanted": key, "given_task": task_id}).scalar()
        if other is not None:
            raise LedgerConflict(key, f"cannot have the task {task_id}, which belongs to the key {other!r}")


def _sent(intent: Intent) -> dict[str, Any]:
    """Return what the ledger stores about a request that is sent for the first time, besides the times."""
    return {
        "key": intent.key,
        "status": "sending",
        "sender": intent.sender,
        "seconds": intent.seconds,
        "request": intent.text,
        "request_sha256": intent.sha256,
        "model": intent.model,
        "estimate": intent.estimate,
        "price_date": intent.price_date,
        "idempotency_key": intent.idempotency_key,
    }


def changes_by(task: Task) -> dict[str, Any]:
    """Return what the ledger stores about a task, besides times. A server may send texts that no database stores."""
    changes: dict[str, Any] = {
        "status": _status_of(task),
        "task_id": printable(task.id, MAX_ID_LENGTH),
        "task": json.dumps(task.to_dict()),
        "task_status": printable(str(task.status), 80),
        "error_code": None,
        "error_message": None,
        "can_retry": None,
    }
    # What a response does not show stays as it was.
    if isinstance(task.model, str):
        changes["model"] = printable(task.model, 200)
    numbers = {"credits_reserved": task.credits_reserved, "credits_used": task.credits_used}
    changes |= {name: number for name, value in numbers.items() if (number := _float(value)) is not None}
    failure = failure_of(task)
    if failure is not None:
        code = None if failure.code is None else printable(failure.code, 200)
        changes |= {"error_code": code, "error_message": printable(failure.message), "can_retry": failure.retry}
    if changes["status"] == "completed":
        changes["links"] = json.dumps(task.links)
    return changes


def _float(value: float | None) -> float | None:
    """Return a number as a float; None for one that no float can hold."""
    try:
        return None if value is None else float(value)
    except OverflowError:
        return None


def _times(row: RowMapping, task: Task) -> dict[str, float]:
    """Return the times of an end, which the ledger stores with it."""
    times = {} if row["ended_at"] is not None or _status_of(task) not in ENDED else {"ended_at": row["now"]}
    if _status_of(task) == "completed":
        created = _float(number_of(task.created))
        times["links_end"] = (row["now"] if created is None else created) + packaged_contract().link_seconds
    return times


def _status_of(task: Task) -> str:
    outcome = outcome_of(task)
    return {None: "submitted", "expired": "failed"}.get(outcome, str(outcome))


def _is_over(row: RowMapping, waited: float) -> bool:
    """Return whether the sender of a request has died, or has had more time than sending can take.

    Somebody who has waited for that time knows it even if a clock was set back.
    """
    if row["sending_until"] is None or row["sent_at"] is None or _sender.is_alive(row["sender"]) is False:
        return True
    return bool(row["now"] >= row["sending_until"] or waited >= row["sending_until"] - row["sent_at"])


def _others(row: RowMapping, task_id: str | None) -> dict[str, str | None]:
    """Return the ids of further tasks of a job, with one more."""
    ids: list[str] = json.loads(row["other_task_ids"] or "[]")
    return {"other_task_ids": json.dumps(list(dict.fromkeys([*ids, *([task_id] if task_id else [])])))}
