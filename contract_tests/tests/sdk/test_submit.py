"""A create is never charged twice, and no charged task is lost without an error."""

from __future__ import annotations

import json
import os
import random
import socket
import time
from collections import Counter
from typing import Any

import httpx
import pytest

import evolink
from evolink import (
    AsyncEvoLink,
    BadRequest,
    Conflict,
    EvoLink,
    EvoLinkError,
    NotSent,
    QuotaExceeded,
    RateLimited,
    Refused,
    RequestError,
    ResponseLost,
    SubmissionUnknown,
    Task,
    Unavailable,
    Wan25ImageToVideo,
)
from evolink._responses import retry_after
from evolink._retries import FIRST_PAUSE, INTERRUPTED, LONGEST_PAUSE, pause
from evolink.errors import NextStep
from evolink_client.api.videos import create_video_generation
from evolink_mock import MockServer

KEY = "sk-evo-simulated-0123456789"
REQUEST = Wan25ImageToVideo(prompt="A cat", image_urls=["https://example.com/a.png"])
IDEMPOTENCY_KEY = "order-7-of-2026-11-21"


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, in seconds; the tests do not wait for them."""
    made: list[float] = []
    monkeypatch.setattr("evolink._http.sleep", made.append)
    return made


def refusal(status: int, headers: dict[str, str] | None = None, code: str = "x") -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "message": "No", "type": "t"}}, headers=headers)


Event = httpx.Response | type[httpx.HTTPError]
ACCEPTED = httpx.Response(200, json={"id": "task-unified-1-abcdefgh", "status": "pending"})


class Script(httpx.MockTransport):
    """Responds with the given responses and exceptions in turn, and repeats the last one."""

    def __init__(self, *events: Event) -> None:
        super().__init__(self.respond)
        self.events = list(events)
        self.requests: list[httpx.Request] = []

    def respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        event = self.events.pop(0) if len(self.events) > 1 else self.events[0]
        if isinstance(event, httpx.Response):
            return httpx.Response(event.status_code, headers=event.headers, content=event.content)
        raise event("simulated")


def client(transport: httpx.BaseTransport, max_retries: int = 2) -> EvoLink:
    return EvoLink(KEY, base_url="https://api.example.com", transport=transport, max_retries=max_retries)


NEVER_SENT: list[Event] = [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout]
REFUSED_FOR_NOW: list[Event] = [
    refusal(429),
    httpx.Response(429, text="<html>slow down</html>"),
    refusal(503),
]
REFUSED: list[Event] = [refusal(status) for status in (400, 401, 402, 403, 404, 405, 409, 413, 415, 422, 451)]
UNKNOWN: list[Event] = [
    httpx.ReadError,
    httpx.ReadTimeout,
    httpx.WriteError,
    httpx.WriteTimeout,
    httpx.CloseError,
    httpx.RemoteProtocolError,
    httpx.DecodingError,
    refusal(408),
    refusal(409, code="paid_outcome_unknown"),
    httpx.Response(302, headers={"location": "https://example.com/"}),
    refusal(500),
    refusal(502),
    httpx.Response(503, text="<html>maintenance</html>"),
    refusal(504),
    refusal(520),
    httpx.Response(200, text="<html>"),
    httpx.Response(200, json={"status": "pending"}),
    httpx.Response(200, json=[]),
    httpx.Response(204),
]


def named(event: Event) -> str:
    return f"{event.status_code}-{len(event.content)}" if isinstance(event, httpx.Response) else event.__name__


@pytest.mark.parametrize("event", NEVER_SENT + REFUSED_FOR_NOW, ids=named)
def test_create_that_was_certainly_not_accepted_is_retried(event: Event) -> None:
    script = Script(event, event, ACCEPTED)
    assert client(script).submit(REQUEST).id == "task-unified-1-abcdefgh"
    assert len(script.requests) == 3
    assert len({request.content for request in script.requests}) == 1


@pytest.mark.parametrize(
    ("event", "kind"),
    [(event, NotSent) for event in NEVER_SENT]
    + list(zip(REFUSED_FOR_NOW, (RateLimited, RateLimited, Unavailable), strict=True)),
    ids=lambda value: "" if isinstance(value, type) else named(value),
)
def test_create_that_is_not_accepted_after_the_retries_raises_the_error(event: Event, kind: type[RequestError]) -> None:
    script = Script(event)
    with pytest.raises(kind):
        client(script).submit(REQUEST)
    assert len(script.requests) == 3


@pytest.mark.parametrize("event", REFUSED, ids=named)
def test_refused_create_is_not_retried(event: Event) -> None:
    script = Script(event, ACCEPTED)
    with pytest.raises(Refused):
        client(script).submit(REQUEST)
    assert len(script.requests) == 1


@pytest.mark.parametrize("event", UNKNOWN, ids=named)
def test_create_that_may_have_been_accepted_is_never_sent_again(event: Event) -> None:
    script = Script(event, ACCEPTED)
    with pytest.raises(SubmissionUnknown) as caught:
        client(script, max_retries=100).submit(REQUEST)
    assert len(script.requests) == 1
    assert caught.value.model == "wan2.5-image-to-video"
    assert "the task may have been created and charged" in str(caught.value)
    assert str(caught.value).endswith(
        ". Before you submit again, look for the task in the dashboard, compare the credits, and give a callback time "
        "to arrive. Call credits() to see what is left"
    )


@pytest.mark.parametrize("event", [*NEVER_SENT, *REFUSED_FOR_NOW, *UNKNOWN], ids=named)
def test_without_retries_every_request_is_sent_once(event: Event) -> None:
    script = Script(event, ACCEPTED)
    with pytest.raises(RequestError):
        client(script, max_retries=0).submit(REQUEST, idempotency_key=IDEMPOTENCY_KEY)
    assert len(script.requests) == 1
    with pytest.raises(RequestError):
        client(Script(event), max_retries=0).task("task-unified-1-a")


@pytest.mark.parametrize("event", UNKNOWN, ids=named)
def test_create_with_an_idempotency_key_is_sent_once_more_after_an_unknown_outcome(event: Event) -> None:
    script = Script(event, ACCEPTED)
    assert client(script).submit(REQUEST, idempotency_key=IDEMPOTENCY_KEY).id == "task-unified-1-abcdefgh"
    assert [request.headers["idempotency-key"] for request in script.requests] == [IDEMPOTENCY_KEY] * 2


@pytest.mark.parametrize("second", [*UNKNOWN, *REFUSED, *REFUSED_FOR_NOW, *NEVER_SENT], ids=named)
def test_outcome_stays_unknown_whatever_the_second_response_is(second: Event) -> None:
    script = Script(httpx.ReadTimeout, second, ACCEPTED)
    with pytest.raises(SubmissionUnknown):
        client(script, max_retries=100).submit(REQUEST, idempotency_key=IDEMPOTENCY_KEY)
    assert len(script.requests) == 2


def test_refusal_that_names_a_task_may_have_been_accepted() -> None:
    response = httpx.Response(400, json={"id": "task-unified-1-abcdefgh", "status": "pending"})
    with pytest.raises(SubmissionUnknown) as caught:
        client(Script(response)).submit(REQUEST)
    assert caught.value.task_id == "task-unified-1-abcdefgh"
    assert "the response names the task task-unified-1-abcdefgh" in str(caught.value)
    assert caught.value.next_steps == (NextStep("wait", "task-unified-1-abcdefgh"), NextStep("credits"))
    assert "; call wait('task-unified-1-abcdefgh') to wait for it. Call credits()" in str(caught.value)


def test_suggestion_of_the_server_to_try_again_is_not_passed_on() -> None:
    error_body = {"code": 500, "message": "No", "type": "t", "fallback_suggestion": "try again later"}
    with pytest.raises(SubmissionUnknown) as caught:
        client(Script(httpx.Response(500, json={"error": error_body}))).submit(REQUEST)
    assert "try again" not in str(caught.value)
    assert caught.value.response.suggestion == "try again later"


def test_conflict_of_idempotency_keys_is_a_refusal() -> None:
    with pytest.raises(Conflict):
        client(Script(refusal(409, code="idempotency_conflict"))).submit(REQUEST, idempotency_key=IDEMPOTENCY_KEY)


@pytest.mark.parametrize("key", ["short", "x" * 97, "has spaces in between", "ünïcödé-ünïcödé-ü", ""])
def test_invalid_idempotency_key_is_not_sent(key: str) -> None:
    script = Script(ACCEPTED)
    with pytest.raises(evolink.InvalidRequest, match="idempotency_key"):
        client(script).submit(REQUEST, idempotency_key=key)
    assert script.requests == []


def test_retry_after_is_honoured(pauses: list[float]) -> None:
    script = Script(refusal(429, {"retry-after": "7"}), refusal(503, {"retry-after": "0"}), ACCEPTED)
    client(script).submit(REQUEST)
    assert 7 <= pauses[0] <= 7 + FIRST_PAUSE
    assert 0 <= pauses[1] <= FIRST_PAUSE


def test_long_retry_after_raises_instead_of_waiting(pauses: list[float]) -> None:
    script = Script(refusal(429, {"retry-after": "3600"}))
    with pytest.raises(RateLimited) as caught:
        client(script).submit(REQUEST)
    assert (caught.value.retry_after, len(script.requests), pauses) == (3600, 1, [])


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5.0),
        (" 1.5 ", 1.5),
        ("-3", 0.0),
        ("Sat, 21 Nov 2026 10:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 09:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        ("9" * 200, None),
        ("Sat, 99 Nov 2026 10:00:30 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": header, "date": "Sat, 21 Nov 2026 10:00:00 GMT"}) == seconds


def test_date_in_retry_after_is_compared_with_the_clock_of_the_server_only() -> None:
    date = "Sat, 21 Nov 2026 10:00:30 GMT"
    assert retry_after({"retry-after": date}) is None
    assert retry_after({"retry-after": date, "date": "today"}) is None
    assert retry_after({"retry-after": date, "date": "Sat, 21 Nov 2026 10:00:10 GMT"}) == 20


# --- the time limit of a call


class Clock(Script):
    """A script whose attempts take a second each, like the pauses, on a simulated clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *events: Event) -> None:
        super().__init__(*events)
        self.now = 1000.0
        self.timeouts: list[float] = []
        monkeypatch.setattr("evolink._http.sleep", self.pass_time)
        monkeypatch.setattr("evolink._async_http.sleep", self.pass_time_asynchronously)
        monkeypatch.setattr("evolink._http.monotonic", lambda: self.now)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    async def pass_time_asynchronously(self, seconds: float) -> None:
        self.now += seconds

    def respond(self, request: httpx.Request) -> httpx.Response:
        limits = request.extensions["timeout"]
        self.timeouts.append(limits.get("read"))
        self.now += 1
        assert limits.get("write") == pytest.approx(max(0.001, self.timeouts[-1] - 1))
        return super().respond(request)


