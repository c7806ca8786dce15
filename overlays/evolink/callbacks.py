"""Parse and receive callbacks: the functions `parse` and `callback_url`, and the ASGI application `CallbackReceiver`.

Callbacks are not signed, so anybody who knows the URL can send one. A callback is therefore only a hint that a task has
ended. The handler always gets the task that was read from the API with the API key.
"""

from __future__ import annotations

import asyncio
import contextvars
import hmac
import inspect
import json
import os
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, NoReturn, Protocol, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit
from weakref import WeakKeyDictionary, WeakValueDictionary

from attrs import field, frozen

from evolink._async_client import AsyncEvoLink
from evolink._base_client import MAX_ID_LENGTH
from evolink._callback_lanes import Lane, LaneFullError
from evolink._client import EvoLink
from evolink._contract import JSON, packaged_contract
from evolink._json import is_object, parse_json
from evolink._log import logger
from evolink._outcomes import outcome_of
from evolink._polling import Read
from evolink.errors import ConfigurationError, EvoLinkError, InvalidCallback, LedgerError, NotFound

if TYPE_CHECKING:
    from evolink._views import Task
    from evolink.ledger._base_ledger import BaseLedger
    from evolink.ledger._receiving import LedgerOfCallbacks


@frozen(repr=False)
class Callback:
    """The request of a callback. Anybody can have sent it, unless the receiver checks a `token`.

    Attributes:
        url: the URL that was called, as this server sees it. A proxy may have changed its scheme, host and path.
        key: the query parameter `key` of the URL, see `callback_url`; None if it is absent, empty or repeated.
    """

    url: str
    key: str | None = None

    def __repr__(self) -> str:
        shown = _TOKEN_IN_URL.sub(r"\1***", self.url)  # whoever has the token can forge callbacks
        return f"Callback(url={shown!r}, key={self.key!r})"


class CallbackHandler(Protocol):
    """A handler that also gets the request of the callback, as the argument `callback`."""

    def __call__(self, task: Task, /, *, callback: Callback) -> Any:
        """Handle a task that has ended."""


class KnownByCallback(Protocol):
    """A function `known` that also gets the request of the callback, as the argument `callback`."""

    def __call__(self, task_id: str, /, *, callback: Callback) -> bool | Awaitable[bool]:
        """Return whether the application knows a task id."""
        ...


Handler = Callable[["Task"], Any] | CallbackHandler
"""Takes a task that has ended. A plain function runs in a thread, an asynchronous one in the event loop."""

