"""Programs that are measured from outside: started in processes of their own, waited for, ended with all they began."""

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

PROGRAMS = Path(__file__).resolve().parent / "programs"
CONTRACT = ROOT / "generated_client" / "evolink_client" / "openapi.json"
KEY = "sk-evo-mock"
START_SECONDS = 60.0
CONNECTIONS = 8
# The part of a processor that a load may take to be made, or else it is itself what is measured.
MAX_BUSY = 0.9
TASK_ID = "task-unified-1757169743-7cvnl5zw"
CREATE = {"model": "wan2.5-image-to-video", "prompt": "A cat", "image_urls": ["https://example.com/a.png"]}
"""A request as it is documented."""


class Program:
    """A program in a process of its own; a context manager.

    Args:
        command: what is run.

    Attributes:
        pid: its process.
    """

    def __init__(self, command: Sequence[str | Path]) -> None:
        self._process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # some begin others
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
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    def ask(self, question: object) -> Any:
        """Write a line of JSON to it and return what it answers.

        Raises:
            MissingError: it answers nothing.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise TypeError("the program has no pipes")
        with contextlib.suppress(OSError):
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise MissingError("its program ended")
        return json.loads(line)

    def megabytes(self) -> float:
        """Return how much memory it has taken at most, as far as the system tells.

        Raises:
            MissingError: the system does not tell.
        """
        try:
            status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
            return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024
        except (OSError, IndexError):
            raise MissingError("this system does not tell how much memory a process takes") from None


class Server(Program):
    """A program that answers on a port of this machine.

    Args:
        command: what is run, with `{port}` where the port stands.

    Attributes:
        port: where it answers.
        url: the same as a URL.
        seconds: how long it took from its start to its first answer.

    Raises:
        MissingError: it gives no answer.
    """

    def __init__(self, command: Sequence[str | Path]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        start = time.perf_counter()
        super().__init__([str(word).replace("{port}", str(self.port)) for word in command])
        try:
            self._await_answer(start + START_SECONDS)
        except BaseException:
            self.__exit__()
            raise
        self.seconds = time.perf_counter() - start

    def _await_answer(self, deadline: float) -> None:
        request = http_request("GET", f"/v1/tasks/{TASK_ID}")
        while time.perf_counter() < deadline and not self.ended:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                connection.sendall(request)
                if connection.recv(12).startswith(b"HTTP/1.1 "):
                    return
            time.sleep(0.002)
        raise MissingError("its server does not answer")


class LoadGenerator(Program):
    """Sends one request again and again, over `CONNECTIONS` connections; a context manager."""

    def __init__(self) -> None:
        super().__init__([sys.executable, PROGRAMS / "load_generator.py"])

    def load(self, port: int, request: bytes, seconds: float, first: int = 1) -> dict[str, Any]:
        """Return what a server made of it, as `load_generator.py` says it.

        Args:
            port: where the server is, on this machine.
            request: as it goes over the wire.
            seconds: for how long.
            first: the number that takes the place of ten zeros in the first request; it goes up with each.

        Raises:
            MissingError: the server, or this program, was not up to it.
        """
        asked = {"port": port, "request": request.decode(), "seconds": seconds, "connections": CONNECTIONS}
        found: dict[str, Any] = self.ask({**asked, "first": first})
        if found["busy"] > MAX_BUSY:
            raise MissingError("the program that loads it was too slow to tell")
        return found


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def http_request(method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> bytes:
    """Return a request as it goes over the wire."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", f"authorization: Bearer {KEY}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None:
        lines += ["content-type: application/json", f"content-length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


def mock_command(*options: str) -> list[str]:
    """Return what starts the mock server."""
    return [sys.executable, "-m", "evolink_mock", "--port", "{port}", *options]


def bare_command(response: dict[str, Any]) -> list[str]:
    """Return what starts an application that gives one answer, on the server that the mock runs on."""
    return [sys.executable, str(PROGRAMS / "bare_app.py"), "{port}", json.dumps(response)]


def prism_command(peers: Peers) -> list[str]:
    """Return what starts Prism on the contract.

    Raises:
        MissingError: it cannot be installed here.
    """
    program = peers.npm("@stoplight/prism-cli", "prism")
    return [*program, "mock", "--port", "{port}", "--host", "127.0.0.1", "--verboseLevel", "silent", str(CONTRACT)]


def steady_command(peers: Peers) -> list[str]:
    """Return what starts Steady on the contract.

    Raises:
        MissingError: it cannot be installed here.
    """
    program = peers.npm("@stdy/cli", "steady")
    return [*program, "--quiet", "--port", "{port}", "--host", "127.0.0.1", str(CONTRACT)]
