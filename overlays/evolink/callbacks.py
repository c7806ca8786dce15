"""Callbacks: reading one, and an ASGI application that receives them.

A callback carries no signature, so that anybody who knows the address can send one. It is a hint that a task has
ended, and never more: the task that the application gets is the one that is read back with the API key.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from attrs import field, frozen

from evolink._async_client import AsyncEvoLink
from evolink._base_client import MAX_ID_LENGTH
from evolink._client import EvoLink
from evolink._contract import JSON, packaged_contract
from evolink._log import logger
from evolink._responses import is_object
from evolink.errors import EvoLinkError, InvalidCallback, NotFound

if TYPE_CHECKING:
    from evolink_client.models import Task

Handler = Callable[["Task"], Any]
"""Takes a task that has ended. A plain function runs in a thread of its own, an asynchronous one in the event loop."""

Known = Callable[[str], bool | Awaitable[bool]]
"""Takes the id of a task; whether the application knows it already."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# A task is described in a few kilobytes.
MAX_BODY_BYTES = 1024 * 1024
# How much of a body that is too long is thrown away unread: a sender who is still sending would not see the answer.
MAX_DISCARDED_BYTES = 16 * 1024 * 1024
# How many tasks are read at a time: whoever forges callbacks makes us read, but no more than this.
READS = 8
REMEMBERED = 10_000
# The part of the documented time for an answer that everything before the handler may take.
PART_BEFORE_HANDLER = 0.8
# How often, and for how long in all, it is asked whether a task is known by now.
KNOWN_PAUSE, KNOWN_SECONDS = 0.25, 5.0