Known = Callable[[str], bool | Awaitable[bool]] | KnownByCallback
"""Takes a task id and returns whether the application knows it."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# A task takes a few kilobytes. To parse a hostile megabyte takes 100 ms, during which nothing else is received.
MAX_BODY_BYTES = 128 * 1024
# How much of an oversized body is read and discarded. A sender that is still sending does not read the response.
MAX_DISCARDED_BYTES = 16 * 1024 * 1024
# The number of tasks for which the receiver remembers that the handler has run, or that a delivery has to be repeated.
REMEMBERED = 10_000
# The fraction of the documented response time that may pass before the handler is called.
FRACTION_BEFORE_HANDLER = 0.8
# The query parameters of a callback URL that the receiver reads.
KEY, TOKEN = "key", "token"

_TOKEN_IN_URL = re.compile(r"((?:^|[?&])token=)[^&#]*")


def parse(body: bytes | str) -> Task:
    """Parse the body of a callback into a task.

    Anybody can have sent the body: read the task with `EvoLink.task` before you rely on it. Undocumented fields are
    kept, and documented ones may be missing, except `id` and `status`.

    Raises:
        InvalidCallback: the body is not a JSON object in UTF-8 with an `id` and a `status`.
    """
    from evolink._views import Task  # noqa: PLC0415 - programs without callbacks do not need it

    given: Any = body
    if not isinstance(given, str | bytes | bytearray):
        raise InvalidCallback(f"the callback's body must be bytes or str, as it arrived, not {type(given).__name__}")
    try:
        value = parse_json(body)
        json.dumps(value, ensure_ascii=False).encode()  # fails on lone surrogates, which JSON escapes allow
    except (ValueError, RecursionError) as error:  # invalid UTF-8 is a ValueError, too
        raise InvalidCallback(f"the callback's body is not JSON in UTF-8: {str(error)[:200]}") from None
    if not is_object(value):
        raise InvalidCallback(f"the callback's body must be a JSON object, not {_kind(value)}")
    for name in ("id", "status"):
        if not (isinstance(value.get(name), str) and value[name]):
            actual = _kind(value[name]) if name in value else "missing"
            raise InvalidCallback(f"the callback's {name} must be a non-empty string; it is {actual}")
    try:
        return Task.from_dict(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidCallback(f"the callback's body is not a task: {error!r:.120}") from None


def callback_url(url: str, *, key: str | None = None, token: str | None = None) -> str:
    """Return a `callback_url` for a request, with a key and a token as query parameters.

        request.callback_url = callback_url("https://your.app/evolink", key="order-42", token=SECRET)

    Args:
        url: the public https URL of the receiver; it may have a query of its own.
        key: your name for the submission. The handler and `known` find it in `Callback.key`, also if the response to
            the create was lost and your application has not learned the task id.
        token: the secret that `CallbackReceiver(token=...)` demands.

    Raises:
        ConfigurationError: the URL has no host, has a fragment, or already has one of these parameters; or a parameter
            is not a non-empty string. `submit` checks the documented rules, such as the length.
    """
    parameters = {name: value for name, value in ((KEY, key), (TOKEN, token)) if value is not None}
    for name, value in parameters.items():
        if not _is_text(value):
            raise ConfigurationError(f"callback_url: {name} must be a non-empty string")
    try:
        parts = urlsplit(url)
        present = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    except (ValueError, TypeError, AttributeError):
        raise ConfigurationError("callback_url: url must be an https URL") from None
    if not parts.netloc or parts.fragment:
        raise ConfigurationError("callback_url: url must be an https URL with a host and without a fragment")
    if repeated := present & parameters.keys():
        raise ConfigurationError(f"callback_url: url already has the parameter {min(repeated)}; pass it only once")
    query = "&".join(part for part in (parts.query, urlencode(parameters, quote_via=quote)) if part)
    return parts._replace(query=query).geturl()


class CallbackReceiver:
    """An ASGI application that receives callbacks on any path and calls a handler with each task that has ended.

        receiver = CallbackReceiver(EvoLink(), handler)  # then: uvicorn module:receiver

    In a Starlette or FastAPI application, add it as a route, which accepts the path with and without a final slash:

        application.router.routes.append(Route("/evolink{rest:path}", receiver))

    `Mount("/evolink", receiver)` only serves URLs that continue with a slash, as in `/evolink/`. Starlette itself
    redirects `/evolink`, and EvoLink does not count a redirect as a delivery.

    The receiver does not trust the callback: it reads the task with the API key and passes that task to the handler.
    It does so only if the task has ended: completed, failed or cancelled.

    The handler is called once per task and status, however often and in whatever order callbacks arrive. Its return
    value is ignored. The response is 204 once the handler has returned. If the handler raises, the response is 500, and
    the next delivery calls it again.

    EvoLink counts a status other than 2xx, or no response within the documented time, as a failed delivery. It repeats
    failed deliveries as often as documented. The steps before the handler use at most four fifths of that time; the
    rest is for the handler. A slower handler is not interrupted: the repeated delivery waits for its result, and calls
    the handler again only if it has failed. A slow handler should put the task into a queue. Callbacks can get lost, so
    a program that needs every task must read overdue tasks itself.

    Forged callbacks are cheap: a delivery costs one call of `known` and, if the task is known, one read without
    retries, because the next delivery is the retry. At most 8 deliveries are checked at a time, and at most 1000 wait
    for that. A delivery whose predecessor was refused without a result, because others were in the way or the read
    failed, has places apart from the others. Thus the second delivery of a task overtakes new forged ones.

    The receiver remembers the latest 10,000 calls of the handler, in this process only. With several processes, or
    after a restart, the handler may get a task again, unless they share a `ledger`.

        status  meaning
        204     the handler has been called, now or before
        400     not a callback, or not a valid task id
        403     the URL does not have the token
        404     the task does not exist
        405     the method is not POST
        408     the body did not arrive in time
        413     the body is larger than 128 KiB
        500     the handler or `known` raised an error, which is logged
        503     the task has not ended, is not known yet, could not be read, or another delivery is handling it; or too
                many deliveries are waiting, or the ledger failed

    Args:
        api: the client that reads the tasks. The blocking client reads in threads, and in every event loop. An
            `AsyncEvoLink` works in one event loop at a time.
        handler: gets the task as it was read. A plain function runs in a thread, an asynchronous one in the event loop.
            If it has a parameter named `callback` after the task, it also gets the `Callback`.
        known: returns whether the application knows a task id. A callback can arrive before the application has stored
            the id from the response to the create. The receiver calls `known` once and refuses the delivery of an
            unknown task, so that it is repeated, the first time after 1 s. Unknown tasks are not read, so forged
            callbacks cause no requests. If it has a parameter named `callback` after the id, it also gets the
            `Callback`. If the response to a create was lost, `callback.key` tells which submission the new id belongs
            to. A plain function runs in a thread.
        ledger: a `Ledger` or `AsyncLedger` of `evolink.ledger`, in which the end of each task is stored. It is in the
            place of `known`: callbacks for other tasks are refused. A callback whose URL has the key of a submission
            without a known outcome settles it. With a ledger, the handler is called once per task and status in all
            processes that use the ledger, and may be omitted.
        save_to: a folder, or a URL of one as in `Ledger.download`. The results of each completed job of the ledger are
            saved there before the handler is called.
        token: a secret that every callback must have as the query parameter `token` of its URL, see `callback_url`.
            Others are refused with 403, before their body is read. The comparison takes constant time.

    Raises:
        ConfigurationError: the token is not a non-empty string, `handler` or `known` cannot be called with its
            arguments, or arguments cannot be combined.
    """

    def __init__(
        self,
        api: EvoLink | AsyncEvoLink,
        handler: Handler | None = None,
        *,
        known: Known | None = None,
        token: str | None = None,
        ledger: BaseLedger | None = None,
        save_to: str | os.PathLike[str] | None = None,
    ) -> None:
        if token is not None and not _is_text(token):
            raise ConfigurationError("token must be a non-empty string; without one, omit the argument")
        if handler is None and ledger is None:
            raise ConfigurationError(
                "handler must be a function that takes the task; only with a ledger it may be omitted"
            )
        if handler is not None:
            _check_takes_one(handler, "handler", "the task")
        if ledger is None and save_to is not None:
            raise ConfigurationError("save_to needs a ledger, which stores where the files are")
        if ledger is not None and known is not None:
            raise ConfigurationError("known cannot be combined with a ledger, which knows the tasks")
        if known is not None:
            _check_takes_one(known, "known", "the task id")
        schemas = packaged_contract().schemas
        delivery: JSON = schemas["CallbackUrl"]["x-delivery"]
        self._ends = frozenset[str](delivery["on"])
        self._response_seconds = float(delivery["timeout-seconds"])
        self._id = re.compile(schemas["TaskId"]["pattern"])
        self._api, self._handler, self._known = api, handler, known
        self._token = None if token is None else token.encode()
        self._ledger: LedgerOfCallbacks | None = None
        if ledger is not None:
            from evolink.ledger._receiving import LedgerOfCallbacks  # noqa: PLC0415 - an extra

            self._ledger = LedgerOfCallbacks(ledger, api, save_to)
        self._handed_over = _Recent[_End]()
        self._undecided = _Recent[str]()
        self._loops = WeakKeyDictionary[asyncio.AbstractEventLoop, _Loop]()

    def __reduce__(self) -> NoReturn:
        raise ConfigurationError("a receiver cannot be copied or sent to another process; make another one there")

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] == "lifespan":
            await self._run_lifespan(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] == "http":
            response = await self._respond(scope, receive)
            if response is not None:
                with suppress(OSError):  # the sender has disconnected
                    await response.send(send)

    async def _run_lifespan(self, receive: Receive, send: Send) -> None:
        """Report that the receiver has started. On shutdown, wait for running handlers."""
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if running := self._loop.running:
            await asyncio.wait(running, timeout=self._response_seconds)
        await send({"type": "lifespan.shutdown.complete"})

    @property
    def _loop(self) -> _Loop:
        """The state that belongs to the running event loop. Test clients may run each request in a loop of its own."""
        return self._loops.setdefault(asyncio.get_running_loop(), _Loop())

    async def _respond(self, scope: MutableMapping[str, Any], receive: Receive) -> _Response | None:
        """Return the response to a request; None if its sender has disconnected."""
        if scope["method"] != "POST":
            return _Response(405, "callbacks are sent with POST", [(b"allow", b"POST")])
        callback, tokens = _read_url(scope)
        if self._token is not None:
            [given] = tokens if len(tokens) == 1 else [""]
            if not hmac.compare_digest(given.encode(), self._token):
                return _Response(403, "the callback's URL does not have the token", _CLOSE)
        deadline = asyncio.get_running_loop().time() + self._response_seconds * FRACTION_BEFORE_HANDLER
        try:
            async with asyncio.timeout_at(deadline):
                body = await _body(receive)
            if body is None:
                return None
            hint = parse(body)
        except TimeoutError:
            return _Response(408, "the body did not arrive in time", _CLOSE)
        except _Refusal as refusal:
            return refusal.response
        except InvalidCallback as error:
            return _Response(400, str(error))
        if len(hint.id) > MAX_ID_LENGTH or not hint.id.isprintable() or self._id.search(hint.id) is None:
            return _Response(400, "the id is not a task id")
        # A separate asyncio task: a handler that has begun must finish even if the sender disconnects.
        running = asyncio.ensure_future(self._in_turn(_End.of(hint), callback, deadline))
        everything = self._loop.running
        everything.add(running)
        running.add_done_callback(everything.discard)
        await asyncio.wait({running})
        return _Response(500, "the handler was cancelled") if running.cancelled() else running.result()

    async def _in_turn(self, hint: _End, callback: Callback, deadline: float) -> _Response:
        """Pass the task of a callback to the handler, one delivery per task id at a time."""
        if hint in self._handed_over:
            return _HANDED_OVER
        loop = self._loop
        lane = loop.repeated if hint.task_id in self._undecided else loop.new
        turn = loop.turns.setdefault(hint.task_id, asyncio.Lock())
        try:
            async with lane.entered(turn, deadline):
                await self._hand_over(hint, callback, deadline, lane)
        except LaneFullError:
            self._undecided.add(hint.task_id)
            return _Response(503, "too many callbacks are waiting")
        except TimeoutError:
            self._undecided.add(hint.task_id)
            return _Response(503, "the task was not handled in time")
        except _Refusal as refusal:
            if refusal.is_undecided:
                self._undecided.add(hint.task_id)
            return refusal.response
        return _HANDED_OVER

    async def _hand_over(self, hint: _End, callback: Callback, deadline: float, lane: Lane) -> None:
        """Check a delivery and call the handler, unless that was done before.

        Raises:
            LaneFullError, TimeoutError: the delivery could not be checked.
            _Refusal: the task could not be read, has not ended or is not known, or the handler failed.
        """
        if hint in self._handed_over:
            return
        now = asyncio.get_running_loop().time()
        # Half of the time that is left is for the check, or a long queue would only end in checks without time.
        async with lane.entered(lane.checks, now + (deadline - now) / 2), asyncio.timeout_at(deadline):
            task = await self._checked(hint.task_id, callback, deadline, lane.threads)
        if outcome_of(task) not in self._ends:
            raise _Refusal(503, "the task has not ended")
        end = _End.of(task)
        if end not in self._handed_over:
            await self._handle(task, callback)
            self._handed_over.add(end)

    async def _handle(self, task: Task, callback: Callback) -> None:
        """Call the handler and, with a ledger, store the end of the task.

        Raises:
            _Refusal: that failed, or another process is doing it.
        """
        handler = self._handler
        handle = None if handler is None else partial(self._call, handler, task, callback)
        if self._ledger is None:
            if handle is not None:
                await handle()
            return
        from evolink.ledger._receiving import BusyError, UnknownTaskError  # noqa: PLC0415 - an extra

        try:
            await self._ledger.hand_over(task, callback.key, handle)
        except UnknownTaskError:
            raise _Refusal(503, "the task is not known yet") from None
        except BusyError:
            raise _Refusal(503, "another process is handling the task") from None
        except LedgerError as error:
            logger.error("callback for %s: %s", task.id, error)
            raise _Refusal(503, "the ledger failed", is_undecided=True) from error
        except EvoLinkError as error:
            logger.error("callback for %s: its results could not be saved: %s", task.id, error)
            raise _Refusal(500, "the results could not be saved") from error

    async def _checked(self, task_id: str, callback: Callback, deadline: float, threads: ThreadPoolExecutor) -> Task:
        """Read a task that the application knows.

        Raises:
            TimeoutError: no time is left.
            _Refusal: the task could not be read, or is not known.
        """
        loop = asyncio.get_running_loop()
        if self._known is not None and not await self._call(self._known, task_id, callback, threads):
            raise _Refusal(503, "the task is not known yet")
        if self._ledger is not None:
            try:
                expects = await loop.run_in_executor(threads, self._ledger.expects, task_id, callback.key)
            except LedgerError as error:
                logger.error("callback for %s: %s", task_id, error)
                raise _Refusal(503, "the ledger failed", is_undecided=True) from error
            if not expects:
                raise _Refusal(503, "the task is not known yet")
        step = Read(task_id, lambda: deadline - loop.time())
        api: Any = self._api
        read = api._read  # noqa: SLF001 - `task` retries, and would keep its place from other deliveries in the pauses
        try:
            task: Task | None = await (
                read(step) if isinstance(api, AsyncEvoLink) else loop.run_in_executor(threads, read, step)
            )
        except NotFound:
            raise _Refusal(404, "the task does not exist yet") from None
        except EvoLinkError as error:
            logger.warning("callback for %s: the task could not be read: %s", task_id, error)
            raise _Refusal(503, "the task could not be read", is_undecided=True) from None
        except Exception as error:  # a custom transport may raise anything
            logger.exception("callback for %s: the task could not be read", task_id)
            raise _Refusal(503, "the task could not be read", is_undecided=True) from error
        if task is None:
            raise TimeoutError
        return task

    async def _call(
        self,
        function: Callable[..., Any],
        argument: Any,
        callback: Callback,
        threads: ThreadPoolExecutor | None = None,
    ) -> Any:
        """Call a function of the application, plain or asynchronous, and return its result.

        Args:
            function: `known` or the handler.
            argument: its first argument.
            callback: its argument `callback`, if it takes one.
            threads: where a plain function runs; None for asyncio's own threads.

        Raises:
            _Refusal: the function raised an error, which is logged.
        """
        kwargs = {"callback": callback} if _takes_callback(function) else {}
        try:
            if inspect.iscoroutinefunction(function):
                return await function(argument, **kwargs)
            run, loop = contextvars.copy_context().run, asyncio.get_running_loop()
            result = await loop.run_in_executor(threads, lambda: run(_call_in_thread, function, argument, kwargs))
            return await result if inspect.isawaitable(result) else result
        except Exception as error:
            is_known = function is self._known
            name = "known" if is_known else "the handler"
            logger.exception("callback for %s: %s failed", argument if is_known else argument.id, name)
            raise _Refusal(500, f"{name} failed", is_undecided=is_known) from error


class _End(NamedTuple):
    """The end of a task: what a delivery announces, and what the handler is called for once."""

    task_id: str
    status: str

    @classmethod
    def of(cls, task: Task) -> _End:
        return cls(task.id, outcome_of(task) or task.status)


_T = TypeVar("_T", bound=Hashable)


class _Recent(Generic[_T]):
    """The latest `REMEMBERED` values that were added or looked up."""

    def __init__(self) -> None:
        self._values: OrderedDict[_T, None] = OrderedDict()

    def add(self, value: _T) -> None:
        self._values[value] = None
        self._values.move_to_end(value)
        if len(self._values) > REMEMBERED:
            self._values.popitem(last=False)

    def __contains__(self, value: _T) -> bool:
        if value not in self._values:
            return False
        self._values.move_to_end(value)
        return True


@frozen
class _Response:
    """The response to a callback."""

    status: int
    text: str = ""
    headers: list[tuple[bytes, bytes]] = field(factory=list[tuple[bytes, bytes]])

    async def send(self, send: Send) -> None:
        body = self.text.encode("ascii", "backslashreplace")
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))] if body else []
        await send({"type": "http.response.start", "status": self.status, "headers": headers + self.headers})
        await send({"type": "http.response.body", "body": body})


_HANDED_OVER = _Response(204)
_CLOSE = [(b"connection", b"close")]
# Everything printable that a URL may contain. Other bytes are percent-encoded.
_URL_CHARACTERS = "%:/?#[]@!$&'()*+,;=~-._"


class _Loop:
    """The state of a receiver that belongs to one event loop.

    Attributes:
        turns: a lock for each task id with a delivery in progress.
        running: the deliveries in progress.
        new: where deliveries are checked.
        repeated: where the deliveries of tasks are checked of which an earlier one was refused undecided.
    """

    def __init__(self) -> None:
        self.turns = WeakValueDictionary[str, asyncio.Lock]()
        self.running: set[asyncio.Task[_Response]] = set()
        self.new, self.repeated = Lane(), Lane()


class _Refusal(Exception):  # noqa: N818 - never leaves this module
    """The callback is refused with a response.

    Attributes:
        is_undecided: whether a check failed, so that nothing is known about the task.
    """

    def __init__(
        self, status: int, text: str, headers: list[tuple[bytes, bytes]] | None = None, *, is_undecided: bool = False
    ) -> None:
        super().__init__(text)
        self.response, self.is_undecided = _Response(status, text, headers or []), is_undecided


async def _body(receive: Receive) -> bytes | None:
    """Read the body of a request; None if its sender has disconnected.

    Raises:
        _Refusal: the body is too large. At most `MAX_BODY_BYTES` of it are kept in memory.
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
        raise _Refusal(413, f"the body is larger than {MAX_BODY_BYTES} bytes", _CLOSE)
    return bytes(body)