LIMITED = {
    "a read that fails": (httpx.Response(502), 3.5),
    "a read that is lost": (httpx.ReadError, 3.5),
    "a short Retry-After": (refusal(503, {"retry-after": "0"}), 3.5),
    "a Retry-After beyond the limit": (refusal(429, {"retry-after": "5"}), 1.0),
    "a Retry-After that leaves no time": (refusal(429, {"retry-after": "2.5"}), 1.0),
}


@pytest.mark.anyio
@pytest.mark.parametrize(("event", "most"), LIMITED.values(), ids=LIMITED)
async def test_timeout_of_a_call_includes_its_retries_and_pauses(
    monkeypatch: pytest.MonkeyPatch, event: Event, most: float
) -> None:
    for asynchronous in (False, True):
        clock = Clock(monkeypatch, event)
        if asynchronous:
            async with AsyncEvoLink(KEY, base_url="https://a.example", transport=clock, max_retries=50) as api:
                with pytest.raises(RequestError):
                    await api.task("task-unified-1-abcdefgh", timeout=3.5)
        else:
            with client(clock, max_retries=50) as blocking, pytest.raises(RequestError):
                blocking.task("task-unified-1-abcdefgh", timeout=3.5)
        assert 1 <= clock.now - 1000 <= most + 1  # an attempt that begins in time may end a second later here
        assert clock.timeouts == sorted(clock.timeouts, reverse=True)
        assert clock.timeouts[0] == 3.5


