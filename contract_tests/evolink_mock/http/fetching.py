"""Downloads the files that requests name by URL: only from allowed addresses, with limits on time, size and number."""

from __future__ import annotations

import asyncio
import functools
import os
import re
import ssl
import tempfile
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urljoin

from evolink_mock.http.addresses import (
    Address,
    AddressError,
    ResolvedUrl,
    Resolver,
    is_public,
    resolve,
    resolve_url,
)
from evolink_mock.notices import NOTICES
from evolink_mock.text import one_line

if TYPE_CHECKING:
    import httpx

FETCH_SECONDS = 10.0
MAX_REDIRECTS = 5
MAX_OPEN = 8  # concurrent files; further ones wait, and their timeout starts afterwards
MAX_WAITING = 1_000

_HEADERS = {"accept-encoding": "identity", "user-agent": "evolink-mock"}


class UnreachableError(Exception):
    """A URL yields no file. The message says why in one short line, and contains no part of the URL but its host."""


class OversizeError(Exception):
    """A file exceeds the size limit."""


class Fetcher:
    """Opens the files behind http and https URLs; for use in one event loop.

    Args:
        find_local: returns the file for a URL of this server, and None for every other URL.
        resolve: resolves host names.
        is_allowed: decides whether a file may be fetched from an address.
        verify: the TLS settings; the default trusts the usual certificate authorities.
    """

    def __init__(
        self,
        find_local: Callable[[str], Path | None],
        *,
        resolve: Resolver = resolve,
        is_allowed: Callable[[Address], bool] = is_public,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self._find_local = find_local
        self._resolve = resolve
        self._is_allowed = is_allowed
        self._verify = verify
        self._slots = asyncio.Semaphore(MAX_OPEN)
        self._waiting = 0

    @asynccontextmanager
    async def opened(self, url: str, max_bytes: int, seconds: float = FETCH_SECONDS) -> AsyncGenerator[IO[bytes], None]:
        """Open the file behind a URL, positioned at its start.

        Args:
            url: the URL of the file.
            max_bytes: the size limit.
            seconds: the time limit for the download, including DNS lookups.

        Raises:
            UnreachableError: the URL yields no file, or its address is not allowed.
            OversizeError: the file exceeds the size limit.
        """
        async with self._slot():
            path = self._find_local(url)
            if path is not None:
                with _open_local(path, max_bytes) as file:
                    yield file
            else:
                with tempfile.TemporaryFile() as file:
                    if _is_page(await self._fetch(url, file, max_bytes, seconds)):
                        raise UnreachableError("it is an HTML page")
                    file.seek(0)
                    yield file

    async def save(self, url: str, file: IO[bytes], max_bytes: int, seconds: float = FETCH_SECONDS) -> str:
        """Write the file behind a URL to `file`, and return the declared media type, without parameters.

        Raises:
            UnreachableError, OversizeError: as with `opened`.
        """
        async with self._slot():
            return (await self._fetch(url, file, max_bytes, seconds)).partition(";")[0].strip()

    @asynccontextmanager
    async def _slot(self) -> AsyncGenerator[None, None]:
        """Wait until fewer than `MAX_OPEN` files are open.

        Raises:
            UnreachableError: too many others wait.
        """
        if self._waiting >= MAX_WAITING:
            NOTICES.warn(f"{MAX_WAITING} files wait to be fetched; further ones are not fetched")
            raise UnreachableError("too many other files wait to be fetched")
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._slots.release()

    async def _fetch(self, url: str, file: IO[bytes], max_bytes: int, seconds: float) -> str:
        """Write the file behind a URL to `file`, and return the content type that its server declares."""
        import httpx  # noqa: PLC0415 - a quarter of the server's start-up time

        try:
            async with asyncio.timeout(seconds):
                return await self._follow(url, file, max_bytes)
        except TimeoutError:
            reason = f"it did not arrive within {seconds:g} s"
        except (AddressError, httpx.ConnectError) as error:
            reason = str(error)
        except (httpx.HTTPError, OSError) as error:
            reason = type(error).__name__  # the message may come from the server
        except (httpx.InvalidURL, ValueError):
            reason = "it is not an http or https URL"  # the message may contain a password
        raise UnreachableError(one_line(reason))

    async def _follow(self, url: str, file: IO[bytes], max_bytes: int) -> str:
        import httpx  # noqa: PLC0415 - as above

        for _ in range(1 + MAX_REDIRECTS):
            if not url.lower().startswith(("http://", "https://")):
                raise httpx.InvalidURL("unsupported scheme")
            targets = await resolve_url(url, self._resolve, self._is_allowed)
            async with self._response(targets) as response:
                if not response.has_redirect_location:
                    await _save_body(response, file, max_bytes)
                    content_type: str = response.headers.get("content-type", "")
                    return content_type
                url = urljoin(url, response.headers["location"])
        raise UnreachableError(f"it is redirected more than {MAX_REDIRECTS} times")

    @asynccontextmanager
    async def _response(self, targets: list[ResolvedUrl]) -> AsyncGenerator[httpx.Response, None]:
        """Request a URL from the first of its addresses that accepts a connection."""
        import httpx  # noqa: PLC0415 - as above

        verify = authorities() if self._verify is True else self._verify
        # A client for each hop: a client stores cookies by address, which several hosts may share.
        async with httpx.AsyncClient(verify=verify, timeout=None, trust_env=False) as client:  # noqa: S113 - `_fetch` limits it
            for target in targets:
                headers = _HEADERS | target.headers
                request = client.build_request("GET", target.url, headers=headers, extensions=target.extensions)
                try:
                    response = await client.send(request, stream=True)
                except httpx.ConnectError:
                    if target is targets[-1]:
                        raise
                    continue
                try:
                    yield response
                finally:
                    await response.aclose()
                return


def _is_page(content_type: str) -> bool:
    return re.match(r"\s*(text/html|application/xhtml)", content_type, re.IGNORECASE) is not None


def _open_local(path: Path, max_bytes: int) -> IO[bytes]:
    """Open a file that was uploaded to this server."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise UnreachableError(f"it was removed: {error.strerror}") from None
    if os.fstat(file.fileno()).st_size > max_bytes:
        file.close()
        raise OversizeError
    return file


async def _save_body(response: httpx.Response, file: IO[bytes], max_bytes: int) -> None:
    """Write the body of a response to a file."""
    if response.status_code != 200:
        raise UnreachableError(f"the server responds with status {response.status_code}")
    if int(response.headers.get("content-length", "0")) > max_bytes:
        raise OversizeError
    async for chunk in _unpacked(response.aiter_raw(), response.headers.get("content-encoding", "")):
        if file.tell() + len(chunk) > max_bytes:
            raise OversizeError
        file.write(chunk)


async def _unpacked(chunks: AsyncIterator[bytes], coding: str) -> AsyncGenerator[bytes, None]:
    """Yield a body without its content coding, 64 KiB at a time; a server may use one although none is requested."""
    coding = coding.strip().lower()
    if coding in {"", "identity"}:
        async for chunk in chunks:
            yield chunk
        return
    if coding not in {"gzip", "x-gzip", "deflate"}:
        raise UnreachableError("the server uses a content coding that was not requested")
    unpacker = None
    try:
        async for chunk in chunks:
            if unpacker is None:  # deflate has a header, whose first byte ends with 8, or none
                raw = coding == "deflate" and chunk[0] & 15 != 8
                unpacker = zlib.decompressobj(-15 if raw else 47)
            packed = chunk
            while packed and not unpacker.eof:
                yield unpacker.decompress(packed, 65536)
                packed = unpacker.unconsumed_tail
    except zlib.error:
        raise UnreachableError("its content coding is damaged") from None
    if unpacker is not None and not unpacker.eof:
        raise UnreachableError("it ends in the middle of its content coding")


@functools.cache
def authorities() -> ssl.SSLContext:
    """Return the usual certificate authorities; cached, because loading them takes longer than a download."""
    import httpx  # noqa: PLC0415 - as above

    return httpx.create_ssl_context(trust_env=False)
