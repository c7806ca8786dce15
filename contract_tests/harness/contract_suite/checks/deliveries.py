"""Deliveries of callbacks by the mock to receivers on real sockets, with a clock that is moved by hand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx

import bundle
from contract_suite.rules.documented import Rules
from contract_suite.rules.kinds import DeliveryCase, DeliveryRule
from contract_suite.rules.operations import CREATE_PATH, TASK_PATH
from evolink._json import parse_json
from evolink_mock.contract.compiled_contract import packaged_contract
from evolink_mock.domain.clock import ManualClock, sleep
from evolink_mock.domain.delivery import CallbackSender
from evolink_mock.http.addresses import resolve
from evolink_mock.http.app import Mock
from evolink_mock.settings import DEFAULT_API_KEY

PATIENCE = 3.0  # real seconds that an attempt may take to arrive after its due time
ESTIMATED_TIME = 120.0
"""The seconds that a task takes whose response has no estimate."""
SETTLE = 0.003  # real seconds in which the mock does all that is due now
AFTERWARDS = (4,) * 10  # seconds after the last attempt, to notice a further one


class Received(NamedTuple):
    """A request to the receiver, and the task and its bill at that moment."""

    method: str
    headers: dict[str, str]
    body: Any
    task: Any
    bill: Any


class Receiver:
    """A server that receives callbacks and responds as a case says. It belongs to one event loop.

    Attributes:
        received: The complete requests.
        connections: The number of connections.
        held: The number of requests that wait for their response.
    """

    def __init__(
        self, responses: list[Any], clock: ManualClock, snapshot: Callable[[], Awaitable[tuple[Any, Any]]]
    ) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self.held = 0
        self._responses = responses
        self._clock = clock
        self._snapshot = snapshot

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncGenerator[int, None]:
        """Serve on a free port of this machine, and yield the port."""
        running: set[asyncio.Task[None] | None] = set()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            running.add(asyncio.current_task())
            self.connections += 1
            with contextlib.suppress(OSError, EOFError, ValueError, asyncio.CancelledError):
                await self._receive(reader, writer)
            with contextlib.suppress(OSError):
                writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]
        for task in (tasks := [task for task in running if task]):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        content = await reader.readexactly(int(headers.get("content-length", "0")))
        try:
            body = parse_json(content)
        except ValueError:
            body = content.decode("utf-8", "replace")
        number = len(self.received)
        self.received.append(Received(head[0].partition(" ")[0], headers, body, *await self._snapshot()))
        response = self._responses[min(number, len(self._responses) - 1)]
        if bundle.is_object(response):
            self.held += 1
            await sleep(self._clock, response["after"])
            self.held -= 1
            response = response["status"]
        if response == "disconnect":
            return
        location = f"location: http://{headers.get('host', '')}/another\r\n"
        writer.write(
            f"HTTP/1.1 {response} Response\r\n{location}content-length: 0\r\nconnection: close\r\n\r\n".encode()
        )
        await writer.drain()


@dataclass
class Delivery:
    """The deliveries that the mock made for a case.

    Attributes:
        case: The case.
        attempts_at: The seconds from the end of the task to each attempt.
        connections: The number of connections that the receiver got.
        received: The complete requests among them.
        journal: The mock's own record of the attempts.
        error: The error that ended the case. Empty when there was none.
    """

    case: DeliveryCase
    attempts_at: tuple[float, ...] = ()
    connections: int = 0
    received: list[Received] = field(default_factory=list[Received])
    journal: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    error: str = ""


def observe_deliveries(rules: Rules) -> dict[str, list[Delivery]]:
    """Try every case of the rules on deliveries with a mock of its own, all at once.

    Returns:
        The deliveries by the id of the rule.
    """
    request = next(iter(rules.requests.values()))

    async def observe_all() -> dict[str, list[Delivery]]:
        trials = {
            rule.id: [asyncio.create_task(_observe(case, request)) for case in rule.cases]
            for rule in rules.of_kind(DeliveryRule)
        }
        return {rule_id: [await trial for trial in each] for rule_id, each in trials.items()}

    return asyncio.run(observe_all())


async def _observe(case: DeliveryCase, request: dict[str, Any]) -> Delivery:
    try:
        return await _Trial(case).run(request)
    except Exception as error:  # noqa: BLE001 - a wrong mock may raise anything, and other cases must go on
        return Delivery(case, error=f"{type(error).__name__}: {error}")


class _Trial:
    """One case: a mock, a receiver, and the clock of both."""

    def __init__(self, case: DeliveryCase) -> None:
        self._case = case
        self._clock = ManualClock()
        self._receiver = Receiver(list(case.responses) or [200], self._clock, self._snapshot)
        self._task_id = ""

    async def run(self, request: dict[str, Any]) -> Delivery:
        """Create a task, let it end and its callback be delivered, and return the deliveries."""
        async with self._receiver.serving() as port:
            if self._case.resolves_to or self._case.host:
                url = f"https://{self._case.host or 'your-domain.com'}:{port}/hook"
                deliveries = CallbackSender(
                    self._clock,
                    packaged_contract().delivery,
                    resolve=resolve if self._case.host else self._resolve,
                    attempt_clock=self._clock,
                    verify=False,
                )
            else:
                url = "https://your-domain.com/hook"
                deliveries = CallbackSender(
                    self._clock,
                    packaged_contract().delivery,
                    forward_to=f"http://127.0.0.1:{port}/hook",
                    attempt_clock=self._clock,
                    verify=False,  # receivers are unencrypted, and loading the certificate authorities takes long
                )
            self._deliveries = deliveries
            mock = Mock(clock=self._clock, callbacks=deliveries)
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(mock),
                trust_env=False,
                base_url="http://mock.invalid",
                headers={"authorization": f"Bearer {DEFAULT_API_KEY}"},
            ) as self._http:
                try:
                    return await self._drive({**request, "callback_url": url})
                finally:
                    await deliveries.aclose()

    async def _resolve(self, _host: str, _port: int) -> list[str]:
        return [self._case.resolves_to or ""]

    async def _snapshot(self) -> tuple[Any, Any]:
        task = await self._http.get(TASK_PATH + self._task_id)
        bill = await self._http.get(f"/_mock/billing/{self._task_id}")
        return task.json(), bill.json()

    async def _drive(self, body: dict[str, Any]) -> Delivery:
        created = await self._http.post(CREATE_PATH, json=body, headers={"prefer": f"outcome={self._case.outcome}"})
        self._task_id = created.json()["id"]
        information = created.json().get("task_info", {})  # which the responses of some models lack
        ended = await self._run_to_end(information.get("estimated_time", ESTIMATED_TIME))
        if ended is not None:
            for index, at in enumerate(self._case.attempts_at):
                self._advance_to(ended + at - 0.05)
                await asyncio.sleep(SETTLE)
                self._advance_to(ended + at)
                if not await self._wait_for_attempt(index):
                    break
        for _ in range(5 if self._case.then == "queries" else 0):
            await self._http.get(TASK_PATH + self._task_id)
        for seconds in AFTERWARDS if ended is not None else ():
            self._clock.advance(seconds)
            await asyncio.sleep(SETTLE)
        await asyncio.sleep(10 * SETTLE)
        if ended is None:  # an attempt that began too early must be complete before the journal is read
            await self._wait_until(lambda: not self._deliveries.is_delivering, 0, PATIENCE)
        journal = await self._read_journal()
        start = ended or 0.0
        times = tuple(round(attempt["at"] - start, 3) for attempt in journal)
        return Delivery(self._case, times, self._receiver.connections, self._receiver.received, journal)

    async def _run_to_end(self, estimate: float) -> float | None:
        """Advance the clock until the task has ended, and return that time. None at the status in `until`."""
        for moment in (0, estimate * 0.05, estimate * 0.5, estimate, *(estimate * count for count in range(2, 11))):
            self._advance_to(moment)
            await asyncio.sleep(SETTLE)
            status = (await self._http.get(TASK_PATH + self._task_id)).json()["status"]
            # The tasks of some models are never pending.
            if self._case.until in {status, "pending" if status == "processing" and moment == 0 else status}:
                return None
            if status not in {"pending", "processing"}:
                return self._clock.elapsed()
        raise TimeoutError("the task never ended")

    async def _wait_for_attempt(self, index: int) -> bool:
        """Wait until an attempt has got its response. The clock is advanced while the receiver holds the request."""
        if not await self._wait_until(lambda: self._receiver.held > 0, index, PATIENCE):
            return False
        while self._receiver.held and self._deliveries.count <= index:
            self._clock.advance(await self._clock.next_callback())
            await self._wait_until(lambda: not self._receiver.held, index, PATIENCE)
        return await self._wait_until(lambda: False, index, PATIENCE)

    async def _wait_until(self, condition: Callable[[], bool], index: int, patience: float) -> bool:
        """Wait for a condition or for the end of the attempt. Return False after `patience` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                # Not read by a request, which would take as long as everything that it waits for.
                while not condition() and self._deliveries.count <= index:  # noqa: ASYNC110 - the mock signals no event
                    await asyncio.sleep(SETTLE)
                return True
        return False

    async def _read_journal(self) -> list[dict[str, Any]]:
        response = await self._http.get("/_mock/deliveries", params={"task_id": self._task_id})
        journal: list[dict[str, Any]] = response.json()["deliveries"]
        return journal

    def _advance_to(self, moment: float) -> None:
        if moment > self._clock.elapsed():
            self._clock.advance(moment - self._clock.elapsed())