def test_timeout_of_a_call_is_whole_on_a_real_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # it accepts connections and never responds
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        began = time.monotonic()
        with EvoLink(KEY, base_url=url, max_retries=100) as api, pytest.raises(ResponseLost):
            api.task("task-unified-1-abcdefgh", timeout=0.1)
        assert time.monotonic() - began < 5


def test_pauses_are_random_below_a_bound_that_doubles_up_to_a_limit() -> None:
    assert [pause(retries, None, lambda: 1.0) for retries in range(6)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    assert pause(1000, None, lambda: 1.0) == LONGEST_PAUSE
    assert pause(3, None, lambda: 0.0) == 0.0


REPEATED: list[Event] = [*NEVER_SENT, *REFUSED_FOR_NOW, httpx.ReadError, refusal(408), refusal(502)]


@pytest.mark.parametrize("event", REPEATED, ids=named)
def test_read_is_repeated(event: Event) -> None:
    script = Script(event, event, httpx.Response(200, json={"id": "task-unified-1-a", "status": "pending"}))
    assert client(script).task("task-unified-1-a").status == "pending"
    assert len(script.requests) == 3


@pytest.mark.parametrize("event", [refusal(401), refusal(404), httpx.Response(200, text="<html>")], ids=named)
def test_read_with_a_final_error_is_not_repeated(event: Event) -> None:
    script = Script(event)
    with pytest.raises(RequestError):
        client(script).task("task-unified-1-a")
    assert len(script.requests) == 1


def test_response_about_another_task_is_refused() -> None:
    response = httpx.Response(200, json={"id": "task-unified-1-other", "status": "completed"})
    with pytest.raises(evolink.UnexpectedResponse, match="another task"):
        client(Script(response)).task("task-unified-1-mine")


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 415, 429, 500, 502, 503])
def test_documented_refusals_of_the_mock_become_their_errors(mock: MockServer, status: int) -> None:
    with EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as api, pytest.raises(RequestError) as caught:
        api.submit(REQUEST, extra_headers={"prefer": f"code={status}"})
    assert (caught.value.status, caught.value.code) == (status, status)
    assert isinstance(caught.value, SubmissionUnknown) == (status in {500, 502})
    assert caught.value.type is not None


