"""Bodies of requests and answers: what every part of the mock does with them."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response

_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_RANGES = re.compile(r"bytes=\s*([0-9]+-[0-9]*|-[0-9]+)(\s*,\s*([0-9]+-[0-9]*|-[0-9]+))*\s*")


class TooLargeError(Exception):
    """The body of a request is longer than is taken."""


def content_type(request: Request) -> str:
    """Return the content type of a request's body, without its parameters and in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def origin(request: Request) -> str:
    """Return what links to this server begin with, as the caller sees it, without a slash at the end."""
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        name, port = request.scope.get("server") or ("localhost", None)
        host = f"[{name}]:{port}" if ":" in name else f"{name}:{port}" if port else name
    return f"{request.scope['scheme']}://{host}"


def is_cross_site(request: Request) -> bool:
    """Whether a browser sends a request for a page of another site, as far as browsers tell."""
    asked_by = request.headers.get("origin")
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        return True
    return asked_by is not None and asked_by.partition("://")[2] != request.headers.get("host")


async def chunks(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """Yield the body of a request, of which at most `limit` bytes are taken.

    Raises:
        ClientDisconnect: the caller has gone.
        TooLargeError: once the caller has sent everything: one that is still sending would not see the answer.
    """
    size = int(request.headers.get("content-length", "0"))
    too_large = size > limit
    # A caller that waits for permission to send is told at once.
    if not (too_large and request.headers.get("expect", "").lower() == "100-continue"):
        size, more = 0, True
        while more:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk, more = message.get("body", b""), message.get("more_body", False)
            size += len(chunk)
            too_large = too_large or size > limit
            if not too_large:
                yield chunk
    if too_large:
        raise TooLargeError


async def content(request: Request, limit: int) -> bytes:
    """Return the body of a request.

    Raises:
        TooLargeError: it is longer than `limit` bytes.
    """
    return b"".join([chunk async for chunk in chunks(request, limit)])


def parsed(text: bytes) -> Any:
    """Return the JSON value that a body holds.

    Raises:
        ValueError: it is no JSON in UTF-8, nests too deep, or holds a number that is too long.
    """
    try:
        return _DECODER.decode(text.decode())
    except RecursionError:
        raise ValueError("nests too deep") from None


def json_answer(status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    """Return an answer whose body is JSON."""
    return Response(json.dumps(body).encode(), status, headers, "application/json")


def file_answer(request: Request, path: Path, media_type: str, download_as: str | None = None) -> Response:
    """Return an answer that serves a file, or the ranges of it that the request asks for."""
    if not _RANGES.fullmatch(request.headers.get("range", "")):  # which the standard says to ignore
        request.scope["headers"] = [item for item in request.scope["headers"] if item[0] != b"range"]
    return FileResponse(path, media_type=media_type, filename=download_as)


def _no_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_json)  # which `json.loads` makes anew for each text, as long as it reads
