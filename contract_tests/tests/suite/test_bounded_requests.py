"""The limits for the requests of schemathesis: no response of a server fills the memory."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

import pytest
import requests
from requests.adapters import HTTPAdapter

from contract_suite.checks import bounded_requests
from contract_suite.core.exchanges import MAX_RESPONSE_BYTES

BOMB = gzip.compress(bytes(50_000_000), 1)  # at the lowest level, because every process of tests makes it
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n"


@pytest.fixture(autouse=True)
def bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the limits for one test."""
    monkeypatch.setattr(HTTPAdapter, "send", HTTPAdapter.send)
    bounded_requests.install()


@contextmanager
def serving(reply: Callable[[socket.socket], None]) -> Generator[str]:
    """Serve one connection."""

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                reply(connection)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        thread.join(5)


def get(reply: Callable[[socket.socket], None]) -> requests.Response:
    with serving(reply) as url, requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=5)


@pytest.mark.parametrize("kind", [b"application/json", b"text/event-stream"])
def test_endless_response_is_read_to_the_limit(kind: bytes) -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(HEAD.replace(b"application/json", kind) + b"\r\n")
        while True:
            connection.sendall(b" " * 65_536)

    assert get(flood).content == b" " * MAX_RESPONSE_BYTES


def test_packed_response_is_unpacked_to_the_limit() -> None:
    response = get(lambda connection: connection.sendall(HEAD + b"content-encoding: gzip\r\n\r\n" + BOMB))
    assert (response.content, "content-encoding" in response.headers) == (bytes(MAX_RESPONSE_BYTES), False)


def test_false_encoding_stays_as_it_was_received() -> None:
    response = get(lambda connection: connection.sendall(HEAD + b"content-encoding: gzip, gzip\r\n\r\n{}"))
    assert (response.content, response.headers["content-encoding"]) == (b"{}", "gzip, gzip")


def test_response_that_drips_ends_with_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"\r\n")
        while True:
            connection.sendall(b" ")

    monkeypatch.setattr(bounded_requests, "MAX_SECONDS", 0.0)
    with pytest.raises(requests.exceptions.ReadTimeout, match="no complete response within 0 s"):
        get(drip)


def test_body_that_ends_early_raises_an_error_of_requests() -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(lambda connection: connection.sendall(HEAD + b"content-length: 9\r\n\r\n{}"))
