"""Bound the whole time of a step of a blocking httpx client.

httpx's own timeouts bound each read from the network. A server that sends a byte at a time never exceeds them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from time import monotonic
from typing import Any

import httpcore
import httpx


class Deadline:
    """A time after which the clients that it is attached to no longer read or write.

    Attributes:
        at: the time, as of `time.monotonic`; infinite for none.
    """

    def __init__(self) -> None:
        self.at = math.inf

    def attach(self, client: httpx.Client) -> None:
        """Bound every later connection of a client, unless it goes through a transport of the caller's."""
        # httpx offers no public way to give the backend to transports.
        hidden: Any = client
        transports: list[Any] = [hidden._transport, *hidden._mounts.values()]  # noqa: SLF001 - see above
        for transport in transports:
            pool = getattr(transport, "own_pool", None)
            if pool is not None:
                pool._network_backend = _Backend(pool._network_backend, self)  # noqa: SLF001 - see above

    @contextmanager
    def within(self, seconds: float) -> Generator[None]:
        """Bound the whole time of the enclosed step."""
        self.at = monotonic() + seconds
        try:
            yield
        finally:
            self.at = math.inf

    def left(self, timeout: float | None) -> float | None:
        """Return how long an operation may take, which is at most `timeout` seconds.

        Raises:
            httpcore.ReadTimeout: the time is over.
        """
        if self.at == math.inf:
            return timeout
        seconds = self.at - monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the time for this step is over")
        return seconds if timeout is None else min(seconds, timeout)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, backend: httpcore.NetworkBackend, deadline: Deadline) -> None:
        self._backend, self._deadline = backend, deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host."""
        seconds = self._deadline.left(timeout)
        stream = self._backend.connect_tcp(host, port, seconds, local_address, socket_options)
        return TimedStream(stream, self._deadline.left)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Connect to a socket in the file system."""
        seconds = self._deadline.left(timeout)
        return TimedStream(self._backend.connect_unix_socket(path, seconds, socket_options), self._deadline.left)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._backend.sleep(seconds)


class TimedStream(httpcore.NetworkStream):
    """A connection on which each operation is bounded by what is left of a longer time.

    Args:
        stream: the connection.
        left: returns how long an operation with the given timeout may take, or raises if the time is over.
    """

    def __init__(self, stream: httpcore.NetworkStream, left: Callable[[float | None], float | None]) -> None:
        self._stream, self._left = stream, left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read some bytes."""
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all bytes."""
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Encrypt the connection."""
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, self._left(timeout)), self._left)

    def get_extra_info(self, info: str) -> Any:
        """Return a property of the connection."""
        return self._stream.get_extra_info(info)
