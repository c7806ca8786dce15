"""The documented operations on files."""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
import logging
import re
from datetime import datetime, timedelta, timezone
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from evolink_mock.contract.contract import UPLOAD_STREAM, UPLOAD_URL, Contract, Refusal
from evolink_mock.domain.file_store import NOT_FETCHED, TOO_LARGE, KeptFile, UnfitError, Upload
from evolink_mock.http.addresses import resolve
from evolink_mock.http.bodies import (
    TooLargeError,
    chunks,
    content,
    content_type,
    file_answer,
    json_answer,
    origin,
    parsed,
)
from evolink_mock.http.endpoint import Call
from evolink_mock.http.fetching import authorities

# What a request may hold besides the file itself. Ours.
SLACK_BYTES = 64 * 1024
# How long the look for a file behind a URL may take, and what of one is held in memory. Ours.
FETCH_SECONDS = 30.0
MAX_REDIRECTS = 5
SPOOLED_BYTES = 1024 * 1024

# Without a handler of its own it would say on the console what was wrong with a form.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())

_ZONE = timezone(timedelta(hours=8))
_DATA_URL = re.compile(r"data:(?P<type>[^;,]*)[^,]*,")


async def take_form(call: Call) -> Response:
    """Take a file as a part of a form."""
    contract, request = call.world.contract, call.request
    _check_type(call)
    limit = contract.max_upload_bytes + SLACK_BYTES
    try:
        form = await MultiPartParser(request.headers, chunks(request, limit), max_files=1).parse()
    except TooLargeError:
        raise _too_large(call) from None
    except MultiPartException as error:
        raise contract.invalid_request(error.message, operation=UPLOAD_STREAM) from None
    try:
        contract.check_upload(UPLOAD_STREAM, {name: str(value) for name, value in form.items()})
        file = form["file"]
        if not isinstance(file, UploadFile):
            raise contract.invalid_request("file: must be a part with a file.", operation=UPLOAD_STREAM)
        name = _text(contract, form, "file_name", "fileName")
        folder = _text(contract, form, "upload_path", "uploadPath")
        upload = Upload(file.file, file.filename or "", name, folder, file.content_type or "")
        return await _kept(call, upload)
    finally:
        await form.close()


