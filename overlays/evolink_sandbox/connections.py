"""Limits for the connections of a uvicorn server: how many there are, and how long they wait for their clients.

uvicorn closes connections that are idle after a response. It does not limit the time for a head or a body, nor the
number of connections, and its faster parser does not limit the size of a head. A server uses `LimitedServer` with a
`LimitedConfig`, whose `http` is a protocol of uvicorn behind `LimitedConnection`. `h11_connections` has one for h11.
"""

from __future__ import annotations

import asyncio
import http
import time
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

import uvicorn

from evolink_sandbox.notices import Notices

if TYPE_CHECKING:
    from uvicorn.protocols.http.flow_control import FlowControl

# The descriptors that a server needs besides those for connections and for the files that they send or receive.
OTHER_DESCRIPTORS = 64
# Connections are accepted in bursts before any of them can be closed.
MIN_BACKLOG, MAX_BACKLOG = 64, 2048
# The connections are checked once in so many ticks of a tenth of a second.
TICKS = 5


class ConnectionLimits(NamedTuple):
    """The limits of a server.

    Attributes:
        connections: how many there may be. Beyond that, those are closed that wait longest for their clients.
        head_bytes: the size of a request line with its headers, and of everything between or after parts of a body.
        head_seconds: the time from the first byte of a head to its last one.
        idle_seconds: the time before a first byte.
        body_seconds: in each such period, the client must send `body_bytes` of a body or the rest of it. It is also
            the time for the rest of a body after the response to it.
        body_bytes: see `body_seconds`.
        write_seconds: the time that the client may take to read what was sent, before more is sent.
    """

    connections: int
    head_bytes: int = 64 * 1024
    head_seconds: float = 10
    idle_seconds: float = 75
    body_seconds: float = 20
    body_bytes: int = 20_000
    write_seconds: float = 60