def _read_url(scope: MutableMapping[str, Any]) -> tuple[Callback, list[str]]:
    """Return the callback of an ASGI request, and the values of the parameter `token` in its URL."""
    query = quote(scope.get("query_string", b""), safe=_URL_CHARACTERS)
    parameters = parse_qsl(query, keep_blank_values=True)
    keys = [value for name, value in parameters if name == KEY]
    host = next((value for name, value in scope.get("headers", ()) if name == b"host"), None)
    if host is None:
        name, port = scope.get("server") or ("", None)
        name = f"[{name}]" if port and ":" in name else name
        host = f"{name}:{port}" if port else name
    # Servers and frameworks differ in whether `path` has the prefix of a mounted application; `raw_path` always has it.
    path = scope.get("raw_path") or quote(scope.get("path", "/")).encode()
    url = f"{scope.get('scheme', 'http')}://{quote(host, safe=':[]')}"
    url += quote(path.partition(b"?")[0], safe=_URL_CHARACTERS) + (f"?{query}" if query else "")
    return Callback(url, keys[0] or None if len(keys) == 1 else None), [
        value for name, value in parameters if name == TOKEN
    ]


def _takes_callback(function: Callable[..., Any]) -> bool:
    """Return whether a function has a parameter named `callback` besides the first one."""
    try:
        signature = inspect.signature(function)
        signature.bind(None, callback=None)
    except (TypeError, ValueError):  # some functions in C have no signature
        return False
    return "callback" in signature.parameters