def parse(body: bytes | str) -> Task:
    """Return the task that the body of a callback tells of.

    The body may be anybody's: read the task with `EvoLink.task` before you believe it. Like the answers of the API it
    may have more fields than are documented, and fewer, but never no `id` and no `status`.

    Raises:
        InvalidCallback: it is no JSON object in UTF-8 with these two.
    """
    from evolink_client.models import Task  # noqa: PLC0415 - spares other programs its import

    try:
        text = body if isinstance(body, str) else body.decode()
        value = json.loads(text, parse_constant=_no_json)
        json.dumps(value, ensure_ascii=False).encode()  # fails on half a surrogate pair, which JSON can spell
    except (ValueError, RecursionError, AttributeError, TypeError) as error:  # what is no UTF-8 is a ValueError, too
        raise InvalidCallback(f"the callback's body is no JSON in UTF-8: {str(error)[:200]}; refuse it") from None
    if not is_object(value):
        raise InvalidCallback(f"the callback's body must be a JSON object, not {_kind(value)}; refuse it")
    for name in ("id", "status"):
        if not (isinstance(value.get(name), str) and value[name]):
            found = _kind(value[name]) if name in value else "absent"
            raise InvalidCallback(
                f"the callback's {name} must be a text with something in it; it is {found}; refuse it"
            )
    try:
        return Task.from_dict(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidCallback(f"the callback's body is no task: {error!r:.120}; refuse it") from None


class CallbackReceiver:
    """An ASGI application that receives callbacks at whatever path it is mounted, and hands over tasks that have ended.

        receiver = CallbackReceiver(EvoLink(), handler)  # then: uvicorn module:receiver

    What a callback says is not believed. The task is read back with the API key, and the handler gets that, when it has
    ended: completed, failed or cancelled. The handler is called once for each task and status, however often and in
    whatever order callbacks arrive. What it returns does not matter; the callback is answered with 204 once it has
    returned. When it raises, the answer is 500, and a later delivery calls it again.

    The service takes any status but 2xx, and no answer within the documented time, for a failure, and delivers again as
    long as it is documented to. At most four fifths of that time pass before the handler is called; the rest is the
    handler's. One that takes longer is not interrupted: the delivery is repeated meanwhile, waits for the outcome of
    the first, and calls the handler again only if that has failed. A handler with much to do should put it into a
    queue. Callbacks can be lost: a program that needs every task reads those that are overdue itself.

    What was handed over is remembered in this process alone, and the latest 10,000 of it. Behind a server with several
    processes, or after a restart, a handler may see a task again.

        status  answered when
        204     handed over, now or before
        400     no callback, or an id that no task can have
        404     no such task
        405     not a POST
        408     the body did not arrive in time
        413     the body has more than 1 MiB
        500     the handler, or `known`, raised; the log has it
        503     the task has not ended, is not known yet, could not be read, or another delivery has it in hand

    Args:
        api: reads the tasks; the blocking client does so in threads.
        handler: takes the task, as it was read back. A plain function runs in a thread, an asynchronous one in the
            event loop.
        known: whether the application knows a task id. A callback may come before the id from the answer to the create
            is stored. While the answer is no, it is asked again for up to 5 s, and then the delivery is refused, so
            that it is repeated. A task that is not known is not read either, which makes forged callbacks cheap.
        sleep: waits some seconds between these questions.
    """

    def __init__(
        self,
        api: EvoLink | AsyncEvoLink,
        handler: Handler,
        *,
        known: Known | None = None,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    ) -> None:
        schemas = packaged_contract().schemas
        delivery: JSON = schemas["CallbackUrl"]["x-delivery"]
        self._ends = frozenset[str](delivery["on"])
        self._seconds = float(delivery["timeout-seconds"])
        self._id = re.compile(schemas["TaskId"]["pattern"])
        self._api, self._handler, self._known, self._sleep = api, handler, known, sleep
        self._handed_over: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._turns = WeakValueDictionary[str, asyncio.Lock]()
        self._running: set[asyncio.Task[_Answer]] = set()
        self._reads = asyncio.Semaphore(READS)
        self._threads = ThreadPoolExecutor(READS, thread_name_prefix="evolink-callbacks")

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI has it."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] == "http":
            answer = await self._answer(scope["method"], receive)
            if answer is not None:
                with suppress(OSError):  # nobody is there to read it
                    await answer.send(send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Live as long as the server; what is being handed over when it ends may be finished."""
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self._running:
            await asyncio.wait(self._running, timeout=self._seconds)
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, method: str, receive: Receive) -> _Answer | None:
        """Return what a request is answered with; None when its sender has left."""
        if method != "POST":
            return _Answer(405, "callbacks are sent with POST", [(b"allow", b"POST")])
        deadline = asyncio.get_running_loop().time() + self._seconds * PART_BEFORE_HANDLER
        try:
            async with asyncio.timeout_at(deadline):
                body = await _body(receive)
            if body is None:
                return None
            hint = parse(body)
        except TimeoutError:
            return _Answer(408, "the body did not arrive in time", _CLOSE)
        except _Refusal as refusal:
            return refusal.answer
        except InvalidCallback as error:
            return _Answer(400, str(error))
        if len(hint.id) > MAX_ID_LENGTH or not hint.id.isprintable() or self._id.search(hint.id) is None:
            return _Answer(400, "the id is none that a task can have")
        # In a task of its own, which goes on when the sender leaves: a handler that has begun must be seen to its end.
        running = asyncio.ensure_future(self._in_turn(hint, deadline))
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        await asyncio.wait({running})
        return _Answer(500, "the handler was cancelled") if running.cancelled() else running.result()

    async def _in_turn(self, hint: Task, deadline: float) -> _Answer:
        """Hand over the task that a callback speaks of, after others with the same id."""
        if self._is_handed_over(hint):
            return _HANDED_OVER
        turn = self._turns.setdefault(hint.id, asyncio.Lock())
        try:
            async with asyncio.timeout_at(deadline):
                await turn.acquire()
        except TimeoutError:
            return _Answer(503, "another delivery has the task in hand")
        try:
            return await self._hand_over(hint, deadline)
        except _Refusal as refusal:
            return refusal.answer
        finally:
            turn.release()

    async def _hand_over(self, hint: Task, deadline: float) -> _Answer:
        """Hand over the task that a callback speaks of, unless that was done before.

        Raises:
            _Refusal: it could not be.
        """
        if self._is_handed_over(hint):
            return _HANDED_OVER
        try:
            async with asyncio.timeout_at(deadline):
                await self._wait_until_known(hint.id)
                task = await self._read(hint.id, deadline)
        except TimeoutError:
            raise _Refusal(503, "the task was not known, or could not be read, in time") from None
        if task.status not in self._ends:
            raise _Refusal(503, "the task has not ended")
        if not self._is_handed_over(task):
            await self._call(self._handler, task, task.id)
            self._handed_over[task.id, task.status] = None
            if len(self._handed_over) > REMEMBERED:
                self._handed_over.popitem(last=False)
        return _HANDED_OVER

    def _is_handed_over(self, task: Task) -> bool:
        key = (task.id, task.status)
        if key in self._handed_over:
            self._handed_over.move_to_end(key)
            return True
        return False

    async def _wait_until_known(self, task_id: str) -> None:
        """Return once the application knows the task.

        Raises:
            _Refusal: it does not within some seconds.
        """
        if self._known is None:
            return
        for _ in range(round(KNOWN_SECONDS / KNOWN_PAUSE)):
            if await self._call(self._known, task_id, task_id):
                return
            await self._sleep(KNOWN_PAUSE)
        if not await self._call(self._known, task_id, task_id):
            raise _Refusal(503, "the task is not known yet")

    async def _read(self, task_id: str, deadline: float) -> Task:
        """Return a task as the API knows it.

        Raises:
            _Refusal: it could not be read.
        """
        try:
            return await self._read_back(task_id, deadline)
        except NotFound:
            raise _Refusal(404, "there is no such task, or not yet") from None
        except EvoLinkError as error:
            logger.warning("callback for %s: the task could not be read: %s", task_id, error)
            raise _Refusal(503, "the task could not be read") from None
        except Exception as error:  # a transport of the application's own may raise anything
            logger.exception("callback for %s: the task could not be read", task_id)
            raise _Refusal(503, "the task could not be read") from error

    async def _read_back(self, task_id: str, deadline: float) -> Task:
        loop = asyncio.get_running_loop()
        if isinstance(self._api, AsyncEvoLink):
            async with self._reads:
                return await self._api.task(task_id, timeout=max(0.1, deadline - loop.time()))
        read = self._api.task
        # Threads of our own, so that handlers that take long leave some to read with.
        return await loop.run_in_executor(
            self._threads, lambda: read(task_id, timeout=max(0.1, deadline - loop.time()))
        )

    async def _call(self, function: Callable[[Any], Any], argument: Any, task_id: str) -> Any:
        """Return what a function of the application's returns, whichever kind it is of.

        Raises:
            _Refusal: it raised; the log has it.
        """
        try:
            if inspect.iscoroutinefunction(function):
                return await function(argument)
            result = await asyncio.to_thread(_called, function, argument)
            return await result if inspect.isawaitable(result) else result
        except Exception as error:
            what = "known" if function is self._known else "the handler"
            logger.exception("callback for %s: %s failed", task_id, what)
            raise _Refusal(500, f"{what} failed") from error


@frozen
class _Answer:
    """What a callback is answered with."""

    status: int
    text: str = ""
    headers: list[tuple[bytes, bytes]] = field(factory=list[tuple[bytes, bytes]])

    async def send(self, send: Send) -> None:
        body = self.text.encode("ascii", "backslashreplace")
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))] if body else []
        await send({"type": "http.response.start", "status": self.status, "headers": headers + self.headers})
        await send({"type": "http.response.body", "body": body})


_HANDED_OVER = _Answer(204)
_CLOSE = [(b"connection", b"close")]


class _Refusal(Exception):  # noqa: N818 - never leaves this module
    """The callback is not taken."""

    def __init__(self, status: int, text: str, headers: list[tuple[bytes, bytes]] | None = None) -> None:
        super().__init__(text)
        self.answer = _Answer(status, text, headers or [])


async def _body(receive: Receive) -> bytes | None:
    """Return the body of a request; None when its sender has left.

    Raises:
        _Refusal: it is too long, of which no more is kept than what is allowed.
    """
    body = bytearray()
    size, more = 0, True
    while more and size <= MAX_DISCARDED_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= MAX_BODY_BYTES:
            body += chunk
        more = message.get("more_body", False)
    if size > MAX_BODY_BYTES:
        raise _Refusal(413, f"the body has more than {MAX_BODY_BYTES} bytes", _CLOSE)
    return bytes(body)


def _called(function: Callable[[Any], Any], argument: Any) -> Any:
    try:
        return function(argument)
    except StopIteration as error:  # which no future takes: whoever waits for one would do so for ever
        raise RuntimeError("StopIteration was raised") from error


def _no_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _kind(value: Any) -> str:
    """Return what a JSON value is, which may be too long or too strange to be shown."""
    kinds = (str, "a text"), (list, "a list"), (dict, "an object"), (bool, "true or false"), (type(None), "null")
    return "empty" if value == "" else next((name for kind, name in kinds if isinstance(value, kind)), "a number")
