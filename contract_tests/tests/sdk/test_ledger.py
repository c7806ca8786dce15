"""`evolink.ledger`: a submission is neither lost nor repeated, whatever happens to the program or the database."""

from __future__ import annotations

import asyncio
import csv
import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import httpx
import psycopg
import pytest
import sqlalchemy as sa

from evolink import (
    AsyncEvoLink,
    BadRequest,
    CallbackReceiver,
    ConfigurationError,
    EvoLink,
    EvoLinkError,
    LedgerConflict,
    LedgerError,
    LedgerTooNew,
    MissingExtra,
    NotSent,
    QuotaExceeded,
    SubmissionUnknown,
    Task,
    TaskFailed,
)
from evolink._retries import Pause
from evolink.errors import NextStep
from evolink.ledger import AsyncLedger, Job, Ledger, Spent, _decisions, _schema, _sender, _store
from evolink.ledger._base_ledger import Submission
from evolink.ledger._database import Database
from evolink.ledger._steps import Stored

KEY = "sk-evo-ledger-0123456789"
REQUEST: dict[str, Any] = {
    "model": "wan2.5-image-to-video",
    "prompt": "A cat",
    "image_urls": ["https://example.com/a.png"],
}
OTHER = {**REQUEST, "prompt": "A dog"}
FILM = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
ENDS: dict[str, Any] = {
    "completed": {"results": ["https://files.invalid/a.mp4"], "progress": 100, "created": 1_800_000_000},
    "failed": {"error": {"code": "content_policy_violation", "message": "No"}},
    "cancelled": {},
}


class Server:
    """An API that creates tasks and shows them with a status.

    Attributes:
        sent: the requests to create a task.
        status: the status of every task that is read.
        before: called with each create before its response; it may return another response.
    """

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []
        self.status = "completed"
        self.before: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "files.invalid":
            return httpx.Response(200, content=FILM)
        if request.method == "GET":
            return httpx.Response(200, json=self.task(request.url.path.rpartition("/")[2], self.status))
        with self._lock:
            self.sent.append(request)
            number = len(self.sent)
        other = self.before(request)
        return other or httpx.Response(200, json=self.task(f"task-unified-1-{number:08d}", "pending"))

    @staticmethod
    def task(task_id: str, status: str) -> dict[str, Any]:
        usage = {"credits_reserved": 25.5}
        return {"id": task_id, "status": status, "model": REQUEST["model"], "usage": usage, **ENDS.get(status, {})}


ID = "task-unified-1-00000001"
SECOND = "task-unified-1-00000002"


class Jobs:
    """A ledger and a client of either kind, behind blocking methods.

    Args:
        url: the URL of the ledger.
        server: responds to the client.
        options: arguments for the ledger.

    Attributes:
        ledger: the ledger.
    """

    def __init__(self, url: str, server: Server, *, is_async: bool, **options: Any) -> None:
        self._is_async = is_async
        self.url, self.server = url, server
        kind: Any = AsyncEvoLink if is_async else EvoLink
        self.api: Any = kind(KEY, transport=httpx.MockTransport(server), max_retries=0)
        self.ledger: Any = AsyncLedger(url, **options) if is_async else Ledger(url, **options)

    def submit(self, request: Any = REQUEST, key: str = "order-1", **options: Any) -> Task:
        task: Task = self._run(lambda: self.ledger.submit(self.api, request, key=key, **options))
        return task

    def wait(self, key: str = "order-1", **options: Any) -> Task:
        task: Task = self._run(lambda: self.ledger.wait(self.api, key, **options))
        return task

    def job(self, key: str = "order-1") -> Job:
        job: Job = self._run(lambda: self.ledger.job(key))
        return job

    def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        return self._run(lambda: getattr(self.ledger, name)(*arguments, **options))

    def state(self, key: str = "order-1") -> tuple[str, str | None, int]:
        job = self.job(key)
        return job.status, job.task_id, job.attempts

    def submission(self, key: str = "order-1") -> Submission:
        options = {"validate": True, "max_credits": None, "timeout": None, "extra_headers": None}
        idempotency = self.ledger.uses_idempotency_keys
        return Submission(self.api, REQUEST, key, options, idempotency=idempotency, paced=False)

    def claim(self, key: str = "order-1", **sender: Any) -> None:
        """Store an intent, as a process that dies before it gets a response."""
        intent = self.submission(key).prepare()
        name = json.dumps({**json.loads(_sender.identify()), **sender})
        assert self.ledger.store.claim(intent._replace(sender=name), waited=0.0).decision == "send"

    def execute(self, statement: str) -> None:
        """Change the database directly."""
        with self.ledger.store.database.transaction(write=True) as connection:
            connection.execute(sa.text(statement))

    def close(self) -> None:
        if self._is_async:
            asyncio.run(self.api.aclose())
            asyncio.run(self.ledger.aclose())
        else:
            self.api.close()
            self.ledger.close()

    def _run(self, call: Callable[[], Any]) -> Any:
        if not self._is_async:
            return call()

        async def main() -> Any:
            return await call()

        return asyncio.run(main())


class Open(Protocol):
    """Opens a ledger."""

    def __call__(self, server: Server | None = None, **options: Any) -> Jobs: ...


# For tests about what the database does: asyncio would only repeat it.
of_the_database = pytest.mark.parametrize("open_jobs", ["sqlite", "postgresql"], indirect=True)
# For tests about what the database and asyncio do, each once.
of_two_kinds = pytest.mark.parametrize("open_jobs", ["sqlite asyncio", "postgresql"], indirect=True)
# For tests about decisions, and about methods that asyncio has, too.
with_asyncio = pytest.mark.parametrize("open_jobs", ["sqlite asyncio"], indirect=True)


