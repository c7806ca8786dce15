"""Run functions on untrusted files in a helper process with limits on memory, CPU time and time.

A helper is started at the first call and reused, so that a further call costs a fraction of a millisecond. Memory is
limited on Linux only. On Windows, in frozen programs and without an interpreter, functions run in this process, without
limits.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, Any, NamedTuple

# Helpers that run at the same time, and those that are kept for later calls.
MAX_RUNNING = 4
MAX_IDLE = 2
# The calls after which a helper is replaced, because its memory may be fragmented.
MAX_CALLS = 200
# The limit for the start of a helper and for imports, which do not depend on the file.
START_SECONDS = 60.0
MAX_RESPONSE_BYTES = 1_000_000

_BOOT = "import sys; sys.path[:] = sys.argv[2:]; from evolink_sandbox.worker import serve; serve(int(sys.argv[1]))"


class Limits(NamedTuple):
    """The limits of one call.

    Attributes:
        seconds: the time that it may take.
        cpu_seconds: the CPU time that it may take, in whole seconds.
        megabytes: the memory that the helper may have, including about 150 MB for Python and libraries.
    """

    seconds: float = 15
    cpu_seconds: int = 5
    megabytes: int = 1024


class LimitError(Exception):
    """A call exceeded its limits or crashed the helper. The message completes the sentence "it cannot be checked"."""


class _Worker:
    """A helper process, which serves one call at a time.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self) -> None:
        self.calls, self._received = 0, b""
        self._prepared: set[tuple[str, ...]] = set()
        self._socket, other = socket.socketpair()
        try:
            with other:
                self.process = subprocess.Popen(  # noqa: S603 - this interpreter
                    [sys.executable, "-W", "ignore", "-c", _BOOT, str(other.fileno()), *map(str, sys.path)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=_environment(),
                    pass_fds=[other.fileno()],
                    start_new_session=True,  # Ctrl-C is for this process
                )
        except BaseException:
            self._socket.close()
            raise

    def call(self, job: dict[str, Any], file: IO[bytes] | None, limits: Limits) -> dict[str, Any]:
        """Run a function; returns the response of the helper.

        Raises:
            LimitError: it exceeded its limits, or the helper crashed.
        """
        self.calls += 1
        prepared = (job["module"], *job["imports"])
        is_first = prepared not in self._prepared
        message = json.dumps({**job, "is_first": is_first, "limits": limits[1:]}).encode() + b"\n"
        try:
            self._socket.settimeout(START_SECONDS)
            if file is None:
                self._socket.sendall(message)
            else:
                sent = socket.send_fds(self._socket, [message], [file.fileno()])
                self._socket.sendall(message[sent:])
            if is_first:
                response = self._receive(START_SECONDS)
                if "missing" in response:
                    return response
                self._prepared.add(prepared)
            response = self._receive(limits.seconds)
        except TimeoutError:
            raise _exceeded(limits) from None
        except (OSError, ValueError):  # it has ended, or its response is not JSON
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(1)
            self.process.kill()
            if -self.process.wait() in {signal.SIGXCPU, signal.SIGKILL}:  # the system kills for memory
                raise _exceeded(limits) from None
            raise LimitError("because it crashes its decoder") from None
        if response.get("memory"):
            raise _exceeded(limits)
        return response

    def _receive(self, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while b"\n" not in self._received:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            part = self._socket.recv(65536)
            self._received += part
            if not part or len(self._received) > MAX_RESPONSE_BYTES:
                raise ConnectionError
        line, _, self._received = self._received.partition(b"\n")
        response: dict[str, Any] = json.loads(line)
        return response

    def close(self) -> None:
        """End the process."""
        self._socket.close()
        self.process.kill()
        self.process.wait()

    def forget(self) -> None:
        """Let go of the process of a parent, after a fork."""
        self._socket.close()
        self.process.returncode = 0


class Pool:
    """The helpers of this process."""

    def __init__(self) -> None:
        self.running = threading.BoundedSemaphore(MAX_RUNNING)
        self.idle: list[_Worker] = []

    def call(self, job: dict[str, Any], file: IO[bytes] | None, limits: Limits) -> dict[str, Any]:
        """Run a function in an idle helper, or in a new one."""
        with self.running:
            worker = self._take()
            kept = False
            try:
                response = worker.call(job, file, limits)
                kept = worker.calls < MAX_CALLS and len(self.idle) < MAX_IDLE
            finally:
                if kept:
                    self.idle.append(worker)
                else:
                    worker.close()
        return response

    def _take(self) -> _Worker:
        while True:
            try:
                worker = self.idle.pop()
            except IndexError:
                try:
                    return _Worker()
                except OSError as error:
                    raise LimitError(f"because no helper process can be started ({error.strerror})") from None
            if worker.process.poll() is None:
                return worker
            worker.close()

    def close(self) -> None:
        """End all idle helpers."""
        while self.idle:
            self.idle.pop().close()


_pool = Pool()


def call(
    function: Callable[..., Any],
    file: IO[bytes] | None,
    *arguments: Any,
    imports: tuple[str, ...] = (),
    limits: Limits = Limits(),  # noqa: B008 - immutable
) -> Any:
    """Call `function(file, *arguments)` in a helper process and return its result.

    Args:
        function: a function of a module.
        file: an open file; the function gets one of its own, at the start.
        arguments: values that JSON has, as the result must be.
        imports: the modules that the function imports, so that their imports do not count towards the limits.
        limits: the limits.

    Raises:
        LimitError: it exceeded its limits, raised an exception, or crashed the helper.
        ImportError: a module of `imports` cannot be imported.
    """
    if not is_possible():
        for name in imports:
            importlib.import_module(name)
        if file is not None:
            file.seek(0)
        return function(file, *arguments)
    job = {"module": function.__module__, "name": function.__name__, "arguments": arguments, "imports": imports}
    response = _pool.call(job, file, limits)
    if "missing" in response:
        raise ImportError(response["missing"])
    if "raised" in response:
        raise LimitError(f"because its reader raised {response['raised']}")
    return response["result"]


def is_possible() -> bool:
    """Return whether helper processes can be started here."""
    return bool(sys.executable) and not getattr(sys, "frozen", False) and hasattr(socket, "send_fds")


def _exceeded(limits: Limits) -> LimitError:
    return LimitError(f"within {min(limits.seconds, limits.cpu_seconds):.3g} s and {limits.megabytes} MB of memory")


def _environment() -> dict[str, str]:
    """Return the environment of a helper: without keys, and without settings that change how Python starts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EVOLINK_", "PYTHON"))}
    if "PYTHONHOME" in os.environ:
        kept["PYTHONHOME"] = os.environ["PYTHONHOME"]
    # Each arena of the allocator reserves 64 MB of addresses, which would count as memory.
    return {**kept, "MALLOC_ARENA_MAX": "2"}


def _forget() -> None:
    """Make a new pool after a fork: two processes would read each other's responses."""
    global _pool  # noqa: PLW0603 - one for each process
    for worker in _pool.idle:
        worker.forget()
    _pool = Pool()


atexit.register(lambda: _pool.close())  # noqa: PLW0108 - the pool of the end, not of now
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