async def take_base64(call: Call) -> Response:
    """Take a file in base64, bare or as a data URL."""
    contract = call.world.contract
    body = await _json(call, contract.max_upload_bytes * 4 // 3 + SLACK_BYTES)
    text: str = body["base64_data"]
    prefix = _DATA_URL.match(text)
    try:
        decoded = await asyncio.to_thread(_decoded, text[prefix.end() :] if prefix else text)
    except binascii.Error:
        raise contract.invalid_request("base64_data: is no base64.", operation=call.operation) from None
    return await _kept(call, _upload(io.BytesIO(decoded), "", body, prefix["type"] if prefix else ""))


async def take_url(call: Call) -> Response:
    """Fetch a file from a URL."""
    import httpx  # noqa: PLC0415 - a quarter of the time that a server takes to start

    contract = call.world.contract
    body = await _json(call, SLACK_BYTES)
    source: str = body["file_url"]
    with SpooledTemporaryFile(SPOOLED_BYTES) as file:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                media_type = await _fetch(source, file, contract.max_upload_bytes)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            said = str(error).partition("\n")[0]
            reason = f"The file could not be fetched: {type(error).__name__}: {said}".removesuffix(": ")
            raise contract.refusal(UPLOAD_URL, NOT_FETCHED, message=reason) from None
        except UnfitError as error:
            raise contract.refusal(UPLOAD_URL, error.code, message=str(error)) from None
        name = unquote(urlsplit(source).path.rpartition("/")[2])
        return await _kept(call, _upload(file, name, body, media_type))


def served(request: Request, file: KeptFile | None, contract: Contract) -> Response:
    """Return an answer that serves a file that was taken; whoever has the link may.

    Raises:
        Refusal: there is none of this name.
    """
    if file is None or file.name != request.path_params["name"]:
        raise contract.no_such_path("No such file.")
    answer = file_answer(request, file.path, file.media_type, file.name if "download" in request.query_params else None)
    # What callers upload is shown on the dashboard's own site, where a drawing with a script could press its buttons.
    answer.headers["content-security-policy"] = "sandbox"
    answer.headers["x-content-type-options"] = "nosniff"
    return answer


def _check_type(call: Call) -> None:
    """Check the content type of a request.

    Raises:
        Refusal: it is another than the documented one.
    """
    [expected] = call.world.contract.request_types(call.operation)
    if content_type(call.request) != expected:
        raise call.world.contract.refusal(call.operation, 415, message=f"The content type must be {expected}.")


async def _json(call: Call, limit: int) -> dict[str, Any]:
    """Return the JSON body of a request, which is as documented.

    Raises:
        Refusal: it is not, or is too large.
    """
    contract = call.world.contract
    _check_type(call)
    try:
        body = parsed(await content(call.request, limit))
    except TooLargeError:
        raise _too_large(call) from None
    except ValueError:
        raise contract.invalid_request(
            "The request body is no valid JSON in UTF-8.", operation=call.operation
        ) from None
    return await asyncio.to_thread(contract.check_upload, call.operation, body)


def _too_large(call: Call) -> Refusal:
    contract = call.world.contract
    reason = f"The file has more than {contract.max_upload_bytes} bytes."
    return contract.refusal(call.operation, TOO_LARGE, {"connection": "close"}, message=reason)


def _text(contract: Contract, form: FormData, *names: str) -> str:
    """Return a field of a form by any of its documented names; empty when there is none.

    Raises:
        Refusal: it is a file.
    """
    for name in names:
        value = form.get(name, "")
        if isinstance(value, UploadFile):
            raise contract.invalid_request(f"{name}: must be text.", operation=UPLOAD_STREAM)
        if value:
            return value
    return ""


async def _fetch(url: str, file: IO[bytes], max_bytes: int) -> str:
    """Write what is behind a URL to a file, and return the content type it came with."""
    import httpx  # noqa: PLC0415 - as above

    parts = urlsplit(url)
    await resolve(parts.hostname or "", parts.port or 0)  # which, unlike the client's, can be given up at any time
    async with (
        httpx.AsyncClient(
            verify=authorities(),
            trust_env=False,
            timeout=None,  # noqa: S113 - the caller limits it
            max_redirects=MAX_REDIRECTS,
        ) as client,
        client.stream("GET", url, follow_redirects=True) as response,
    ):
        response.raise_for_status()
        size = 0
        async for chunk in response.aiter_bytes():
            size += len(chunk)
            if size > max_bytes:
                raise UnfitError(TOO_LARGE, f"The file has more than {max_bytes} bytes.")
            file.write(chunk)
    file.seek(0)
    media_type: str = response.headers.get("content-type", "")
    return media_type.partition(";")[0]


async def _kept(call: Call, upload: Upload) -> Response:
    """Keep a file and return the documented answer.

    Raises:
        Refusal: it is not taken.
    """
    contract = call.world.contract
    try:
        file = await call.world.files.keep(upload, call.world.clock.unix())
    except UnfitError as error:
        raise contract.refusal(call.operation, error.code, message=str(error)) from None
    link = f"{origin(call.request)}/_mock/files/{file.id}/{quote(file.name)}"
    uploaded = datetime.fromtimestamp(int(file.uploaded), _ZONE)
    data = {
        "file_id": file.id,
        "file_name": file.name,
        "original_name": file.original_name,
        "file_size": file.size,
        "mime_type": file.media_type,
        "upload_path": file.upload_path,
        "file_url": link,
        "download_url": f"{link}?download",
        "upload_time": uploaded.isoformat(),
        "expires_at": (uploaded + timedelta(seconds=contract.upload_seconds)).isoformat(),
    }
    return json_answer(200, {"success": True, "code": 200, "msg": "The file was uploaded.", "data": data})


def _upload(content: IO[bytes], original_name: str, body: dict[str, Any], media_type: str) -> Upload:
    return Upload(content, original_name, body.get("file_name", ""), body.get("upload_path", ""), media_type)


def _decoded(text: str) -> bytes:
    return base64.b64decode(text)  # the contract allows no other signs; what may be wrong is how many there are
