"""The host of files: takes uploads in the three documented ways, and serves what was uploaded."""

from __future__ import annotations

import asyncio
import base64
import binascii
import functools
import io
import logging
import mimetypes
import re
import secrets
import shutil
import ssl
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import SpooledTemporaryFile, TemporaryDirectory
from typing import IO, Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

import httpx
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from evolink_mock.clock import Clock
from evolink_mock.contract import UPLOAD_BASE64, UPLOAD_STREAM, UPLOAD_URL, Contract, Operation, Refusal
from evolink_mock.delivery import resolve
from evolink_mock.http import TooLargeError, chunks, content, content_type, file_answer, json_answer, parsed

# How much is kept; beyond that the oldest files make room. Ours.
MAX_STORED_BYTES = 1024**3
MAX_FILES = 10_000
# What a request may hold besides the file itself. Ours.
SLACK_BYTES = 64 * 1024
# How long the look for a file behind a URL may take, and what of one is held in memory. Ours.
FETCH_SECONDS = 30.0
MAX_REDIRECTS = 5
SPOOLED_BYTES = 1024 * 1024

TOO_LARGE, WRONG_TYPE, NOT_FETCHED, NOT_STORED = 40001, 40002, 40004, 50001

# Without a handler of its own it would say on the console what was wrong with a form.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())

_ZONE = timezone(timedelta(hours=8))
_BYTES_SHOWING_A_TYPE = 16
_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
)
_DATA_URL = re.compile(r"data:(?P<type>[^;,]*)[^,]*,")
_LONGEST_NAME = 200


