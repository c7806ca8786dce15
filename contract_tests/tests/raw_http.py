"""Reads of HTTP requests from sockets, for test servers without a framework."""

from __future__ import annotations

import socket


def read_request(connection: socket.socket) -> tuple[str, dict[str, str]]:
    """Read a request to its end, and return its path and its headers; an empty path if the client has hung up.

    A server that closes a connection before it has read everything resets it, which can discard the response.
    """
    with connection.makefile("rb") as reader:
        path = next(iter(reader.readline().decode().split()[1:]), "")
        headers: dict[str, str] = {}
        while line := reader.readline().strip():
            name, _, value = line.decode().partition(": ")
            headers[name.lower()] = value
        reader.read(int(headers.get("content-length", "0")))
    return path, headers
