"""Handlers of the documented upload operations, and of the links to uploaded files."""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
import logging
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import SpooledTemporaryFile, TemporaryDirectory
from typing import IO, Any
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from evolink_mock.contract.compiled_contract import Contract
from evolink_mock.contract.error_bodies import ErrorResponse
from evolink_mock.domain.file_store import NOT_FETCHED, NOT_STORED, TOO_LARGE, RejectedFileError, StoredFile, Upload
from evolink_mock.http.bodies import BodyTooLargeError, file_response, iter_body, json_response
from evolink_mock.http.endpoint import OperationContext
from evolink_mock.http.fetching import OversizeError, UnreachableError
from evolink_mock.http.large_uploads import DamagedError, decode_limited
from evolink_mock.notices import NOTICES
from evolink_sandbox import LimitError

# The limit for everything in a request but the file. Not documented.
OVERHEAD_BYTES = 64 * 1024
# The time limit of a download by URL, not documented; larger files than the second one are written to disk.
FETCH_SECONDS = 30.0
SPOOLED_BYTES = 1024 * 1024

# Without a handler, this logger would print the problems of invalid forms on the console.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())

_ZONE = timezone(timedelta(hours=8))
_DATA_URL = re.compile(r"data:(?P<type>[^;,]*)[^,]*,")


async def upload_stream(context: OperationContext) -> Response:
    """Store a file from a multipart form."""
    contract, request = context.state.contract, context.request
    context.check_content_type()
    limit = contract.max_upload_bytes + OVERHEAD_BYTES
    try:
        form = await MultiPartParser(request.headers, iter_body(request, limit), max_files=1).parse()
    except BodyTooLargeError:
        raise _too_large(context) from None
    except MultiPartException as error:
        raise context.invalid_request(error.message) from None
    try:
        contract.check_upload(context.operation.id, {name: str(value) for name, value in form.items()})
        file = form["file"]
        if not isinstance(file, UploadFile):
            raise context.invalid_request("file: must be a part with a file.")
        name = _text(context, form, "file_name", "fileName")
        folder = _text(context, form, "upload_path", "uploadPath")
        upload = Upload(file.file, file.filename or "", name, folder, file.content_type or "")
        return await _store(context, upload)
    finally:
        await form.close()


async def upload_base64(context: OperationContext) -> Response:
    """Store a base64-encoded file, with or without a data URL prefix."""
    contract = context.state.contract
    context.check_content_type()
    with SpooledTemporaryFile(SPOOLED_BYTES) as file:
        try:
            async for chunk in iter_body(context.request, contract.max_upload_bytes * 4 // 3 + OVERHEAD_BYTES):
                file.write(chunk)
        except BodyTooLargeError:
            raise _too_large(context) from None
        is_large = file.tell() > SPOOLED_BYTES
        file.seek(0)
        if is_large:
            return await _store_large(context, file)
        body: dict[str, Any] = contract.check_upload(context.operation.id, context.parse_json(file.read()))
    text: str = body["base64_data"]
    prefix = _DATA_URL.match(text)
    try:
        # The contract rejects other characters, but not a wrong number of them.
        decoded = base64.b64decode(text[prefix.end() :] if prefix else text)
    except binascii.Error:
        raise _not_base64(context) from None
    return await _store(context, _upload(io.BytesIO(decoded), "", body, prefix["type"] if prefix else ""))


async def _store_large(context: OperationContext, file: IO[bytes]) -> Response:
    """Store the file in a large JSON body."""
    contract, pattern = context.state.contract, _DATA_URL.pattern
    with TemporaryDirectory(prefix="evolink-mock-upload-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "decoded"
        try:
            async with context.state.decoding:
                body, media_type = await asyncio.to_thread(
                    decode_limited, file, path, contract, context.operation.id, pattern
                )
        except DamagedError as error:
            raise (context.not_json() if str(error) == "json" else _not_base64(context)) from None
        except LimitError as error:
            NOTICES.warn("an upload in base64 could not be decoded within the limits")
            raise context.error(NOT_STORED, message=f"The body cannot be decoded {error}.") from None
        with path.open("rb") as decoded:
            return await _store(context, _upload(decoded, "", body, media_type))


def _not_base64(context: OperationContext) -> ErrorResponse:
    return context.invalid_request("base64_data: is not valid base64.")


async def upload_url(context: OperationContext) -> Response:
    """Download a file from a URL and store it."""
    body = await _read_body(context, OVERHEAD_BYTES)
    source: str = body["file_url"]
    with SpooledTemporaryFile(SPOOLED_BYTES) as file:
        limit = context.state.contract.max_upload_bytes
        try:
            media_type = await context.state.uploads.save(source, file, limit, FETCH_SECONDS)
        except UnreachableError as error:
            raise context.error(NOT_FETCHED, message=f"The file could not be fetched: {error}") from None
        except OversizeError:
            raise context.error(TOO_LARGE, message=f"The file has more than {limit} bytes.") from None
        file.seek(0)
        name = unquote(urlsplit(source).path.rpartition("/")[2])
        return await _store(context, _upload(file, name, body, media_type))


def send_file(request: Request, file: StoredFile | None, contract: Contract) -> Response:
    """Return a response with an uploaded file; its link requires no key.

    Raises:
        ErrorResponse: 404, no file has this id and name.
    """
    if file is None or file.name != request.path_params["name"]:
        raise contract.errors.not_found("No such file.")
    download_as = file.name if "download" in request.query_params else None
    response = file_response(request, file.path, file.media_type, download_as)
    # The dashboard has the same origin: a script in an uploaded SVG could otherwise press its buttons.
    response.headers["content-security-policy"] = "sandbox"
    response.headers["x-content-type-options"] = "nosniff"
    return response


async def _read_body(context: OperationContext, limit: int) -> dict[str, Any]:
    """Read and validate a JSON body of at most `limit` bytes.

    Raises:
        ErrorResponse: the body is invalid or too large.
    """
    try:
        body = context.parse_json(await context.read_body(limit))
    except BodyTooLargeError:
        raise _too_large(context) from None
    return await asyncio.to_thread(context.state.contract.check_upload, context.operation.id, body)


def _too_large(context: OperationContext) -> ErrorResponse:
    message = f"The file has more than {context.state.contract.max_upload_bytes} bytes."
    return context.error(TOO_LARGE, {"connection": "close"}, message=message)


def _text(context: OperationContext, form: FormData, *names: str) -> str:
    """Return a text field of a form by any of its documented names; empty if it is absent.

    Raises:
        ErrorResponse: 400, it is a file.
    """
    for name in names:
        value = form.get(name, "")
        if isinstance(value, UploadFile):
            raise context.invalid_request(f"{name}: must be text.")
        if value:
            return value
    return ""


async def _store(context: OperationContext, upload: Upload) -> Response:
    """Store a file and return the documented response.

    Raises:
        ErrorResponse: the file is rejected.
    """
    state = context.state
    try:
        file = await state.files.add(upload, state.clock.unix())
    except RejectedFileError as error:
        raise context.error(error.code, message=str(error)) from None
    link = f"{context.origin}/_mock/files/{file.id}/{quote(file.name)}"
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
        "expires_at": (uploaded + timedelta(seconds=state.contract.upload_seconds)).isoformat(),
    }
    return json_response(200, {"success": True, "code": 200, "msg": "The file was uploaded.", "data": data})


def _upload(content: IO[bytes], original_name: str, body: dict[str, Any], media_type: str) -> Upload:
    return Upload(content, original_name, body.get("file_name", ""), body.get("upload_path", ""), media_type)
