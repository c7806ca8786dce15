"""Starts, measures and ends the programs that benchmarks run in separate processes."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from benchmarks.measure import MissingError
from benchmarks.peers import ROOT, Peers
from evolink._contract import packaged_contract

PROGRAMS = Path(__file__).resolve().parent / "programs"
CONTRACT = ROOT / "generated_client" / "evolink_client" / "openapi.json"
KEY = "sk-evo-mock"
START_SECONDS = 60.0
CONNECTIONS = 8
# The share of a processor that the load generator may use. Above it, the generator itself would be measured.
MAX_BUSY = 0.9
TASK_ID = "task-unified-1757169743-7cvnl5zw"
MODEL, MODEL_SCHEMA = next(iter(packaged_contract().references.items()))
"""The id of the contract's first model, and the reference to its request schema."""
CREATE: dict[str, Any] = packaged_contract().models[MODEL]["examples"][0]
"""The body of a documented request."""


class Program:
    """A program in a separate process; a context manager that kills it and its children.

    Args:
        command: the command to run.

    Attributes:
        pid: the id of its process.
    """

    def __init__(self, command: Sequence[str | Path]) -> None:
        self._process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # some start further processes
        )
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    @property
    def ended(self) -> bool:
        """True if the program has ended by itself."""
        return self._process.poll() is not None

    def request(self, message: object) -> Any:
        """Write a line of JSON to the program, and return the line of JSON that it prints.

        Raises:
            MissingError: it has ended.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise TypeError("the program has no pipes")
        with contextlib.suppress(OSError):
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise MissingError("its program ended")
        return json.loads(line)

    def megabytes(self) -> float:
        """Return the peak memory of the program in MB.

        Raises:
            MissingError: this system does not report it.
        """
        try:
            status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
            return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024
        except (OSError, IndexError):
            raise MissingError("this system does not report the memory of a process") from None


class Server(Program):
    """A program that serves HTTP on a port of this machine.

    Args:
        command: the command to run; `{port}` stands for the port.

    Attributes:
        port: the port.
        url: its URL.
        seconds: the time from the start of the process to the first response.

    Raises:
        MissingError: it does not respond.
    """

    def __init__(self, command: Sequence[str | Path]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        start = time.perf_counter()
        super().__init__([str(word).replace("{port}", str(self.port)) for word in command])
        try:
            self._await_response(start + START_SECONDS)
        except BaseException:
            self.__exit__()
            raise
        self.seconds = time.perf_counter() - start

    def _await_response(self, deadline: float) -> None:
        request = http_request("GET", f"/v1/tasks/{TASK_ID}")
        while time.perf_counter() < deadline and not self.ended:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                connection.sendall(request)
                if connection.recv(12).startswith(b"HTTP/1.1 "):
                    return
            time.sleep(0.002)
        raise MissingError("its server does not respond")


class LoadGenerator(Program):
    """The program that loads servers over `CONNECTIONS` connections; a context manager."""

    def __init__(self) -> None:
        super().__init__([sys.executable, PROGRAMS / "load_generator.py"])

    def load(self, port: int, request: bytes, seconds: float, first: int = 1) -> dict[str, Any]:
        """Load a server, and return the figures that `load_generator.py` prints.

        Args:
            port: the port of the server on this machine.
            request: the bytes of the request.
            seconds: the duration.
            first: the number that replaces ten zeros in the first request; it grows with every request.

        Raises:
            MissingError: the load generator ended, or was too slow to measure the server.
        """
        load = {"port": port, "request": request.decode(), "seconds": seconds, "connections": CONNECTIONS}
        figures: dict[str, Any] = self.request({**load, "first": first})
        if figures["busy"] > MAX_BUSY:
            raise MissingError("the load generator is too slow to measure it")
        return figures


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def http_request(method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> bytes:
    """Return the bytes of an HTTP/1.1 request."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", f"authorization: Bearer {KEY}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None:
        lines += ["content-type: application/json", f"content-length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


def mock_command(*options: str) -> list[str]:
    """Return the command of the mock server."""
    return [sys.executable, "-m", "evolink_mock", "--port", "{port}", *options]


def bare_command(response: dict[str, Any]) -> list[str]:
    """Return the command of an application that always sends the same response."""
    return [sys.executable, str(PROGRAMS / "bare_app.py"), "{port}", json.dumps(response)]


def prism_command(peers: Peers) -> list[str]:
    """Return the command of Prism with the contract.

    Raises:
        MissingError: it cannot be installed on this machine.
    """
    program = peers.npm("@stoplight/prism-cli", "prism")
    return [*program, "mock", "--port", "{port}", "--host", "127.0.0.1", "--verboseLevel", "silent", str(CONTRACT)]


def steady_command(peers: Peers) -> list[str]:
    """Return the command of Steady with the contract.

    Raises:
        MissingError: it cannot be installed on this machine.
    """
    program = peers.npm("@stdy/cli", "steady")
    return [*program, "--quiet", "--port", "{port}", "--host", "127.0.0.1", str(CONTRACT)]
