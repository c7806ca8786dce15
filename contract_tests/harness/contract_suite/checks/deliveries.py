"""Holds the rules on callbacks against the mock: real receivers on real sockets, on a clock moved by hand."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import httpx

import bundle
from contract_suite.core.exchanges import CREATE_PATH, TASK_PATH
from contract_suite.core.results import Finding, Results
from contract_suite.rules.documented import DeliveryCase, DeliveryRule, Rules
from evolink_mock.contract.compiled_contract import packaged_contract
from evolink_mock.domain.clock import ManualClock, sleep
from evolink_mock.domain.delivery import CallbackSender
from evolink_mock.http.addresses import resolve
from evolink_mock.http.app import Mock
from evolink_mock.settings import DEFAULT_API_KEY

PATIENCE = 3.0  # real seconds that an attempt may take to arrive once its time has come
SETTLE = 0.003  # real seconds in which what is due now happens
AFTERWARDS = (4,) * 10  # seconds after the last attempt, in which another one would be noticed


class Received(NamedTuple):
    """A request to the receiver, and what the mock said of the task and its bill when it came."""

    method: str
    headers: dict[str, str]
    body: Any
    task: Any
    bill: Any


class Receiver:
    """A server that takes callbacks and answers as a case says; for use in one event loop.

    Attributes:
        received: the requests that came.
        connections: how many there were, whole or not.
        held: how many requests wait for their answer.
    """

    def __init__(
        self, responses: list[Any], clock: ManualClock, look: Callable[[], Awaitable[tuple[Any, Any]]]
    ) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self.held = 0
        self._answers = responses
        self._clock = clock
        self._look = look

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncGenerator[int, None]:
        """Serve on a free port of this machine, which is yielded."""
        running: set[asyncio.Task[None] | None] = set()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            running.add(asyncio.current_task())
            self.connections += 1
            with contextlib.suppress(OSError, EOFError, ValueError, asyncio.CancelledError):
                await self._take(reader, writer)
            with contextlib.suppress(OSError):
                writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]
        for task in (tasks := [task for task in running if task]):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        content = await reader.readexactly(int(headers.get("content-length", "0")))
        try:
            body = json.loads(content)
        except ValueError:
            body = content.decode("utf-8", "replace")
        number = len(self.received)
        self.received.append(Received(head[0].partition(" ")[0], headers, body, *await self._look()))
        response = self._answers[min(number, len(self._answers) - 1)]
        if bundle.is_object(response):
            self.held += 1
            await sleep(self._clock, response["after"])
            self.held -= 1
            response = response["status"]
        if response == "disconnect":
            return
        location = f"location: http://{headers.get('host', '')}/elsewhere\r\n"
        writer.write(f"HTTP/1.1 {response} Answer\r\n{location}content-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()


@dataclass
class Seen:
    """What a case showed.

    Attributes:
        attempts_at: when the mock made attempts, in seconds from the end of the task on.
        connections: how many reached the receiver.
        received: the requests of these.
        journal: the mock's own account.
    """

    attempts_at: tuple[float, ...]
    connections: int
    received: list[Received]
    journal: list[dict[str, Any]]


def judge_deliveries(rules: Rules, ledger: Results) -> None:
    """Try every case of every rule on callbacks with a mock of its own, all at once."""
    request = next(iter(rules.requests.values()))

    async def judge_all() -> None:
        found = [rule for rule in rules.rules if isinstance(rule, DeliveryRule)]
        await asyncio.gather(*(_judge(rule, case, request, ledger) for rule in found for case in rule.cases))

    asyncio.run(judge_all())


async def _judge(rule: DeliveryRule, case: DeliveryCase, request: dict[str, Any], ledger: Results) -> None:
    try:
        seen = await _Trial(case).run(request)
    except Exception as error:  # noqa: BLE001 - a mock that is wrong may fail anyhow, and the others are to be judged
        ledger.breaks(rule, Finding("a delivery", f"{type(error).__name__}: {error}"))
        return
    shown = {"case": {"outcome": case.outcome, "answers": list(case.responses)}, "deliveries": seen.journal}
    problem = _problem(case, seen)
    if problem is None:
        ledger.holds(rule, lambda: shown)
    else:
        ledger.breaks(rule, Finding(*problem, shown))


def _problem(case: DeliveryCase, seen: Seen) -> tuple[str, str] | None:
    """Return what was expected and what came instead, if anything did."""
    asked = f"a task that is {case.until or case.outcome}, to a receiver that answers {list(case.responses)}"
    if seen.attempts_at != case.attempts_at:
        return f"attempts at {_times(case.attempts_at)} for {asked}", f"attempts at {_times(seen.attempts_at)}"
    if seen.connections != case.received:
        return f"{case.received} requests to the receiver for {asked}", f"{seen.connections} requests"
    if not seen.received:
        return None
    first = seen.received[0]
    found = {
        "method": first.method,
        "content_type": first.headers.get("content-type", "none").partition(";")[0],
        "body": "task" if first.body == first.task else f"{str(first.body)[:200]}, unlike the query",
        "after": "billing" if first.bill.get("settled") else "no settled charge",
    }
    for name, expected in case.expects.items():
        if found[name] != expected:
            return f"{name.replace('_', ' ')} {expected}", found[name]
    return None


def _times(times: tuple[float, ...]) -> str:
    return ", ".join(f"{at:g} s" for at in times) or "no time"


class _Trial:
    """One case: a mock, a receiver, and the time that both go by."""

    def __init__(self, case: DeliveryCase) -> None:
        self._case = case
        self._clock = ManualClock()
        self._receiver = Receiver(list(case.responses) or [200], self._clock, self._look)
        self._task_id = ""

    async def run(self, request: dict[str, Any]) -> Seen:
        """Create a task, let it end and its callback be delivered, and return what was seen."""
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
                    verify=False,  # receivers are unencrypted, and loading the authorities takes long
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

    async def _look(self) -> tuple[Any, Any]:
        task = await self._http.get(TASK_PATH + self._task_id)
        bill = await self._http.get(f"/_mock/billing/{self._task_id}")
        return task.json(), bill.json()

    async def _drive(self, body: dict[str, Any]) -> Seen:
        created = await self._http.post(CREATE_PATH, json=body, headers={"prefer": f"outcome={self._case.outcome}"})
        self._task_id = created.json()["id"]
        ended = await self._until_ended(created.json()["task_info"]["estimated_time"])
        if ended is not None:
            for index, at in enumerate(self._case.attempts_at):
                self._advance_to(ended + at - 0.05)
                await asyncio.sleep(SETTLE)
                self._advance_to(ended + at)
                if not await self._attempted(index):
                    break
        for _ in range(5 if self._case.then == "queries" else 0):
            await self._http.get(TASK_PATH + self._task_id)
        for seconds in AFTERWARDS if ended is not None else ():
            self._clock.advance(seconds)
            await asyncio.sleep(SETTLE)
        await asyncio.sleep(10 * SETTLE)
        if ended is None:  # what was begun although it is too early is to be seen, however long it takes
            await self._until(lambda: not self._deliveries.is_delivering, 0, PATIENCE)
        journal = await self._journal()
        start = ended or 0.0
        times = tuple(round(attempt["at"] - start, 3) for attempt in journal)
        return Seen(times, self._receiver.connections, self._receiver.received, journal)

    async def _until_ended(self, estimate: float) -> float | None:
        """Let time pass until the task has ended, and return when that was; None when it is to be left before."""
        for moment in (0, estimate * 0.05, estimate * 0.5, estimate, *(estimate * count for count in range(2, 11))):
            self._advance_to(moment)
            await asyncio.sleep(SETTLE)
            status = (await self._http.get(TASK_PATH + self._task_id)).json()["status"]
            if status == self._case.until:
                return None
            if status not in {"pending", "processing"}:
                return self._clock.elapsed()
        raise TimeoutError("the task never ended")

    async def _attempted(self, index: int) -> bool:
        """Wait until an attempt was made and answered, moving the clock while the receiver takes its time."""
        if not await self._until(lambda: self._receiver.held > 0, index, PATIENCE):
            return False
        while self._receiver.held and len(await self._journal()) <= index:
            self._clock.advance(await self._clock.next_callback())
            await self._until(lambda: not self._receiver.held, index, PATIENCE)
        return await self._until(lambda: False, index, PATIENCE)

    async def _until(self, happened: Callable[[], bool], index: int, patience: float) -> bool:
        """Wait until something has happened or an attempt is in the journal; return whether it was in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while not happened() and len(await self._journal()) <= index:  # noqa: ASYNC110 - nobody tells of it
                    await asyncio.sleep(SETTLE)
                return True
        return False

    async def _journal(self) -> list[dict[str, Any]]:
        response = await self._http.get("/_mock/deliveries", params={"task_id": self._task_id})
        journal: list[dict[str, Any]] = response.json()["deliveries"]
        return journal

    def _advance_to(self, moment: float) -> None:
        if moment > self._clock.elapsed():
            self._clock.advance(moment - self._clock.elapsed())
