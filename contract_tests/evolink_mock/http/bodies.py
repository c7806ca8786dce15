"""Reading request bodies and headers, and building JSON and file responses."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response

from evolink_mock.notices import NOTICES

_RANGES = re.compile(r"bytes=\s*([0-9]+-[0-9]*|-[0-9]+)(\s*,\s*([0-9]+-[0-9]*|-[0-9]+))*\s*")


# How much of a body that is too large is read, and discarded.
MAX_DISCARDED_BYTES = 256 * 1024**2
# Bodies beyond this size are read into memory a few at a time; the others wait.
SMALL_BYTES, MAX_LARGE_BODIES = 64 * 1024, 64


class BodyTooLargeError(Exception):
    """A request body exceeds the size limit."""


def is_cross_site(request: Request) -> bool:
    """Return whether a browser sent a request on behalf of another site, according to its headers."""
    source = request.headers.get("origin")
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        return True
    return source is not None and source.partition("://")[2] != request.headers.get("host")


async def iter_body(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """Yield the chunks of a request body, at most `limit` bytes.

    Raises:
        ClientDisconnect: the client has closed the connection.
        BodyTooLargeError: the body is longer. Raised after all of it was received, or `MAX_DISCARDED_BYTES` of it,
            because a client that is still sending would not read the response.
    """
    size = int(request.headers.get("content-length", "0"))
    too_large = size > limit
    # A client that waits for "100 Continue" gets the error at once.
    if not (too_large and request.headers.get("expect", "").lower() == "100-continue"):
        size, more = 0, True
        while more and size <= limit + MAX_DISCARDED_BYTES:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk, more = message.get("body", b""), message.get("more_body", False)
            size += len(chunk)
            too_large = too_large or size > limit
            if not too_large:
                yield chunk
        if more:
            NOTICES.warn("a request body was much too large, and was not read to its end")
    if too_large:
        raise BodyTooLargeError


async def read_body(request: Request, limit: int) -> bytes:
    """Read a request body of at most `limit` bytes.

    Raises:
        ClientDisconnect: the client has closed the connection.
        BodyTooLargeError: the body is longer.
    """
    chunks = iter_body(request, limit)
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > SMALL_BYTES:
            break
    else:
        return bytes(body)
    slots = _LARGE_BODIES.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(MAX_LARGE_BODIES))
    if slots.locked():
        NOTICES.warn(f"{MAX_LARGE_BODIES} large request bodies are being read; further ones wait")
    async with slots:
        async for chunk in chunks:
            body += chunk
    return bytes(body)


_LARGE_BODIES = WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]()


def parse_json(content: bytes) -> Any:
    """Parse a JSON body.

    Raises:
        ValueError: it is not JSON in UTF-8, is nested too deeply, or contains a number with too many digits.
    """
    try:
        return _DECODER.decode(content.decode())
    except RecursionError:
        raise ValueError("is nested too deeply") from None


class JsonResponse(Response):
    """A response with a JSON body. It sets its headers itself, because Starlette takes twice as long for them."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str] | None) -> None:
        self.status_code, self.body, self.background = status, body, None
        self.raw_headers = [
            *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in (headers or {}).items()),
            (b"content-length", b"%d" % len(body)),
            (b"content-type", b"application/json"),
        ]


def json_response(status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    """Return a response with a JSON body."""
    return JsonResponse(status, _ENCODER.encode(body).encode(), headers)


def file_response(request: Request, path: Path, media_type: str, download_as: str | None = None) -> Response:
    """Return a response with a file, or with the byte ranges that the request names."""
    if not _RANGES.fullmatch(request.headers.get("range", "")):  # the standard says to ignore an invalid range
        request.scope["headers"] = [item for item in request.scope["headers"] if item[0] != b"range"]
    return FileResponse(path, media_type=media_type, filename=download_as)


def _reject_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not valid JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


# Created once: with options, `json.loads` creates a decoder for each text, which takes as long as parsing it.
_DECODER = json.JSONDecoder(parse_constant=_reject_constant, parse_float=_finite)
_ENCODER = json.JSONEncoder(allow_nan=False, check_circular=False)