def _check_takes_one(function: Callable[..., Any], name: str, argument: str) -> None:
    """Check that a function can be called with one argument, besides the argument `callback`.

    Raises:
        ConfigurationError: it cannot.
    """
    if not callable(function):
        raise ConfigurationError(f"{name} must be a function that takes {argument}")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(None, **({"callback": None} if _takes_callback(function) else {}))
    except TypeError:
        message = f"{name} must take {argument} and, optionally, a second parameter named callback, not {signature}"
        raise ConfigurationError(message) from None


def _is_text(value: Any) -> bool:
    """Return whether a value is a string that is not blank and can be written in UTF-8."""
    return isinstance(value, str) and bool(value.strip()) and value == value.encode(errors="ignore").decode()


def _call_in_thread(function: Callable[..., Any], argument: Any, kwargs: dict[str, Any]) -> Any:
    try:
        return function(argument, **kwargs)
    except StopIteration as error:  # a future cannot hold this exception and would never finish
        raise RuntimeError("StopIteration was raised") from error


def _kind(value: Any) -> str:
    """Name the type of a JSON value. The value itself may be too long for an error message."""
    kinds = (str, "a string"), (list, "a list"), (dict, "an object"), (bool, "a boolean"), (type(None), "null")
    return "empty" if value == "" else next((name for kind, name in kinds if isinstance(value, kind)), "a number")