def usable_connections(most: int) -> int:
    """Return how many connections a server can have: at most `most`, and half of the descriptors of this process."""
    return max(8, min(most, (_descriptors() - OTHER_DESCRIPTORS) // 2))


def _descriptors() -> int:
    try:
        import resource  # noqa: PLC0415 - Windows lacks it
    except ImportError:
        return 2048
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 1 << 20 if soft == resource.RLIM_INFINITY else soft


class LimitedConfig(uvicorn.Config):
    """The configuration of a server with limits.

    Args:
        app: the ASGI application.
        limits: the limits.
        notices: gets a warning when a limit is reached.
        clock: returns seconds.
        options: those of uvicorn.
    """

    def __init__(
        self,
        app: Any,
        limits: ConnectionLimits,
        notices: Notices,
        clock: Callable[[], float] = time.monotonic,
        **options: Any,
    ) -> None:
        backlog = min(MAX_BACKLOG, max(MIN_BACKLOG, limits.connections // 2))
        super().__init__(app, backlog=backlog, h11_max_incomplete_event_size=limits.head_bytes, **options)
        self.limits, self.notices, self.clock = limits, notices, clock


class LimitedServer(uvicorn.Server):
    """A server that closes connections which exceed their limits."""

    async def on_tick(self, counter: int) -> bool:
        """Check the connections from time to time."""
        if counter % TICKS == 0:
            connections: list[Any] = list(self.server_state.connections)
            for connection in connections:
                if isinstance(connection, LimitedConnection):
                    connection.check()
        return await super().on_tick(counter)


class Wait(Enum):
    """The event that a connection waits for."""

    NOTHING = "its application"
    HEAD = "the rest of a head"
    IDLE = "a head"
    BODY = "the rest of a body"
    REST = "the rest of a body that has its response"
    READER = "a client that does not read"


class LimitedConnection(asyncio.Protocol):
    """The limits of one connection; mixed into a protocol of uvicorn, before it.

    Attributes:
        received: the bytes that have arrived, which a subclass counts.
    """

    # Attributes of uvicorn's protocols.
    config: Any
    connections: Any
    cycle: Any
    flow: FlowControl
    transport: Any

    received = 0
    _seen: Any = None

    def connection_made(self, transport: Any) -> None:
        """Start the time for a first byte, and make room if there are too many connections."""
        self._wait, self._seen, self._since, self._counted = Wait.IDLE, self.cycle, self.config.clock(), 0
        super().connection_made(transport)
        if len(self.connections) > self.config.limits.connections:
            self._make_room()

    def wait(self) -> Wait:
        """Return what this connection waits for."""
        if self.flow.write_paused or self.transport.is_closing():
            return Wait.READER
        cycle, has_response = self.cycle, self.cycle is None or self.cycle.response_complete
        if self.expects_body():
            if has_response:
                return Wait.REST
            return Wait.NOTHING if self.flow.read_paused or cycle.waiting_for_100_continue else Wait.BODY
        if not has_response:
            return Wait.NOTHING
        return Wait.HEAD if self.head_size() else Wait.IDLE

    def expects_body(self) -> bool:
        """Return whether the head of a request has arrived, and its body has not ended."""
        raise NotImplementedError

    def head_size(self) -> int:
        """Return how much of the next head has arrived, about."""
        raise NotImplementedError

    def check(self) -> None:
        """Close the connection if it has waited too long for its client."""
        limits, seconds = self.config.limits, self._waited()
        match self._wait:
            case Wait.IDLE if seconds > limits.idle_seconds:
                if self.received:  # an end of a connection that clients expect
                    self.transport.close()
                else:
                    self.close_silently(f"nothing arrived on it within {limits.idle_seconds:g} s")
            case Wait.HEAD if seconds > limits.head_seconds:
                self.refuse(408, f"The head of the request did not arrive within {limits.head_seconds:g} s.")
            case Wait.BODY if seconds > limits.body_seconds:
                if self.received - self._counted < limits.body_bytes:
                    self.refuse(
                        408,
                        f"Less than {limits.body_bytes} bytes of the body arrived within {limits.body_seconds:g} s.",
                    )
                self._since, self._counted = self.config.clock(), self.received
            case Wait.REST if seconds > limits.body_seconds:
                self.close_silently(f"the body did not end within {limits.body_seconds:g} s after its response")
            case Wait.READER if seconds > limits.write_seconds:
                self.close_silently(f"its client did not read for {limits.write_seconds:g} s")
            case _:
                pass

    def refuse(self, status: int, message: str) -> None:
        """Send an error response, unless another response has begun, and close the connection."""
        self._warn(message)
        cycle = self.cycle
        if cycle is not None and cycle.response_started and not cycle.response_complete:
            self.transport.abort()
        else:
            self.send_error(status, message)

    def send_error(self, status: int, message: str) -> None:
        """Send an error response and close the connection."""
        content_type, body = self.error_body(status, message)
        head = f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}\r\ncontent-type: {content_type}\r\n"
        self.transport.write(f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        self.transport.close()

    def error_body(self, status: int, message: str) -> tuple[str, bytes]:
        """Return the content type and the body of an error response."""
        del status
        return "text/plain; charset=utf-8", message.encode()

    def _waited(self) -> float:
        """Return for how many seconds the connection has been waiting as it does now, about."""
        now, wait = self.config.clock(), self.wait()
        if wait is not self._wait or self.cycle is not self._seen:
            self._wait, self._seen, self._since, self._counted = wait, self.cycle, now, self.received
        return float(now - self._since)

    def _make_room(self) -> None:
        """Close those connections that wait longest for their clients, or else this new one."""
        open_now = [one for one in self.connections if not one.transport.is_closing()]
        most: int = self.config.limits.connections
        if len(open_now) <= most:
            return
        waiting: dict[Wait, list[tuple[float, int, LimitedConnection]]] = {}
        for number, one in enumerate(open_now):
            if one is not self:
                seconds = one._waited()  # noqa: SLF001 - of the same class
                waiting.setdefault(one._wait, []).append((-seconds, number, one))  # noqa: SLF001 - of the same class
        message = f"There are {most} connections, which is the limit."
        # Several at once: a flood of connections would otherwise sort all of them for each.
        for _, _, one in sorted(waiting.get(Wait.IDLE, []) + waiting.get(Wait.HEAD, []))[: max(1, most // 8)]:
            one.refuse(503, message) if one.head_size() else one.close_silently(message)
            open_now.remove(one)
        if len(open_now) > most:
            slow = sorted(waiting.get(Wait.READER, []) + waiting.get(Wait.REST, []) + waiting.get(Wait.BODY, []))
            (slow[0][2] if slow else self).refuse(503, message)

    def close_silently(self, message: str) -> None:
        """Close the connection at once, without a response."""
        self._warn(message)
        self.transport.abort()

    def _warn(self, message: str) -> None:
        self.config.notices.warn(f"connection closed: {message[:1].lower()}{message[1:].rstrip('.')}")