def test_error_has_every_field_of_both_formats() -> None:
    error_body = {"code": "insufficient_quota", "message": "Top up (request id: r-1)", "type": "insufficient_quota"}
    newer = {"error": error_body}
    with pytest.raises(QuotaExceeded) as caught:
        client(Script(httpx.Response(402, json=newer))).submit(REQUEST)
    error = caught.value
    assert (error.code, error.type, error.request_id) == ("insufficient_quota", "insufficient_quota", "r-1")
    older = {"error": {"code": 400, "message": "No", "type": "invalid_request_error", "param": "duration"}}
    with pytest.raises(BadRequest) as refused:
        client(Script(httpx.Response(400, json=older, headers={"x-request-id": "r-2"}))).submit(REQUEST)
    assert (refused.value.code, refused.value.param, refused.value.request_id) == (400, "duration", "r-2")
    assert (refused.value.method, refused.value.path) == ("POST", "/v1/videos/generations")


class Service(httpx.MockTransport):
    """A service that accepts creates, behind a network that fails before, during and after each request."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__(self.respond)
        self.chance = chance
        self.accepted: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self.by_key: dict[str, str] = {}

    def respond(self, request: httpx.Request) -> httpx.Response:
        prompt = json.loads(request.content)["prompt"]
        self.sent[prompt] += 1
        fault = self.chance.randrange(20)
        if fault < 2:
            raise self.chance.choice([httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])("before")
        if fault < 4:
            raise self.chance.choice([httpx.WriteError, httpx.WriteTimeout, httpx.RemoteProtocolError])("during")
        if fault < 7:
            return self.chance.choice([refusal(429), refusal(503), refusal(429, {"retry-after": "1"})])
        if fault < 9:
            return refusal(self.chance.choice([400, 402, 403, 404, 413]))
        task_id = self.accept(prompt, request.headers.get("idempotency-key"))
        if fault < 12:
            raise self.chance.choice([httpx.ReadError, httpx.ReadTimeout, httpx.RemoteProtocolError])("after")
        if fault < 14:
            return self.chance.choice([refusal(500), refusal(502), httpx.Response(503, text="<html>"), refusal(408)])
        if fault < 15:
            return self.chance.choice([httpx.Response(200), httpx.Response(302), httpx.Response(200, text="{")])
        return httpx.Response(200, json={"id": task_id, "status": "pending"})

    def accept(self, prompt: str, key: str | None) -> str:
        if key is not None and key in self.by_key:
            return self.by_key[key]
        self.accepted[prompt] += 1
        task_id = f"task-unified-1-{prompt}"
        if key is not None:
            self.by_key[key] = task_id
        return task_id


@pytest.mark.parametrize("suffix", [None, "-idempotent"], ids=["without a key", "with an idempotency key"])
def test_thousands_of_submissions_are_never_accepted_twice_or_lost_without_an_error(
    suffix: str | None, pauses: list[float]
) -> None:
    service = Service(random.Random(20261121))
    kinds: Counter[str] = Counter()
    with client(service) as api:
        for number in range(1500):
            prompt = f"order-{number:05}"
            request = {"model": "wan2.5-image-to-video", "prompt": prompt, "image_urls": ["https://example.com/a.png"]}
            result: Task | EvoLinkError
            try:
                result = api.submit(request, idempotency_key=suffix and prompt + suffix)
            except EvoLinkError as error:
                result = error
            kinds[type(result).__name__] += 1
            accepted = service.accepted[prompt]
            if isinstance(result, Task):
                assert (accepted, result.id) == (1, f"task-unified-1-{prompt}")
            elif isinstance(result, SubmissionUnknown):
                assert accepted in {0, 1}
            else:
                assert isinstance(result, Refused | NotSent)
                assert accepted == 0
    assert max(service.accepted.values()) == 1
    assert {"Task", "SubmissionUnknown", "BadRequest", "NotSent", "RateLimited"} <= kinds.keys()
    assert kinds["Task"] > 300
    assert len(pauses) > 150


def test_interruption_of_a_create_says_that_it_may_have_been_accepted() -> None:
    class Interrupted(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            raise KeyboardInterrupt(request.method)

    with pytest.raises(KeyboardInterrupt) as caught:
        client(Interrupted()).submit(REQUEST)
    assert caught.value.__notes__ == [INTERRUPTED]


# --- event hooks, other transports, headers and forks


def test_hook_that_cannot_connect_does_not_make_a_create_unsent(mock: MockServer) -> None:
    sent: list[str] = []

    def report(response: httpx.Response) -> None:
        sent.append(str(response.status_code))
        httpx.post("http://127.0.0.1:9/metrics", trust_env=False)

    with EvoLink(mock.api_key, base_url=mock.url) as api:
        api.client.get_httpx_client().event_hooks = {"response": [report]}
        with pytest.raises(SubmissionUnknown):
            api.submit(REQUEST)
    assert sent == ["200"]


def test_error_of_another_client_in_a_hook_does_not_describe_the_create(mock: MockServer) -> None:
    def read_credits(response: httpx.Response) -> None:
        assert response.status_code == 200
        with EvoLink("sk-evo-other", base_url="http://127.0.0.1:9", max_retries=0) as other:
            other.credits()

    with EvoLink(mock.api_key, base_url=mock.url) as api:
        api.client.get_httpx_client().event_hooks = {"response": [read_credits]}
        with pytest.raises(SubmissionUnknown):
            api.submit(REQUEST)


def test_hook_that_raises_after_a_create_gets_a_note_and_nothing_is_sent_again(mock: MockServer) -> None:
    calls: list[int] = []

    def fail(response: httpx.Response) -> None:
        calls.append(response.status_code)
        raise ZeroDivisionError

    with EvoLink(mock.api_key, base_url=mock.url) as api:
        api.client.get_httpx_client().event_hooks = {"response": [fail]}
        with pytest.raises(ZeroDivisionError) as caught:
            api.submit(REQUEST)
    assert calls == [200]
    assert caught.value.__notes__ == [INTERRUPTED]


def test_hook_that_raises_for_statuses_does_not_change_the_errors(mock: MockServer) -> None:
    def raise_for_status(response: httpx.Response) -> None:
        response.raise_for_status()

    with EvoLink("sk-evo-unknown", base_url=mock.url) as api:
        api.client.get_httpx_client().event_hooks = {"response": [raise_for_status]}
        with pytest.raises(evolink.Unauthorized):
            api.submit(REQUEST)
        with pytest.raises(evolink.Unauthorized):
            api.task("task-unified-1-a")


class Foreign(httpx.BaseTransport):
    """A third-party transport, which raises a connection error for every lost request."""

    def __init__(self) -> None:
        self.sent = self.closed = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent += 1
        if request.url.path.endswith("/lost"):
            raise ConnectionResetError
        raise httpx.ConnectTimeout("Server disconnected", request=request)

    def close(self) -> None:
        self.closed += 1


def test_connection_error_of_a_foreign_transport_does_not_count_as_not_sent() -> None:
    foreign = Foreign()
    with pytest.raises(SubmissionUnknown):
        client(foreign).submit(REQUEST)
    assert foreign.sent == 1


def test_operating_system_error_of_a_foreign_transport_becomes_an_sdk_error() -> None:
    with client(Foreign()) as api, pytest.raises(SubmissionUnknown):
        api.client.get_httpx_client().post("/lost")


def test_transport_of_the_caller_is_closed_with_the_client_and_not_before() -> None:
    foreign = Foreign()
    with client(foreign, max_retries=0) as api:
        derived = api.client.with_timeout(httpx.Timeout(3.0))
        task = Task.from_dict({"id": "a", "status": "completed", "results": ["https://example.com/a.mp4"]})
        with pytest.raises(evolink.TransferError):
            api.download(task, "/nonexistent/")
        derived.close()
        assert foreign.closed == 0
    assert foreign.closed == 1


def test_local_protocol_error_does_not_count_as_not_sent() -> None:
    script = Script(httpx.LocalProtocolError, ACCEPTED)
    with pytest.raises(SubmissionUnknown):
        client(script).submit(REQUEST)
    assert len(script.requests) == 1


def test_idempotency_key_counts_only_as_the_argument() -> None:
    script = Script(httpx.ReadTimeout, ACCEPTED)
    with pytest.raises(SubmissionUnknown):
        client(script).submit(REQUEST, extra_headers={"Idempotency-Key": IDEMPOTENCY_KEY})
    assert len(script.requests) == 1


def test_second_unknown_outcome_is_raised_if_it_names_a_task() -> None:
    named = httpx.Response(500, json={"id": "task-unified-9-abcdefgh"})
    with pytest.raises(SubmissionUnknown) as caught:
        client(Script(httpx.ReadTimeout, named)).submit(REQUEST, idempotency_key=IDEMPOTENCY_KEY)
    assert caught.value.task_id == "task-unified-9-abcdefgh"


def test_create_through_any_client_raises_submission_unknown() -> None:
    script = Script(httpx.ReadTimeout, ACCEPTED)
    api = client(script)
    with pytest.raises(SubmissionUnknown) as caught:
        create_video_generation.sync(client=api.files_client, body=REQUEST)
    assert caught.value.model == "wan2.5-image-to-video"
    script.events[:] = [httpx.ReadError]
    http = api.client.get_httpx_client()
    with pytest.raises(SubmissionUnknown), http.stream("POST", "/v1/videos/generations", json=REQUEST.to_dict()):
        pass
    assert len(script.requests) == 2


def test_lost_upload_says_that_repeating_it_costs_nothing() -> None:
    with pytest.raises(evolink.ResponseLost, match="costs nothing"):
        client(Script(httpx.ReadTimeout)).upload("https://example.com/a.png")


def test_invalid_arguments_of_generate_are_refused_before_the_task_costs_money() -> None:
    script = Script(ACCEPTED)
    api = client(script)
    odd: list[Any] = [None, -1, float("inf"), "600"]
    for timeout in odd:
        with pytest.raises(evolink.ConfigurationError):
            api.generate(REQUEST, timeout=timeout)
    with pytest.raises(evolink.ConfigurationError):
        api.generate(REQUEST, on_update=odd[3])
    assert script.requests == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no os.fork; run the tests on Linux or macOS")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_client_created_before_a_fork_cannot_be_used_after_it(mock: MockServer) -> None:
    with EvoLink(mock.api_key, base_url=mock.url) as api:
        api.submit(REQUEST)
        child = os.fork()
        if child == 0:
            try:
                api.submit(REQUEST)
            except evolink.ConfigurationError:
                os._exit(7)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert api.submit(REQUEST).status == "pending"


def test_invalid_extra_headers_are_refused_before_anything_is_sent() -> None:
    script = Script(ACCEPTED)
    odd: list[Any] = [{"Content-Length": "3"}, {"a b": "c"}, [("a", "b")], {"x": 5}, {"": ""}]
    for headers in odd:
        with pytest.raises(evolink.ConfigurationError):
            client(script).submit(REQUEST, extra_headers=headers)
    assert script.requests == []


def test_authorization_header_of_the_caller_is_replaced() -> None:
    script = Script(ACCEPTED)
    derived = client(script).client.with_headers({"Authorization": "Bearer other"})
    create_video_generation.sync(client=derived, body=REQUEST)
    assert script.requests[0].headers.get_list("authorization") == [f"Bearer {KEY}"]
