"""Callbacks: delivered over real sockets by the documented rules, on a clock that the test moves."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import queue
import re
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import anyio.to_thread
import httpx
import pytest
import trustme
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from evolink_mock import MockServer
from evolink_mock.contract.compiled_contract import packaged_contract
from evolink_mock.domain.clock import ManualClock
from evolink_mock.domain.delivery import Attempt, CallbackSender, DeliveryRules
from evolink_mock.http.addresses import is_public
from evolink_mock.http.app import Mock
from evolink_mock.server import ServedApp, listen
from evolink_sandbox.notices import Notices

URL = "https://hooks.example.com/video?task=1"
BODY = {"id": "task-unified-1-a", "status": "completed"}
DOCUMENTED = DeliveryRules(timeout=10, retry_after=(1, 2, 4))

pytestmark = pytest.mark.anyio


class Receiver:
    """An application that receives callbacks and responds with `statuses` in turn, then with 200."""

    def __init__(self, *statuses: int) -> None:
        self.received: queue.Queue[tuple[str, dict[str, str], Any]] = queue.Queue()
        self._statuses = list(statuses)
        self.app = Starlette(routes=[Route("/{path:path}", self._receive, methods=["POST", "GET"])])

    async def _receive(self, request: Request) -> Response:
        self.received.put((request.method + " " + request.url.path, dict(request.headers), await request.json()))
        status = self._statuses.pop(0) if self._statuses else 200
        return Response(status_code=status, headers={"location": "/elsewhere"})

    async def next(self) -> tuple[str, dict[str, str], Any]:
        """Return the next callback."""
        return await anyio.to_thread.run_sync(lambda: self.received.get(timeout=5))


@asynccontextmanager
async def delivering(sender: CallbackSender) -> AsyncGenerator[CallbackSender, None]:
    try:
        yield sender
    finally:
        await sender.aclose()


@asynccontextmanager
async def serving(
    handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], tls: ssl.SSLContext | None = None
) -> AsyncGenerator[int, None]:
    """Serve every connection with `handle`; yield the port, and close all connections at the end."""
    running: set[asyncio.Task[None] | None] = set()

    async def handle_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        running.add(asyncio.current_task())
        with suppress(OSError, asyncio.IncompleteReadError):
            await handle(reader, writer)
        with suppress(OSError):
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(handle_and_close, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]
    await asyncio.gather(*(task for task in running if task))


async def run(deliveries: CallbackSender, clock: ManualClock, url: str = URL) -> list[float]:
    """Deliver `BODY`, moving the clock whenever the delivery waits for it; return the length of each wait."""
    delivery = deliveries.start("task-unified-1-a", url, BODY)
    waits: list[float] = []
    while not delivery.done():
        waiting = asyncio.ensure_future(clock.next_callback())
        await asyncio.wait({delivery, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            waits.append(waiting.result())
            clock.advance(waiting.result())
            await asyncio.sleep(0)  # lets the delivery continue
        else:
            waiting.cancel()
    await delivery
    return waits


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


# --- the rules


def test_rules_are_the_documented_ones() -> None:
    assert packaged_contract().delivery == DOCUMENTED


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_succeeds_at_the_first_attempt(clock: ManualClock, status: int) -> None:
    receiver = Receiver(status)
    with ServedApp(receiver.app, listen("127.0.0.1", 0)) as served:
        async with delivering(CallbackSender(clock, DOCUMENTED, forward_to=served.url)) as deliveries:
            assert await run(deliveries, clock) == []
            method, headers, body = await receiver.next()
    assert (method, headers["content-type"], body) == ("POST /video", "application/json", BODY)
    [attempt] = deliveries.journal
    assert attempt == Attempt(
        task_id="task-unified-1-a", url=URL, attempt=1, at=0, waited=0, took_ms=attempt.took_ms, delivered=True,
        status=status, error=None, sent_to=f"{served.url}/video?task=1", body=BODY,
    )  # fmt: skip


@pytest.mark.parametrize("status", [300, 302, 304, 400, 404, 410, 429, 500, 503])
async def test_anything_but_2xx_is_retried_after_1_2_and_4_seconds_and_then_given_up(
    clock: ManualClock, status: int
) -> None:
    receiver = Receiver(*[status] * 9)
    with ServedApp(receiver.app, listen("127.0.0.1", 0)) as served:
        async with delivering(CallbackSender(clock, DOCUMENTED, forward_to=served.url)) as deliveries:
            assert await run(deliveries, clock) == [1, 2, 4]
    journal = list(deliveries.journal)
    assert [(a.attempt, a.at, a.waited, a.delivered, a.status) for a in journal] == [
        (1, 0, 0, False, status),
        (2, 1, 1, False, status),
        (3, 3, 2, False, status),
        (4, 7, 4, False, status),
    ]
    redirected = f"status {status} is a redirect to /elsewhere, and redirects are not followed"
    assert {a.error for a in journal} == {redirected if status < 400 else f"status {status} is not a 2xx"}
    assert receiver.received.qsize() == 4


async def test_retries_end_with_the_first_success(clock: ManualClock) -> None:
    receiver = Receiver(500, 404)
    with ServedApp(receiver.app, listen("127.0.0.1", 0)) as served:
        async with delivering(CallbackSender(clock, DOCUMENTED, forward_to=served.url)) as deliveries:
            assert await run(deliveries, clock) == [1, 2]
    assert [(a.delivered, a.status) for a in deliveries.journal] == [(False, 500), (False, 404), (True, 200)]


@pytest.mark.parametrize(
    ("forward_path", "path"),
    [("", "/video?task=1"), ("/", "/?task=1"), ("/hook", "/hook?task=1"), ("/hook?a=b", "/hook?a=b&task=1")],
)
async def test_forwarded_callback_keeps_the_query_and_without_a_path_also_the_path(
    clock: ManualClock, forward_path: str, path: str
) -> None:
    urls: list[str] = []

    async def receive(request: Request) -> Response:
        urls.append(str(request.url))
        return Response(status_code=204)

    app = Starlette(routes=[Route("/{path:path}", receive, methods=["POST"])])
    with ServedApp(app, listen("127.0.0.1", 0)) as served:
        async with delivering(CallbackSender(clock, DOCUMENTED, forward_to=served.url + forward_path)) as deliveries:
            await run(deliveries, clock)
    assert urls == [deliveries.journal[0].sent_to] == [served.url + path]


async def test_redirects_are_not_followed(clock: ManualClock) -> None:
    receiver = Receiver(302, 307, 308, 301)
    with ServedApp(receiver.app, listen("127.0.0.1", 0)) as served:
        async with delivering(CallbackSender(clock, DOCUMENTED, forward_to=f"{served.url}/hook")) as deliveries:
            await run(deliveries, clock)
    assert {receiver.received.get_nowait()[0] for _ in range(4)} == {"POST /hook"}
    assert receiver.received.empty()


async def test_receiver_that_does_not_respond_in_time_is_retried(clock: ManualClock) -> None:
    async def handle(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()  # until the mock closes the connection

    rules = DeliveryRules(timeout=0.05, retry_after=(1, 2, 4))
    async with (
        serving(handle) as port,
        delivering(CallbackSender(clock, rules, forward_to=f"http://127.0.0.1:{port}")) as deliveries,
    ):
        assert await run(deliveries, clock) == [1, 2, 4]
    assert [(a.status, a.error) for a in deliveries.journal] == [
        (None, "no response within 0.05 s, including the DNS lookup")
    ] * 4


async def test_unreachable_receiver_is_retried(clock: ManualClock) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
    async with delivering(CallbackSender(clock, DOCUMENTED, forward_to=f"http://127.0.0.1:{port}")) as deliveries:
        assert await run(deliveries, clock) == [1, 2, 4]
    assert all(a.error and a.error.startswith("ConnectError") for a in deliveries.journal)


@pytest.mark.parametrize(
    ("response", "delivered"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\nand so on", True),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>", True),
        (b"", False),
        (b"nonsense\r\n\r\n", False),
        (b"HTTP/1.1 20", False),
    ],
)
async def test_only_the_status_of_a_response_counts_and_an_invalid_response_is_retried(
    clock: ManualClock, response: bytes, *, delivered: bool
) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(response)
        await writer.drain()
        if delivered:
            await reader.read()  # never sends the rest

    async with (
        serving(handle) as port,
        delivering(CallbackSender(clock, DOCUMENTED, forward_to=f"http://127.0.0.1:{port}")) as deliveries,
    ):
        waits = await run(deliveries, clock)
    assert waits == ([] if delivered else [1, 2, 4])
    assert [a.delivered for a in deliveries.journal][-1] == delivered


async def test_cancelled_deliveries_send_nothing_more(clock: ManualClock) -> None:
    receiver = Receiver(500)
    with ServedApp(receiver.app, listen("127.0.0.1", 0)) as served:
        deliveries = CallbackSender(clock, DOCUMENTED, forward_to=served.url)
        waiting = deliveries.start("task-unified-1-a", URL, BODY)
        await receiver.next()
        await clock.next_callback()
        await deliveries.aclose()
        clock.advance(10)
        await deliveries.start("task-unified-1-b", URL, BODY)
        assert waiting.cancelled()
    assert receiver.received.empty()
    assert len(deliveries.journal) == 1


async def test_excess_deliveries_wait_for_a_slot_before_their_timeout_starts(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evolink_mock.domain.delivery.MAX_ATTEMPTS", 2)
    at_once: list[int] = []
    present = 0

    async def resolve(_host: str, _port: int) -> list[str]:
        nonlocal present
        present += 1
        at_once.append(present)
        await asyncio.sleep(0.05)
        present -= 1
        return ["10.0.0.1"]

    rules = DeliveryRules(timeout=0.4, retry_after=())
    async with delivering(CallbackSender(clock, rules, resolve=resolve)) as deliveries:
        await asyncio.gather(*(deliveries.start(f"task-unified-1-{n}", URL, BODY) for n in range(20)))
    assert max(at_once) == 2
    assert {a.error for a in deliveries.journal} == {
        "hooks.example.com is the private address 10.0.0.1, to which callbacks are never sent"
    }


async def test_journal_keeps_the_latest_attempts_and_contains_no_password(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evolink_mock.domain.delivery.JOURNAL_LENGTH", 3)
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
    forward_to = f"http://user:secret@127.0.0.1:{port}/hook"
    async with delivering(CallbackSender(clock, DOCUMENTED, forward_to=forward_to)) as deliveries:
        await run(deliveries, clock)
    assert [a.attempt for a in deliveries.journal] == [2, 3, 4]
    assert {a.sent_to for a in deliveries.journal} == {f"http://127.0.0.1:{port}/hook?task=1"}


# --- addresses that never receive callbacks


@dataclass
class FakeResolver:
    """A resolver with fixed addresses that records its lookups."""

    addresses: dict[str, list[str]]
    lookups: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    async def __call__(self, host: str, port: int) -> list[str]:
        self.lookups.append((host, port))
        if host not in self.addresses:
            raise OSError("Name or service not known")
        return self.addresses[host]


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("rebound.example.com", "127.0.0.1"),
        ("localhost.", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("10.1", "10.0.0.1"),
        ("inside.example.com", "192.168.1.1"),
        ("metadata.example.com", "169.254.169.254"),
        ("carrier.example.com", "100.64.0.1"),
        ("six.example.com", "::1"),
        ("mapped.example.com", "::ffff:127.0.0.1"),
        ("mapped.example.com", "::ffff:10.0.0.1"),
        ("nat64.example.com", "64:ff9b::7f00:1"),
        ("sixtofour.example.com", "2002:7f00:1::"),
        ("local.example.com", "fe80::1"),
        ("site.example.com", "fec0::1"),
        ("compatible.example.com", "::7f00:1"),
        ("translated.example.com", "::ffff:0:7f00:1"),
        ("nat64.example.com", "64:ff9b:1::7f00:1"),
        ("teredo.example.com", "2001:0:4136:e378:8000:63bf:80ff:fffe"),
        ("paper.example.com", "2001:db8::1"),
        ("paper.example.com", "3fff::1"),
        ("unique.example.com", "fd00::1"),
        ("any.example.com", "0.0.0.0"),
        ("any6.example.com", "::"),
        ("multicast.example.com", "224.0.0.1"),
        ("broadcast.example.com", "255.255.255.255"),
    ],
)
async def test_callback_is_never_sent_to_a_private_address_in_any_notation(
    clock: ManualClock, host: str, address: str
) -> None:
    names = FakeResolver({host: ["93.184.216.34", address]})
    async with delivering(CallbackSender(clock, DOCUMENTED, resolve=names)) as deliveries:
        assert await run(deliveries, clock, f"https://{host}:8443/hook") == [1, 2, 4]
    assert names.lookups == [(host, 8443)] * 4
    assert {(a.status, a.error) for a in deliveries.journal} == {
        (None, f"{host} is the private address {address}, to which callbacks are never sent")
    }


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1"])
async def test_system_resolver_recognizes_other_notations_of_localhost(clock: ManualClock, host: str) -> None:
    async with delivering(CallbackSender(clock, DeliveryRules(10, ()))) as deliveries:
        await run(deliveries, clock, f"https://{host}/hook")
    [attempt] = deliveries.journal
    assert attempt.error == f"{host} is the private address 127.0.0.1, to which callbacks are never sent"


async def test_name_that_cannot_be_resolved_is_retried(clock: ManualClock) -> None:
    async with delivering(CallbackSender(clock, DOCUMENTED, resolve=FakeResolver({}))) as deliveries:
        assert await run(deliveries, clock) == [1, 2, 4]
    assert {a.error for a in deliveries.journal} == {"hooks.example.com cannot be resolved: Name or service not known"}


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
async def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


# --- over TLS, to the address that was checked


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@asynccontextmanager
async def tls_receiver(
    authority: trustme.CA, *identities: str
) -> AsyncGenerator[tuple[int, asyncio.Queue[tuple[str | None, bytes]]], None]:
    """Serve TLS as `identities`; yield the port, and a queue with the server name and head of every request."""
    requests: asyncio.Queue[tuple[str | None, bytes]] = asyncio.Queue()
    lookups: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate: Any = authority.issue_cert(*identities)  # trustme's types mention an optional library
    certificate.configure_cert(context)

    def note(_socket: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        lookups.append(name)

    context.sni_callback = note

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            requests.put_nowait((lookups[-1], head))
            await reader.readexactly(int(re.findall(rb"content-length: ([0-9]+)", head.lower())[0]))
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()

    async with serving(handle, context) as port:
        yield port, requests


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    untyped: Any = authority  # as above
    untyped.configure_trust(context)
    return context


async def test_callback_is_sent_to_the_checked_address_with_the_host_name(
    clock: ManualClock, authority: trustme.CA
) -> None:
    names = FakeResolver({"hooks.example.com": ["127.0.0.1"]})
    async with tls_receiver(authority, "hooks.example.com") as (port, requests):
        async with delivering(
            CallbackSender(clock, DOCUMENTED, resolve=names, is_allowed=lambda _: True, verify=trusting(authority))
        ) as deliveries:
            assert await run(deliveries, clock, f"https://hooks.example.com:{port}/video?task=1") == []
        server_name, head = requests.get_nowait()
    assert server_name == "hooks.example.com"
    assert head.startswith(b"POST /video?task=1 HTTP/1.1\r\n")
    assert f"\r\nhost: hooks.example.com:{port}\r\n".encode() in head.lower()
    assert names.lookups == [("hooks.example.com", port)]
    assert [(a.status, a.sent_to) for a in deliveries.journal] == [(200, None)]


async def test_hosts_that_share_an_address_share_no_connection(clock: ManualClock, authority: trustme.CA) -> None:
    hosts = ["one.example.com", "two.example.com"]
    names = FakeResolver({host: ["127.0.0.1"] for host in hosts})
    async with (
        tls_receiver(authority, *hosts) as (port, requests),
        delivering(
            CallbackSender(clock, DOCUMENTED, resolve=names, is_allowed=lambda _: True, verify=trusting(authority))
        ) as deliveries,
    ):
        for host in hosts:
            await run(deliveries, clock, f"https://{host}:{port}/")
    assert [requests.get_nowait()[0] for _ in hosts] == hosts


async def test_receiver_with_a_certificate_for_another_host_gets_nothing(
    clock: ManualClock, authority: trustme.CA
) -> None:
    async with tls_receiver(authority, "other.example.com") as (port, requests):
        async with delivering(
            CallbackSender(
                clock,
                DeliveryRules(10, ()),
                resolve=FakeResolver({"hooks.example.com": ["127.0.0.1"]}),
                is_allowed=lambda _: True,
                verify=trusting(authority),
            )
        ) as deliveries:
            await run(deliveries, clock, f"https://hooks.example.com:{port}/")
        assert requests.empty()
    [attempt] = deliveries.journal
    assert attempt.error is not None
    assert "CERTIFICATE_VERIFY_FAILED" in attempt.error


# --- when callbacks are sent


@pytest.fixture
def receiver() -> Iterator[tuple[Receiver, str]]:
    waiting = Receiver()
    with ServedApp(waiting.app, listen("127.0.0.1", 0)) as served:
        yield waiting, served.url


@pytest.mark.parametrize("outcome", ["completed", "failed", "cancelled"])
async def test_callback_is_sent_once_the_task_has_ended_with_the_body_of_a_query(
    clock: ManualClock, receiver: tuple[Receiver, str], image_request: dict[str, Any], outcome: str
) -> None:
    waiting, url = receiver
    deliveries = CallbackSender(clock, DOCUMENTED, forward_to=url)
    mock = Mock(clock=clock, callbacks=deliveries)
    headers = {"authorization": "Bearer sk-evo-mock"}
    async with (
        delivering(deliveries),
        httpx.AsyncClient(transport=httpx.ASGITransport(mock), base_url="http://mock", headers=headers) as http,
    ):
        created = await http.post(
            "/v1/videos/generations",
            json={**image_request, "callback_url": URL},
            headers={"prefer": f"outcome={outcome}"},
        )
        path = f"/v1/tasks/{created.json()['id']}"
        clock.advance(119)
        assert (await http.get(path)).json()["status"] == "processing"
        assert (await http.get("/_mock/deliveries")).json() == {"deliveries": []}
        clock.advance(1)
        _, headers_received, body = await waiting.next()
        assert body == (await http.get(path)).json()
        assert body["status"] == outcome
        assert headers_received["content-type"] == "application/json"
    assert waiting.received.empty()


def test_task_without_callback_url_sends_no_callback(
    receiver: tuple[Receiver, str], image_request: dict[str, Any]
) -> None:
    waiting, url = receiver
    with MockServer(pace="at-once", forward_callbacks_to=url) as mock:
        headers = {"authorization": f"Bearer {mock.api_key}"}
        with httpx.Client(base_url=mock.url, headers=headers, trust_env=False) as http:
            for request in (image_request, {**image_request, "callback_url": URL}):
                created = http.post("/v1/videos/generations", json=request).json()
            _, _, body = waiting.received.get(timeout=5)
            assert body["id"] == created["id"]
            while not (journal := http.get("/_mock/deliveries").json()["deliveries"]):
                pass  # the receiver has the callback, but the mock may not have its response yet
            assert http.get("/_mock/deliveries?task_id=task-unified-1-a").json() == {"deliveries": []}
            assert http.get(f"/_mock/deliveries?task_id={created['id']}").json() == {"deliveries": journal}
    [attempt] = journal
    assert waiting.received.empty()
    assert attempt["task_id"] == created["id"]
    assert (attempt["url"], attempt["sent_to"], attempt["status"]) == (URL, f"{url}/video?task=1", 200)


async def test_callbacks_beyond_the_limit_are_not_delivered_and_the_journal_says_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("evolink_mock.domain.delivery.MAX_DELIVERIES", 3)
    monkeypatch.setattr("evolink_mock.domain.delivery.NOTICES", Notices(logging.getLogger("evolink_mock")))

    async def resolve(_host: str, _port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    sender = CallbackSender(ManualClock(), DeliveryRules(10, (1,)), resolve=resolve)
    deliveries = [sender.start(f"task-{number}", "https://example.com/", {}) for number in range(30)]
    await asyncio.wait(deliveries[3:])
    assert [attempt.error for attempt in sender.journal] == ["3 other callbacks are being delivered"] * 27
    assert [record.getMessage() for record in caplog.records] == [
        "callback not delivered: 3 other callbacks are being delivered"
    ]
    await sender.aclose()