class UnfitError(Exception):
    """A file that is not taken: the documented code, and the reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Upload(NamedTuple):
    """A file as it comes, and what is said of it; empty text for what is not said."""

    content: IO[bytes]
    original_name: str
    file_name: str
    upload_path: str
    media_type: str


class KeptFile(NamedTuple):
    """A file that was taken."""

    id: str
    path: Path
    name: str
    original_name: str
    size: int
    media_type: str
    upload_path: str
    uploaded: float


class KeptFiles:
    """Files in a folder that lives as long as the server, under names that no caller chooses; for one event loop."""

    def __init__(self, max_bytes: int, kinds: list[str], max_stored_bytes: int = MAX_STORED_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kinds = kinds
        self._max_stored_bytes = max_stored_bytes
        self._folder: TemporaryDirectory[str] | None = None
        self._files: OrderedDict[str, KeptFile] = OrderedDict()

    async def keep(self, upload: Upload, now: float) -> KeptFile:
        """Keep a file.

        Raises:
            UnfitError: it is too large, of a type that is not taken, or cannot be stored.
        """
        self._folder = self._folder or TemporaryDirectory(prefix="evolink-mock-files-", ignore_cleanup_errors=True)
        file_id = f"file-{int(now)}-{secrets.token_hex(4)}"
        path = Path(self._folder.name) / file_id
        try:
            size, start = await asyncio.to_thread(_copied, upload.content, path)
        except OSError as error:
            raise UnfitError(NOT_STORED, f"The file could not be stored: {error.strerror}.") from None
        media_type = _media_type(start, upload)
        file_name = _plain_name(upload.file_name) or _plain_name(upload.original_name)
        if size > self._max_bytes:
            path.unlink()
            raise UnfitError(TOO_LARGE, f"The file has more than {self._max_bytes} bytes.")
        if media_type.partition("/")[0] not in self._kinds:
            path.unlink()
            raise UnfitError(WRONG_TYPE, f"The file is not of these types: {', '.join(self._kinds)}.")
        name = file_name or f"{file_id}{mimetypes.guess_extension(media_type) or ''}"
        kept = KeptFile(
            file_id, path, name, _plain_name(upload.original_name) or name, size, media_type, upload.upload_path, now
        )
        self._files[file_id] = kept
        while len(self._files) > MAX_FILES or sum(file.size for file in self._files.values()) > self._max_stored_bytes:
            self._files.popitem(last=False)[1].path.unlink()
        return kept

    def find(self, file_id: str) -> KeptFile | None:
        """Return a file by its id."""
        return self._files.get(file_id)

    def close(self) -> None:
        """Remove all files."""
        if self._folder is not None:
            self._folder.cleanup()


class FileHost:
    """The documented operations on files.

    Args:
        base_url: what the links to files begin with, without a slash at the end.
        contract: what is documented.
        clock: tells the time of an upload.
        admit: checks the key and the wishes of a request, or raises the refusal it gets.
    """

    def __init__(
        self, base_url: str, contract: Contract, clock: Clock, admit: Callable[[Request, Operation], object]
    ) -> None:
        self._base_url = base_url
        self._contract = contract
        self._clock = clock
        self._admit = admit
        self._max_bytes = contract.max_upload_bytes
        self._files = KeptFiles(self._max_bytes, contract.upload_kinds)

    def close(self) -> None:
        """Remove all files."""
        self._files.close()

    async def stream(self, request: Request) -> Response:
        """Take a file as a part of a form."""
        self._look_at(request, UPLOAD_STREAM)
        limit = self._max_bytes + SLACK_BYTES
        try:
            form = await MultiPartParser(request.headers, chunks(request, limit), max_files=1).parse()
        except TooLargeError:
            raise self._too_large(UPLOAD_STREAM) from None
        except MultiPartException as error:
            raise self._contract.invalid_request(error.message, operation=UPLOAD_STREAM) from None
        try:
            self._contract.check_upload(UPLOAD_STREAM, {name: str(value) for name, value in form.items()})
            file = form["file"]
            if not isinstance(file, UploadFile):
                raise self._contract.invalid_request("file: must be a part with a file.", operation=UPLOAD_STREAM)
            name, folder = self._text(form, "file_name", "fileName"), self._text(form, "upload_path", "uploadPath")
            upload = Upload(file.file, file.filename or "", name, folder, file.content_type or "")
            return await self._kept(UPLOAD_STREAM, upload)
        finally:
            await form.close()

    async def base64(self, request: Request) -> Response:
        """Take a file in base64, bare or as a data URL."""
        self._look_at(request, UPLOAD_BASE64)
        body = await self._json(request, UPLOAD_BASE64, self._max_bytes * 4 // 3 + SLACK_BYTES)
        text: str = body["base64_data"]
        prefix = _DATA_URL.match(text)
        try:
            decoded = await asyncio.to_thread(_decoded, text[prefix.end() :] if prefix else text)
        except binascii.Error:
            raise self._contract.invalid_request("base64_data: is no base64.", operation=UPLOAD_BASE64) from None
        return await self._kept(UPLOAD_BASE64, _upload(io.BytesIO(decoded), "", body, prefix["type"] if prefix else ""))

    async def url(self, request: Request) -> Response:
        """Fetch a file from a URL."""
        self._look_at(request, UPLOAD_URL)
        body = await self._json(request, UPLOAD_URL, SLACK_BYTES)
        source: str = body["file_url"]
        with SpooledTemporaryFile(SPOOLED_BYTES) as file:
            try:
                async with asyncio.timeout(FETCH_SECONDS):
                    media_type = await self._fetch(source, file)
            except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                said = str(error).partition("\n")[0]
                reason = f"The file could not be fetched: {type(error).__name__}: {said}".removesuffix(": ")
                raise self._contract.refusal(UPLOAD_URL, NOT_FETCHED, message=reason) from None
            except UnfitError as error:
                raise self._contract.refusal(UPLOAD_URL, error.code, message=str(error)) from None
            name = unquote(urlsplit(source).path.rpartition("/")[2])
            return await self._kept(UPLOAD_URL, _upload(file, name, body, media_type))

    async def serve(self, request: Request) -> Response:
        """Serve a file that was taken; whoever has the link may."""
        file = self._files.find(str(request.path_params["file_id"]))
        if file is None or file.name != request.path_params["name"]:
            raise self._contract.no_such_path("No such file.")
        return file_answer(
            request, file.path, file.media_type, file.name if "download" in request.query_params else None
        )

    def _look_at(self, request: Request, operation: Operation) -> None:
        """Check the key, the wishes and the content type of a request.

        Raises:
            Refusal: one of them is not as it must be.
        """
        self._admit(request, operation)
        [expected] = self._contract.request_types(operation)
        if content_type(request) != expected:
            raise self._contract.refusal(operation, 415, message=f"The content type must be {expected}.")

    async def _json(self, request: Request, operation: Operation, limit: int) -> dict[str, Any]:
        """Return the JSON body of a request, which is as documented.

        Raises:
            Refusal: it is not, or is too large.
        """
        try:
            body = parsed(await content(request, limit))
        except TooLargeError:
            raise self._too_large(operation) from None
        except ValueError:
            raise self._contract.invalid_request(
                "The request body is no valid JSON in UTF-8.", operation=operation
            ) from None
        return await asyncio.to_thread(self._contract.check_upload, operation, body)

    def _too_large(self, operation: Operation) -> Refusal:
        reason = f"The file has more than {self._max_bytes} bytes."
        return self._contract.refusal(operation, TOO_LARGE, {"connection": "close"}, message=reason)

    def _text(self, form: FormData, *names: str) -> str:
        """Return a field of a form by any of its documented names; empty when there is none.

        Raises:
            Refusal: it is a file.
        """
        for name in names:
            value = form.get(name, "")
            if isinstance(value, UploadFile):
                raise self._contract.invalid_request(f"{name}: must be text.", operation=UPLOAD_STREAM)
            if value:
                return value
        return ""

    async def _fetch(self, url: str, file: IO[bytes]) -> str:
        """Write what is behind a URL to a file, and return the content type it came with."""
        parts = urlsplit(url)
        await resolve(parts.hostname or "", parts.port or 0)  # which, unlike the client's, can be given up at any time
        async with (
            httpx.AsyncClient(
                verify=_authorities(),
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
                if size > self._max_bytes:
                    raise UnfitError(TOO_LARGE, f"The file has more than {self._max_bytes} bytes.")
                file.write(chunk)
        file.seek(0)
        media_type: str = response.headers.get("content-type", "")
        return media_type.partition(";")[0]

    async def _kept(self, operation: Operation, upload: Upload) -> Response:
        """Keep a file and return the documented answer.

        Raises:
            Refusal: it is not taken.
        """
        try:
            file = await self._files.keep(upload, self._clock.unix())
        except UnfitError as error:
            raise self._contract.refusal(operation, error.code, message=str(error)) from None
        link = f"{self._base_url}/_mock/files/{file.id}/{quote(file.name)}"
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
            "expires_at": (uploaded + timedelta(seconds=self._contract.upload_seconds)).isoformat(),
        }
        return json_answer(200, {"success": True, "code": 200, "msg": "The file was uploaded.", "data": data})


@functools.cache
def _authorities() -> ssl.SSLContext:
    """Return the usual authorities, which take longer to load than a file to fetch."""
    return httpx.create_ssl_context(trust_env=False)


def _upload(content: IO[bytes], original_name: str, body: dict[str, Any], media_type: str) -> Upload:
    return Upload(content, original_name, body.get("file_name", ""), body.get("upload_path", ""), media_type)


def _copied(source: IO[bytes], path: Path) -> tuple[int, bytes]:
    """Copy a file to `path`; return its size and its first bytes."""
    with path.open("wb") as copy:
        start = source.read(_BYTES_SHOWING_A_TYPE)
        copy.write(start)
        shutil.copyfileobj(source, copy)
        return copy.tell(), start


def _decoded(text: str) -> bytes:
    return base64.b64decode(text)  # the contract allows no other signs; what may be wrong is how many there are


def _media_type(start: bytes, upload: Upload) -> str:
    """Return what a file is by its first bytes, else by what is said of it, else by its name."""
    for offset, signature, media_type in _SIGNATURES:
        if start[offset:].startswith(signature):
            return media_type
    said = upload.media_type.strip().lower()
    if re.fullmatch(r"(image|audio|video)/[a-z0-9.+-]{1,60}", said):
        return said
    guesses = (mimetypes.guess_type(name)[0] for name in (upload.file_name, upload.original_name))
    return next((guess for guess in guesses if guess), "application/octet-stream")


def _plain_name(name: str) -> str:
    """Return the last part of a path as a name that fits into a link and a header; empty when nothing is left."""
    last = re.split(r"[/\\]", name)[-1]
    printable = "".join(letter for letter in last if letter.isprintable()).strip(" .")
    return printable[-_LONGEST_NAME:]
