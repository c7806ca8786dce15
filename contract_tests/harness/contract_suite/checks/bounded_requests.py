"""Limits for `requests`, which schemathesis uses: it would read and unpack a response of any size."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from contract_suite.core.exchanges import MAX_RESPONSE_BYTES
from contract_suite.core.unpacking import UnpackingError, unpack

MAX_SECONDS = 60.0  # for the body of a response, however slowly the bytes arrive

_UNBOUNDED_SEND: Callable[..., requests.Response] = HTTPAdapter.send


def install() -> None:
    """Let every session of `requests` in this process read `MAX_RESPONSE_BYTES` of a response at most.

    A body is unpacked within the same limit, and then has no Content-Encoding any more. A body that does not have the
    encoding of its header stays as it is, header included.
    """
    adapter: Any = HTTPAdapter
    adapter.send = _send  # requests has no setting for this


def _send(adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> requests.Response:
    request.headers["Accept-Encoding"] = "identity"
    response = _UNBOUNDED_SEND(adapter, request, **{**options, "stream": True})
    content = _read(response)
    try:
        content = unpack(content, response.headers.get("content-encoding", ""), MAX_RESPONSE_BYTES)
        response.headers.pop("content-encoding", None)
    except UnpackingError:
        pass  # recorded and judged
    vars(response).update(_content=content, _content_consumed=True)
    return response


def _read(response: requests.Response) -> bytes:
    """Read a body as it is received, up to the limit.

    Raises:
        RequestException: The body ends early, or takes too long.
    """
    content = b""
    deadline = time.monotonic() + MAX_SECONDS
    try:
        while left := MAX_RESPONSE_BYTES - len(content):
            chunk = response.raw.read1(left, decode_content=False)
            content += chunk
            if not chunk or time.monotonic() > deadline:
                break
    except ProtocolError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error
    except ReadTimeoutError as error:
        raise requests.exceptions.ReadTimeout(error) from error
    except HTTPError as error:
        raise requests.exceptions.ConnectionError(error) from error
    if len(content) >= MAX_RESPONSE_BYTES or time.monotonic() > deadline:
        response.close()  # another request on this connection would wait for the rest of the body
    if time.monotonic() > deadline:
        raise requests.exceptions.ReadTimeout(f"no complete response within {MAX_SECONDS:g} s")
    return content