@pytest.fixture(params=["sqlite", "sqlite asyncio", "postgresql"])
def open_jobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens one ledger of each kind, any number of times."""
    kind, _, client = request.param.partition(" ")
    url = f"sqlite:///{tmp_path}/jobs.db" if kind == "sqlite" else request.getfixturevalue("empty_postgresql")
    opened: list[Jobs] = []

    def open_(server: Server | None = None, **options: Any) -> Jobs:
        opened.append(Jobs(url, server or Server(), is_async=client == "asyncio", **options))
        return opened[-1]

    yield open_
    for jobs in opened:
        jobs.close()


@pytest.fixture
def jobs(open_jobs: Open) -> Jobs:
    """A ledger of each kind."""
    return open_jobs()


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Jobs]:
    """A ledger in SQLite."""
    jobs = Jobs(f"sqlite:///{tmp_path}/jobs.db", Server(), is_async=False)
    yield jobs
    jobs.close()


# --- one key, one task


def test_same_key_returns_the_same_task_and_sends_nothing(jobs: Jobs, open_jobs: Open) -> None:
    first = jobs.submit()
    again = open_jobs(jobs.server).submit()  # another program
    assert (first.id, again, len(jobs.server.sent)) == (ID, first, 1)
    assert jobs.state() == ("submitted", ID, 1)
    assert jobs.submit(key="order-2").id == SECOND


def test_key_of_another_request_is_a_conflict_once_a_task_may_exist(on_sqlite: Jobs) -> None:
    on_sqlite.submit()
    with pytest.raises(LedgerConflict, match=r"order-1.* belongs to another request") as raised:
        on_sqlite.submit(OTHER)
    assert (raised.value.key, len(on_sqlite.server.sent)) == ("order-1", 1)


@of_two_kinds
def test_intent_is_committed_before_the_request_is_sent(jobs: Jobs, open_jobs: Open) -> None:
    seen: list[tuple[str, Any, int]] = []

    def look(_: httpx.Request) -> None:
        with ThreadPoolExecutor() as pool:  # asyncio cannot run in the thread of an event loop
            seen.append(pool.submit(open_jobs().state).result())

    jobs.server.before = look
    jobs.submit()
    assert seen == [("sending", None, 1)]


def drop(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("the connection broke", request=request)


def refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route", request=request)


def respond(status: int, body: Any = None) -> Callable[[httpx.Request], httpx.Response]:
    error = {"error": {"code": status, "message": "No", "type": "t"}}
    content = json.dumps(error if body is None else body)
    return lambda _: httpx.Response(status, content=content, headers={"content-type": "application/json"})


OUTCOMES: list[tuple[Any, type[EvoLinkError], tuple[str, str | None, bool | None]]] = [
    (respond(402), QuotaExceeded, ("refused", None, True)),
    (respond(400), BadRequest, ("refused", None, False)),
    (drop, SubmissionUnknown, ("unknown", None, None)),
    (respond(500), SubmissionUnknown, ("unknown", None, None)),
    (respond(200, {"id": ID, "status": 5}), SubmissionUnknown, ("submitted", ID, None)),
]


@pytest.mark.parametrize(("response", "kind", "expected"), OUTCOMES)
def test_outcome_of_a_failed_submission_is_stored(on_sqlite: Jobs, response: Any, kind: Any, expected: Any) -> None:
    on_sqlite.server.before = response
    with pytest.raises(kind) as raised:
        on_sqlite.submit()
    job = on_sqlite.job()
    assert (job.status, job.task_id, job.can_retry) == expected
    assert job.error_message
    advice = NextStep("resolve", "order-1") in raised.value.next_steps
    assert advice is (kind is SubmissionUnknown)


def test_request_that_never_left_stays_planned(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/jobs.db"
    with EvoLink(KEY, base_url="http://127.0.0.1:9", max_retries=0) as api, Ledger(url) as ledger:
        with pytest.raises(NotSent):
            ledger.submit(api, REQUEST, key="order-1")
        [job] = ledger.jobs()
    assert (job.status, job.attempts) == ("planned", 1)


def test_event_hook_that_fails_before_anything_is_sent_creates_nothing(on_sqlite: Jobs) -> None:
    def fail(_: httpx.Request) -> None:
        raise ValueError("my hook")

    hooks = on_sqlite.api.client.get_httpx_client().event_hooks
    hooks["request"].append(fail)
    with pytest.raises(ValueError, match="my hook"):
        on_sqlite.submit()
    assert on_sqlite.state() == ("planned", None, 1)
    hooks["request"].clear()
    hooks["response"].append(fail)
    with pytest.raises(ValueError, match="my hook"):
        on_sqlite.submit()
    assert on_sqlite.state() == ("unknown", None, 2)


def test_refused_request_may_be_corrected_and_sent_again_under_its_key(on_sqlite: Jobs) -> None:
    on_sqlite.server.before = respond(400)
    with pytest.raises(BadRequest):
        on_sqlite.submit()
    on_sqlite.server.before = lambda _: None
    assert on_sqlite.submit(OTHER).id == SECOND
    job = on_sqlite.job()
    assert (job.status, job.request, job.attempts, job.error_message) == ("submitted", OTHER, 2, None)


def test_invalid_request_is_neither_stored_nor_sent(on_sqlite: Jobs) -> None:
    tries: list[tuple[Any, dict[str, Any]]] = [({**REQUEST, "image_urls": []}, {}), (REQUEST, {"max_credits": 0.1})]
    for request, options in tries:
        with pytest.raises(EvoLinkError, match="was not sent"):
            on_sqlite.submit(request, **options)
    assert (on_sqlite.call("jobs"), on_sqlite.server.sent) == ([], [])


@pytest.mark.parametrize("key", ["", "  ", "a" * 201, "a\nb", "a\0b", "\ud800", 5, None])
def test_key_is_a_short_printable_text(on_sqlite: Jobs, key: Any) -> None:
    with pytest.raises(ConfigurationError, match="key must be a text of 1 to 200"):
        on_sqlite.submit(key=key)


# --- a sender that has died


@of_two_kinds
def test_intent_of_a_dead_process_is_unknown_until_it_is_resolved(jobs: Jobs) -> None:
    jobs.claim(start="1")
    for call in (jobs.submit, jobs.wait):
        with pytest.raises(SubmissionUnknown, match="no outcome for the key 'order-1'") as raised:
            call()
    assert raised.value.model == REQUEST["model"]
    assert raised.value.sent_at is not None
    assert (jobs.state(), jobs.server.sent) == (("unknown", None, 1), [])
    jobs.call("resolve", "order-1", task_id=ID)
    assert (jobs.submit().id, jobs.wait().status, jobs.server.sent) == (ID, "completed", [])


def test_submission_that_is_resolved_as_lost_is_sent_again(on_sqlite: Jobs) -> None:
    on_sqlite.claim(start="1")
    assert on_sqlite.call("resolve", "order-1", lost=True).status == "lost"
    assert on_sqlite.submit().id == ID
    assert on_sqlite.state() == ("submitted", ID, 2)


def test_only_an_open_submission_can_be_resolved(on_sqlite: Jobs) -> None:
    on_sqlite.submit()
    on_sqlite.claim(key="order-2")  # by this process, which is alive
    on_sqlite.claim(key="order-3", start="1")
    for key, arguments, reason in (
        ("order-0", {"lost": True}, "is not in the ledger"),
        ("order-1", {"lost": True}, "needs no resolution; it is submitted"),
        ("order-1", {"task_id": SECOND}, "needs no resolution; it is submitted"),
        ("order-2", {"lost": True}, "is just being sent"),
        ("order-3", {"task_id": ID}, "belongs to the key 'order-1'"),
    ):
        with pytest.raises(LedgerConflict, match=reason):
            on_sqlite.call("resolve", key, **arguments)
    contradictions: list[dict[str, Any]] = [{}, {"task_id": ID, "lost": True}]
    for contradiction in contradictions:
        with pytest.raises(ConfigurationError, match="either the id of the task, or lost=True"):
            on_sqlite.call("resolve", "order-3", **contradiction)
    assert on_sqlite.call("resolve", "order-1", task_id=ID).status == "submitted"


@with_asyncio
def test_with_idempotency_keys_the_same_create_is_sent_again(open_jobs: Open) -> None:
    jobs = open_jobs(idempotency_keys=True)
    jobs.claim(start="1")
    key = jobs.job().idempotency_key
    assert jobs.submit().id == ID
    assert [request.headers["idempotency-key"] for request in jobs.server.sent] == [key]
    assert jobs.state() == ("submitted", ID, 2)
    jobs.server.before = drop
    with pytest.raises(SubmissionUnknown):
        jobs.submit(key="order-2")
    jobs.server.before = respond(429)  # says nothing about the first attempt
    with pytest.raises(SubmissionUnknown, match="also after a repetition"):
        jobs.submit(key="order-2")
    jobs.server.before = lambda _: None
    jobs.submit(key="order-2")
    assert len({request.headers["idempotency-key"] for request in jobs.server.sent}) == 2
    assert jobs.job("order-2").status == "submitted"


@with_asyncio
def test_intent_without_idempotency_key_is_not_sent_again_when_they_are_switched_on(open_jobs: Open) -> None:
    open_jobs().claim(start="1")
    with pytest.raises(SubmissionUnknown):
        open_jobs(idempotency_keys=True).submit()


def test_submissions_of_one_key_at_once_send_one_request(jobs: Jobs, open_jobs: Open) -> None:
    second_waits = threading.Event()
    pause = _decisions.FIRST_LOOK

    def respond_late(_: httpx.Request) -> None:
        second_waits.wait(10)

    jobs.server.before = respond_late
    others = [jobs, open_jobs(jobs.server), open_jobs(jobs.server)]
    with ThreadPoolExecutor() as pool:
        running = [pool.submit(other.submit) for other in others]
        threading.Timer(2 * pause, second_waits.set).start()
        assert [each.result().id for each in running] == [ID] * 3
    assert len(jobs.server.sent) == 1


@of_the_database
def test_many_threads_and_ledgers_create_each_task_once(open_jobs: Open) -> None:
    server = Server()
    ledgers = [open_jobs(server) for _ in range(3)]
    keys = [f"order-{number}" for number in range(8)]
    with ThreadPoolExecutor(6) as pool:
        running = [pool.submit(one.submit, key=key) for key in keys for one in ledgers]
        ids = [each.result().id for each in running]
    assert len(server.sent) == len(set(ids)) == len(keys)


def waited_for(jobs: Jobs, key: str = "order-1", *, at_most: int = 2000) -> float | None:
    """Submit a request, and return how many seconds that waits until it raises `SubmissionUnknown`; None if longer."""
    flow = _decisions.submitting(jobs.ledger.store, jobs.submission(key), check_media=False)
    step: Any = next(flow)
    seconds = 0.0
    while seconds < at_most:
        seconds += step.seconds if isinstance(step, Pause) else 0.0
        try:
            step = flow.send(step.call() if isinstance(step, Stored) else None)
        except SubmissionUnknown:
            return seconds
    flow.close()
    return None


def test_sender_on_another_machine_has_the_time_that_sending_can_take(on_sqlite: Jobs) -> None:
    on_sqlite.claim(host="elsewhere")
    assert waited_for(on_sqlite, at_most=20) is None
    on_sqlite.execute("UPDATE evolink_jobs SET sending_until = 5, sent_at = 1")
    assert waited_for(on_sqlite) == 0.0


def test_clock_that_is_set_back_neither_repeats_nor_blocks_a_job(
    on_sqlite: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = on_sqlite.ledger.store.database.now()

    def at(shift: float) -> Jobs:
        def now(_: Database) -> Any:
            return sa.literal_column(f"({real} + {shift})", sa.Double)

        monkeypatch.setattr(Database, "now", now)
        return Jobs(on_sqlite.url, on_sqlite.server, is_async=False)

    day = 86400.0
    before, after = at(day), at(0.0)
    first = before.submit()
    before.claim("order-2", host="elsewhere")  # and it dies
    handler = json.dumps({**json.loads(_sender.identify()), "host": "elsewhere"})
    assert before.ledger.store.begin_handling("order-1", "completed", handler) == "go"
    # The same programs, a day earlier.
    assert (after.submit(), len(on_sqlite.server.sent)) == (first, 1)
    seconds, most = waited_for(after, "order-2"), after.submission().prepare().seconds
    assert seconds is not None
    assert most <= seconds <= most + 2  # by the clock of whoever waits
    assert after.call("resolve", "order-2", lost=True).status == "lost"
    assert after.submit(key="order-2").id == SECOND
    assert after.ledger.store.begin_handling("order-1", "completed", _sender.identify()) == "go"
    assert (after.wait().status, after.wait("order-2").status) == ("completed", "completed")
    for job in after.call("jobs"):
        assert job.has_ended
        assert (job.key, job.ended_at < job.sent_at) in {("order-1", True), ("order-2", False)}
    for jobs in (before, after):
        jobs.close()


def test_process_is_alive_only_if_machine_start_and_number_are_the_same() -> None:
    own = json.loads(_sender.identify())
    variants: list[dict[str, Any]] = [
        {},
        {"start": "1"},
        {"pid": 2**22 + 1},
        {"boot": "x"},
        {"host": "x"},
        {"start": ""},
    ]
    alive = [_sender.is_alive(json.dumps({**own, **changes})) for changes in variants]
    assert alive == [True, False, False, None, None, None]
    assert [_sender.is_alive(text) for text in (None, "", "5", "{}")] == [None] * 4


# --- outcomes that come late, or cannot be stored


def test_late_response_settles_a_submission_that_was_given_up(on_sqlite: Jobs) -> None:
    def give_up(_: httpx.Request) -> None:
        on_sqlite.execute("UPDATE evolink_jobs SET status = 'unknown'")

    on_sqlite.server.before = give_up
    assert on_sqlite.submit().id == ID
    assert on_sqlite.state() == ("submitted", ID, 1)


def test_no_task_id_is_lost_if_somebody_has_resolved_the_key_meanwhile(
    on_sqlite: Jobs, caplog: pytest.LogCaptureFixture
) -> None:
    def resolve(_: httpx.Request) -> None:
        on_sqlite.execute("UPDATE evolink_jobs SET status = 'submitted', task_id = 'task-wrong'")

    def send_again(_: httpx.Request) -> None:
        on_sqlite.execute("UPDATE evolink_jobs SET status = 'submitted', task_id = 'task-other', attempts = 5")

    for key, before, expected in (
        ("order-1", resolve, (ID, ["task-wrong"])),
        ("order-2", send_again, ("task-other", [SECOND])),
    ):
        on_sqlite.execute("DELETE FROM evolink_jobs")
        on_sqlite.server.before = before
        on_sqlite.submit(key=key)
        job = on_sqlite.job(key)
        assert (job.task_id, job.other_task_ids) == expected
    assert [record.getMessage() for record in caplog.records if "has two tasks" in record.getMessage()] == [
        f"the key 'order-1' has two tasks: task-wrong and {ID}",
        f"the key 'order-2' has two tasks: task-other and {SECOND}",
    ]


def test_error_and_log_name_a_task_that_the_ledger_cannot_store(
    on_sqlite: Jobs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_decisions, "STORE_AGAIN", (0.0, 0.0))
    calls: list[int] = []

    def fail(*_: Any) -> Any:
        calls.append(1)
        raise LedgerError("the disk is full")

    monkeypatch.setattr(on_sqlite.ledger.store, "settle", fail)
    with pytest.raises(LedgerError, match="the disk is full") as raised:
        on_sqlite.submit()
    assert (raised.value.task_id, len(calls)) == (ID, 3)
    assert f"elsewhere use resolve('order-1', task_id='{ID}')" in raised.value.__notes__[0]
    assert (logging.ERROR, f"the ledger could not store that the key 'order-1' has the task {ID}") in [
        (record.levelno, record.getMessage()) for record in caplog.records
    ]
    on_sqlite.server.before = drop
    with pytest.raises(SubmissionUnknown) as lost:  # of two troubles, the caller learns the dearer one first
        on_sqlite.submit(key="order-2")
    assert lost.value.__notes__ == ["The ledger could not store this outcome: the disk is full"]


@pytest.mark.parametrize("call", ["submit", "wait", "resolve"])
def test_process_stores_later_what_it_could_not_store_and_does_not_wait_for_itself(
    on_sqlite: Jobs, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setattr(_decisions, "STORE_AGAIN", (0.0,))
    monkeypatch.setattr(_store, "UNSTORED", {})  # other tests leave theirs

    def fail(*_: Any) -> Any:
        raise LedgerError("the disk is full")

    with monkeypatch.context() as full:
        full.setattr(on_sqlite.ledger.store, "settle", fail)
        with pytest.raises(LedgerError):
            on_sqlite.submit()
        on_sqlite.server.before = drop
        with pytest.raises(SubmissionUnknown):
            on_sqlite.submit(key="order-2")
        assert (on_sqlite.job().status, on_sqlite.job("order-2").status) == ("sending", "sending")
    other = Jobs(on_sqlite.url, on_sqlite.server, is_async=False)  # another ledger of the same process
    calls: dict[str, Callable[[], Any]] = {
        "submit": other.submit,
        "wait": other.wait,
        "resolve": lambda: other.call("resolve", "order-1", task_id=ID),
    }
    calls[call]()
    assert (other.job().task_id, other.state("order-2")) == (ID, ("unknown", None, 1))
    assert (len(on_sqlite.server.sent), _store.UNSTORED) == (2, {})
    other.close()


# --- what the ledger keeps


@of_two_kinds
def test_ledger_keeps_what_the_api_says_about_a_job(jobs: Jobs) -> None:
    jobs.submit()
    estimated = jobs.job()
    assert (estimated.request, estimated.model, estimated.estimate) == (REQUEST, REQUEST["model"], 25.5)
    assert (estimated.price_date, estimated.task_status, estimated.credits_reserved) == ("2026-10-10", "pending", 25.5)
    assert jobs.wait().status == "completed"
    job = jobs.job()
    assert (job.status, job.task_status, job.links) == ("completed", "completed", ENDS["completed"]["results"])
    assert job.links_end == datetime.fromtimestamp(1_800_000_000 + 86_400, UTC)
    times = [job.planned_at, job.sent_at, job.ended_at]
    assert times == sorted(times, key=str)
    assert abs((datetime.now(UTC) - job.updated_at).total_seconds()) < 60
    assert job.task == jobs.wait()
    jobs.server.status = "processing"  # a late read does not take an end back
    jobs.ledger.store.record(Task.from_dict(Server.task(ID, "processing")))
    assert jobs.job().status == "completed"


@of_the_database
def test_ledger_stores_whatever_a_server_sends(jobs: Jobs) -> None:
    strange = {
        "id": ID,
        "status": "pend\0ing\ud800",
        "model": "wan\0\udfff" * 100,
        "created": 10**400,
        "usage": {"credits_reserved": 10**400},
        "error": {"code": "a\0b", "message": "c\0\ud800"},
    }
    jobs.server.before = respond(200, strange)
    jobs.submit()
    jobs.server.before = respond(400, {"error": {"code": "x\0\ud800", "message": "y\0\ud800"}})
    with pytest.raises(BadRequest):
        jobs.submit(key="order-2")
    for status in ("completed", "failed"):
        jobs.ledger.store.record(Task.from_dict({**strange, "status": status, "results": ["https://a.b/\ud800"]}))
    assert [job.status for job in jobs.call("jobs")] == ["failed", "refused"]


def test_cancelled_submission_leaves_an_unknown_outcome(tmp_path: Path) -> None:
    async def main() -> None:
        started = asyncio.Event()

        async def never(_: httpx.Request) -> httpx.Response:
            started.set()
            await asyncio.sleep(60)
            raise AssertionError

        ledger = AsyncLedger(f"sqlite:///{tmp_path}/jobs.db")
        async with ledger, AsyncEvoLink(KEY, transport=httpx.MockTransport(never)) as api:
            running = asyncio.create_task(ledger.submit(api, REQUEST, key="order-1"))
            await started.wait()
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            [job] = await ledger.jobs()
            assert (job.status, job.task_id, job.error_message) == ("unknown", None, "CancelledError")

    asyncio.run(main())


@with_asyncio
def test_failed_job_can_be_retried_and_a_paid_one_cannot(jobs: Jobs) -> None:
    jobs.submit()
    jobs.server.status = "failed"
    with pytest.raises(TaskFailed):
        jobs.wait()
    job = jobs.job()
    assert (job.status, job.error_code, job.can_retry) == ("failed", "content_policy_violation", False)
    assert jobs.submit().status == "failed"  # nothing is sent before somebody decides
    assert jobs.call("retry", "order-1").status == "planned"
    assert jobs.submit().id == SECOND
    job = jobs.job()
    assert (job.other_task_ids, job.attempts, job.error_code) == ([ID], 2, None)
    for key, reason in (("order-1", "because it is submitted"), ("order-2", "is not in the ledger")):
        with pytest.raises(LedgerConflict, match=reason):
            jobs.call("retry", key)


@of_the_database
def test_jobs_that_were_not_sent_can_be_cancelled(jobs: Jobs) -> None:
    jobs.claim(start="1")
    jobs.call("resolve", "order-1", lost=True)
    jobs.submit(key="order-2")
    assert jobs.ledger.store.cancel_planned() == ["order-1"]
    with pytest.raises(LedgerConflict, match="was cancelled before it was sent"):
        jobs.submit()
    with pytest.raises(LedgerConflict, match="has no task; it is cancelled"):
        jobs.wait()
    assert len(jobs.server.sent) == 1


@of_the_database
def test_jobs_are_selected_by_status_and_their_credits_are_summed(jobs: Jobs) -> None:
    for number, status in enumerate(["completed", "failed", "completed"]):
        jobs.submit(key=f"order-{number}")
        jobs.ledger.store.record(Task.from_dict(Server.task(jobs.job(f"order-{number}").task_id or "", status)))
    jobs.submit(key="running")
    jobs.claim(key="unknown", start="1")
    with pytest.raises(SubmissionUnknown):
        jobs.submit(key="unknown")
    assert [job.key for job in jobs.call("jobs", status="completed")] == ["order-0", "order-2"]
    assert [job.key for job in jobs.call("jobs", ["failed", "unknown"])] == ["order-1", "unknown"]
    assert len(jobs.call("jobs")) == 5
    assert jobs.call("spent") == Spent(used=51.0, running=25.5, unknown=25.5, unpriced=0)
    with pytest.raises(ConfigurationError, match="'done' is not a status of a job; those are planned, sending"):
        jobs.call("jobs", status="done")


def test_jobs_are_read_in_portions(on_sqlite: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evolink.ledger._store.PORTION", 2)
    keys = [f"order-{number}" for number in range(5)]
    for key in keys:
        on_sqlite.claim(key=key)
    assert [job.key for job in on_sqlite.call("jobs")] == keys


@with_asyncio
def test_export_is_complete_or_absent_and_runs_no_formula(jobs: Jobs, tmp_path: Path) -> None:
    jobs.submit({**REQUEST, "prompt": "two\nlines"}, key="=cmd()")
    jobs.submit(key="order-2")
    table, lines = tmp_path / "jobs.csv", tmp_path / "jobs.jsonl"
    lines.write_text("old")
    assert [jobs.call("export", to) for to in (table, str(lines))] == [2, 2]
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    documents = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    assert [row["key"] for row in rows] == ["'=cmd()", "order-2"]
    assert [document["key"] for document in documents] == ["=cmd()", "order-2"]
    assert json.loads(rows[0]["request"]) == documents[0]["request"] == {**REQUEST, "prompt": "two\nlines"}
    with pytest.raises(ConfigurationError, match=r"must end with \.csv or \.jsonl"):
        jobs.call("export", tmp_path / "jobs.xlsx")
    with pytest.raises(EvoLinkError, match="cannot write"):
        jobs.call("export", tmp_path / "jobs.csv" / "no.csv")
    assert {path.name for path in tmp_path.iterdir()} - {"jobs.db", "jobs.db-shm", "jobs.db-wal"} == {
        "jobs.csv",
        "jobs.jsonl",
    }


def test_api_key_is_never_stored(on_sqlite: Jobs, tmp_path: Path) -> None:
    on_sqlite.submit({**REQUEST, "prompt": f"my key is {KEY}"})
    on_sqlite.server.before = respond(400, {"error": {"message": f"Bearer {KEY} is wrong", "code": 400}})
    with pytest.raises(BadRequest):
        on_sqlite.submit(key="order-2")
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert KEY.encode() not in stored
    assert b"my key is ***" in stored


def test_callback_url_carries_the_key(on_sqlite: Jobs) -> None:
    url = "https://your.app/evolink?a=b"
    on_sqlite.submit({**REQUEST, "callback_url": url}, key="order 1")
    on_sqlite.submit({**REQUEST, "callback_url": f"{url}&key=order%201"}, key="order 1")  # the same request
    assert [json.loads(sent.content)["callback_url"] for sent in on_sqlite.server.sent] == [f"{url}&key=order%201"]
    with pytest.raises(ConfigurationError, match="callback_url has the key 'b', and the ledger's key is 'order-2'"):
        on_sqlite.submit({**REQUEST, "callback_url": "https://your.app/?key=b"}, key="order-2")


# --- versions


VERSION_1 = Path(__file__).with_name("ledger_version_1.sql")


def test_ledger_of_version_1_is_brought_to_the_newest_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "jobs.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(VERSION_1.read_text(encoding="utf-8"))
    connection.close()

    def add_column(connection: sa.Connection) -> None:
        connection.execute(sa.text("ALTER TABLE evolink_jobs ADD COLUMN colour TEXT DEFAULT 'red'"))

    monkeypatch.setattr(_schema, "MIGRATIONS", (*_schema.MIGRATIONS, add_column))
    with Ledger(f"sqlite:///{path}") as ledger:
        [job] = ledger.jobs()
        assert (job.key, job.status, job.task_id, job.request) == ("order-1", "submitted", ID, REQUEST)
        with ledger.store.database.transaction(write=False) as read:
            assert read.execute(sa.text("SELECT version, colour FROM evolink_ledger, evolink_jobs")).all() == [
                (2, "red")
            ]


def test_version_1_in_the_tests_is_what_the_first_migration_creates(on_sqlite: Jobs, tmp_path: Path) -> None:
    on_sqlite.call("jobs")
    names = "SELECT name FROM pragma_table_info('evolink_jobs')"
    with sqlite3.connect(":memory:") as old, sqlite3.connect(tmp_path / "jobs.db") as new:
        old.executescript(VERSION_1.read_text(encoding="utf-8"))
        assert set(old.execute(names)) <= set(new.execute(names))
    old.close()
    new.close()


@of_the_database
def test_ledger_of_a_newer_version_is_refused_and_not_changed(open_jobs: Open) -> None:
    open_jobs().execute("UPDATE evolink_ledger SET version = 99")
    newer = open_jobs()
    with pytest.raises(LedgerTooNew, match="has version 99, and this package knows versions up to 1"):
        newer.submit()
    assert newer.server.sent == []


@of_the_database
def test_failed_migration_changes_nothing(open_jobs: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    open_jobs().submit()

    def fail(connection: sa.Connection) -> None:
        connection.execute(sa.text("ALTER TABLE evolink_jobs ADD COLUMN colour TEXT"))
        connection.execute(sa.text("SELECT nonsense"))

    with monkeypatch.context() as patch:
        patch.setattr(_schema, "MIGRATIONS", (*_schema.MIGRATIONS, fail))
        with pytest.raises(LedgerError, match="could not be"):
            open_jobs().job()
    assert open_jobs().job().task_id == ID


@of_the_database
def test_programs_that_open_a_new_ledger_at_once_create_it_once(open_jobs: Open) -> None:
    ledgers = [open_jobs() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert [each.result() for each in [pool.submit(one.call, "jobs") for one in ledgers]] == [[]] * 4


# --- trouble with the database


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("evolink.db", "needs a URL such as sqlite:///evolink.db"),
        ("mysql://root:hunter2@host/db", "cannot be in mysql"),
        ("nonsense+driver://host/db", "cannot be in"),
        ("sqlite://", "in memory would be lost"),
        ("sqlite:///:memory:", "in memory would be lost"),
        ("sqlite://host/a.db", "sqlite:/// and a path"),
        ("sqlite:////tmp", "is a folder"),
        ("sqlite:///a\0b", "null character"),
        ("postgresql+asyncpg://host/db", "cannot be in"),
        ("postgresql://user:hunter2@host:port/db", "needs a URL"),
        (5, "needs a URL"),
        (None, "needs a URL"),
    ],
)
def test_url_that_is_not_one_of_a_ledger_is_refused(url: Any, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as raised:
        Ledger(url)
    assert "hunter2" not in str(raised.value)


def test_password_is_not_shown() -> None:
    ledger = Ledger("postgresql://user:hunter2@127.0.0.1:9/db")
    with pytest.raises(LedgerError, match=r"user:\*\*\*@127.0.0.1:9/db could not be read: .*refused") as raised:
        ledger.jobs()
    assert "hunter2" not in f"{ledger!r} {raised.value} {raised.value.__cause__}"


@pytest.mark.parametrize(("module", "extra"), [("psycopg", "postgres"), ("sqlalchemy", "batch")])
def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, module: str, extra: str) -> None:
    import sys  # noqa: PLC0415 - only this test touches the list of modules

    for name in [name for name in sys.modules if name.partition(".")[0] == module or name.startswith("evolink.ledger")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    load: Callable[[], Any] = lambda: Database("postgresql://host/db", 1.0)  # noqa: E731 - one of two
    if extra == "batch":
        load = lambda: __import__("evolink.ledger")  # noqa: E731 - see above
    with pytest.raises(MissingExtra) as raised:
        load()
    assert raised.value.extra == extra


def test_locked_file_is_an_error_after_the_busy_timeout(tmp_path: Path) -> None:
    jobs = Jobs(f"sqlite:///{tmp_path}/jobs.db", Server(), is_async=False, busy_timeout=0.05)
    jobs.call("jobs")
    other = sqlite3.connect(tmp_path / "jobs.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="is locked; another process keeps it locked"):
        jobs.submit()
    other.close()
    assert jobs.server.sent == []
    assert jobs.submit().id == ID
    jobs.close()


def test_full_disk_leaves_nothing_half_written(on_sqlite: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_decisions, "STORE_AGAIN", (0.0,))
    on_sqlite.submit()
    with on_sqlite.ledger.store.database.transaction(write=True) as connection:
        pages = connection.execute(sa.text("PRAGMA page_count")).scalar()
        connection.execute(sa.text(f"PRAGMA max_page_count = {pages}"))

    def fill() -> None:
        for number in range(2, 9):
            on_sqlite.submit({**REQUEST, "prompt": "long " * 190}, key=f"order-{number}")

    with pytest.raises(LedgerError, match="disk is full; free some space"):
        fill()
    complete = [job.key for job in on_sqlite.call("jobs") if job.status == "submitted"]
    assert len(complete) == len(on_sqlite.server.sent) == len(on_sqlite.call("jobs"))


def test_file_that_cannot_be_a_ledger_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database, but long enough to look like one" * 20)
    for name, reason in (
        ("text.db", "is not a ledger"),
        ("no/jobs.db", "check that its folder exists"),
        ("a" * 300, "check that its folder exists"),
    ):
        with Ledger(f"sqlite:///{tmp_path}/{name}") as ledger, pytest.raises(LedgerError, match=reason):
            ledger.jobs()


def test_lost_connection_is_an_error_and_the_next_call_connects_again(
    empty_postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_decisions, "STORE_AGAIN", (0.0, 0.0))
    jobs = Jobs(empty_postgresql, Server(), is_async=False)
    database = jobs.ledger.store.database

    def cut() -> None:
        with psycopg.connect(empty_postgresql, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )

    def write() -> None:
        with database.transaction(write=True) as connection:
            connection.execute(sa.text("UPDATE evolink_ledger SET version = 5"))
            cut()
            connection.execute(sa.text("SELECT 1"))

    with pytest.raises(LedgerError, match="could not be written"):
        write()
    jobs.server.before = lambda _: cut()  # between the intent and its outcome
    assert (jobs.submit().id, jobs.state()) == (ID, ("submitted", ID, 1))
    jobs.close()


def test_missing_rights_are_named(empty_postgresql: str) -> None:
    with psycopg.connect(empty_postgresql, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS weak")
        connection.execute("CREATE ROLE weak LOGIN")
    with Ledger(empty_postgresql.replace("postgres@", "weak@")) as ledger:
        with pytest.raises(LedgerError, match=r"permission denied .*this user needs SELECT, INSERT and UPDATE"):
            ledger.jobs()
        with Ledger(empty_postgresql) as owner:
            owner.jobs()
        with pytest.raises(LedgerError, match="permission denied for table"):
            ledger.jobs()


def test_forked_process_opens_connections_of_its_own(on_sqlite: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    on_sqlite.submit()
    database: Database = on_sqlite.ledger.store.database
    with database.transaction(write=False) as connection:
        parent = connection.engine
    monkeypatch.setattr("evolink.ledger._database.os.getpid", lambda: 1)
    assert on_sqlite.job().task_id == ID
    with database.transaction(write=False) as connection:
        assert connection.engine is not parent
    parent.dispose()


@pytest.mark.parametrize("seconds", [0, -1, 3601, "5", float("nan"), None])
def test_busy_timeout_is_a_number_of_seconds(seconds: Any) -> None:
    with pytest.raises(ConfigurationError, match="busy_timeout must be a number of seconds"):
        Ledger(busy_timeout=seconds)


# --- callbacks


class Receiver:
    """A receiver with a ledger; each has a memory of its own, as in another process.

    Attributes:
        handled: the ids of the tasks that the handler got.
    """

    def __init__(self, jobs: Jobs, handled: list[str], *errors: Exception, **options: Any) -> None:
        raised = list(errors)

        def handle(task: Task) -> None:
            handled.append(task.id)
            if raised:
                raise raised.pop(0)

        self._receiver = CallbackReceiver(jobs.api, handle, ledger=jobs.ledger, **options)

    def post(self, *bodies: dict[str, str], url: str = "/") -> list[int]:
        async def main() -> list[int]:
            transport = httpx.ASGITransport(self._receiver)
            async with httpx.AsyncClient(transport=transport, base_url="http://receiver.invalid") as client:
                return [(await client.post(url, json=body)).status_code for body in bodies]

        return asyncio.run(main())


DONE = {"id": ID, "status": "completed"}


@of_two_kinds
def test_callback_settles_a_lost_submission_by_its_key(jobs: Jobs) -> None:
    jobs.server.before = drop
    with pytest.raises(SubmissionUnknown):
        jobs.submit()
    handled: list[str] = []
    assert Receiver(jobs, handled).post(DONE, url="/?key=order-1") == [204]
    job = jobs.job()
    assert (job.status, job.task_id, job.links, handled) == ("completed", ID, ENDS["completed"]["results"], [ID])
    assert jobs.submit().id == ID  # nothing is sent


@of_the_database
def test_handler_is_called_once_for_all_receivers_of_a_ledger(jobs: Jobs) -> None:
    jobs.submit()
    handled: list[str] = []
    first, second = Receiver(jobs, handled, ValueError("once")), Receiver(jobs, handled)
    assert first.post(DONE) == [500]
    assert (second.post(DONE), first.post(DONE, DONE), handled) == ([204], [204, 204], [ID, ID])
    # Another process is calling it just now; then that process dies.
    jobs.execute(f"UPDATE evolink_jobs SET handled = NULL, handler_until = 9e9, handler = '{_sender.identify()}'")
    assert Receiver(jobs, handled).post(DONE) == [503]
    dead = json.dumps({**json.loads(_sender.identify()), "start": "1"})
    jobs.execute(f"UPDATE evolink_jobs SET handler = '{dead}'")
    assert (Receiver(jobs, handled).post(DONE), len(handled)) == ([204], 3)
    elsewhere = json.dumps({**json.loads(_sender.identify()), "host": "x"})
    soon = time.time() + 60
    jobs.execute(f"UPDATE evolink_jobs SET handled = NULL, handler = '{elsewhere}', handler_until = {soon}")
    assert Receiver(jobs, handled).post(DONE) == [503]
    jobs.execute("UPDATE evolink_jobs SET handler_until = 5")
    assert Receiver(jobs, handled).post(DONE) == [204]


def test_callback_for_a_job_of_nobody_is_refused_before_its_task_is_read(on_sqlite: Jobs) -> None:
    on_sqlite.submit()
    on_sqlite.claim(key="order-2", start="1")
    read: list[str] = []
    respond_as_before = on_sqlite.server.task

    def task(task_id: str, status: str) -> dict[str, Any]:
        read.append(task_id)
        return {**respond_as_before(task_id, status), "model": "wan2.6-reference-video-flash"}

    on_sqlite.server.task = task  # type: ignore[method-assign]
    receiver = Receiver(on_sqlite, [])
    for url in ("/", "/?key=order-1", "/?key=order-0"):
        assert receiver.post({"id": SECOND, "status": "completed"}, url=url) == [503]
    assert read == []
    assert receiver.post({"id": SECOND, "status": "completed"}, url="/?key=order-2") == [503]  # of another model
    assert (read, on_sqlite.state("order-2")) == ([SECOND], ("sending", None, 1))


def test_receiver_says_which_arguments_go_together(on_sqlite: Jobs) -> None:
    api, ledger = on_sqlite.api, on_sqlite.ledger
    options: list[tuple[dict[str, Any], str]] = [
        ({}, "only with a ledger it may be omitted"),
        ({"handler": print, "save_to": "out"}, "save_to needs a ledger"),
        ({"ledger": ledger, "known": bool}, "cannot be combined with a ledger"),
        ({"ledger": "sqlite:///a.db"}, "must be a Ledger or an AsyncLedger"),
    ]
    for arguments, reason in options:
        with pytest.raises(ConfigurationError, match=reason):
            CallbackReceiver(api, **arguments)


@with_asyncio
def test_results_are_saved_before_their_links_end(jobs: Jobs, tmp_path: Path) -> None:
    jobs.submit()
    assert Receiver(jobs, [], save_to=tmp_path / "out").post(DONE) == [204]
    [path] = (tmp_path / "out").iterdir()
    assert (jobs.job().files, path.name, path.read_bytes()) == ([str(path)], f"{ID}.mp4", FILM)
    jobs.execute("UPDATE evolink_jobs SET handled = NULL, files = NULL")
    (tmp_path / "file").write_text("in the place of a folder")
    assert Receiver(jobs, [], save_to=tmp_path / "file").post(DONE) == [500]
