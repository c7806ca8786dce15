"""Fetches the files behind URLs: from public addresses alone, in bounded time, and never more than is wanted."""

from __future__ import annotations

import asyncio
import functools
import os
import re
import ssl
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urljoin

from evolink_mock.http.addresses import Address, AddressError, Resolver, destination, is_public, resolve

if TYPE_CHECKING:
    import httpx

FETCH_SECONDS = 10.0
MAX_REDIRECTS = 5
MAX_OPEN = 8  # at a time; the others wait, before their own time begins to run

_HEADERS = {"accept-encoding": "identity", "user-agent": "evolink-mock"}
_LONGEST_REASON = 200


class UnreachableError(Exception):
    """A URL that leads to no file; the text, of bounded length, says why and holds nothing of the URL but its host."""


class OversizeError(Exception):
    """A file that is longer than is wanted."""


class Fetcher:
    """Opens the files behind http and https URLs; for use in one event loop.

    Args:
        own: returns the file that a URL of this server's own leads to, and None for every other URL.
        resolve: looks up host names.
        is_allowed: whether a file may be fetched from an address.
        verify: the TLS settings; the default trusts the usual authorities.
    """

    def __init__(
        self,
        own: Callable[[str], Path | None],
        *,
        resolve: Resolver = resolve,
        is_allowed: Callable[[Address], bool] = is_public,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self._own = own
        self._resolve = resolve
        self._is_allowed = is_allowed
        self._verify = verify
        self._free_places = asyncio.Semaphore(MAX_OPEN)

    @asynccontextmanager
    async def opened(self, url: str, max_bytes: int, seconds: float = FETCH_SECONDS) -> AsyncGenerator[IO[bytes], None]:
        """Yield the file behind a URL, at its beginning.

        Args:
            url: where it is.
            max_bytes: how long it may be.
            seconds: how long fetching it may take, the look-up of names included.

        Raises:
            UnreachableError: there is no file, or it may not be fetched.
            OversizeError: it has more bytes.
        """
        async with self._free_places:
            path = self._own(url)
            if path is not None:
                with _kept(path, max_bytes) as file:
                    yield file
            else:
                with tempfile.TemporaryFile() as file:
                    await self._fetch(url, file, max_bytes, seconds)
                    file.seek(0)
                    yield file

    async def _fetch(self, url: str, file: IO[bytes], max_bytes: int, seconds: float) -> None:
        import httpx  # noqa: PLC0415 - a quarter of the time that a server takes to start

        try:
            async with asyncio.timeout(seconds):
                await self._follow(url, file, max_bytes)
        except TimeoutError:
            reason = f"it was not here within {seconds:g} s"
        except (AddressError, httpx.ConnectError) as error:
            reason = str(error)
        except (httpx.HTTPError, OSError) as error:
            reason = type(error).__name__  # whose text a server may have written
        except (httpx.InvalidURL, ValueError):
            reason = "it is no http or https URL"  # whose text may hold a password
        else:
            return
        raise UnreachableError(_printable(reason))

    async def _follow(self, url: str, file: IO[bytes], max_bytes: int) -> None:
        import httpx  # noqa: PLC0415 - as above

        for _ in range(1 + MAX_REDIRECTS):
            if not url.lower().startswith(("http://", "https://")):
                raise httpx.InvalidURL("another scheme")
            there = await destination(url, self._resolve, self._is_allowed)
            # A client for every hop: it keeps cookies by address, and hosts may share one.
            async with (
                httpx.AsyncClient(
                    verify=authorities() if self._verify is True else self._verify,
                    timeout=None,  # noqa: S113 - the whole is bounded
                    trust_env=False,
                ) as client,
                client.stream(
                    "GET", there.url, headers=_HEADERS | there.headers, extensions=there.extensions
                ) as response,
            ):
                if not response.has_redirect_location:
                    await _take(response, file, max_bytes)
                    return
                url = urljoin(url, response.headers["location"])
        raise UnreachableError(f"it is redirected more than {MAX_REDIRECTS} times")


def _kept(path: Path, max_bytes: int) -> IO[bytes]:
    """Open a file of this server's own."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise UnreachableError(f"it is no longer kept: {error.strerror}") from None
    if os.fstat(file.fileno()).st_size > max_bytes:
        file.close()
        raise OversizeError
    return file


async def _take(response: httpx.Response, file: IO[bytes], max_bytes: int) -> None:
    """Write the body of an answer to a file."""
    if response.status_code != 200:
        raise UnreachableError(f"the server answers with status {response.status_code}")
    if re.match(r"\s*(text/html|application/xhtml)", response.headers.get("content-type", ""), re.IGNORECASE):
        raise UnreachableError("it is a page of HTML")
    if int(response.headers.get("content-length", "0")) > max_bytes:
        raise OversizeError
    # Raw: what a server has compressed although it was not asked to is of any length once it is unpacked.
    async for chunk in response.aiter_raw():
        if file.tell() + len(chunk) > max_bytes:
            raise OversizeError
        file.write(chunk)


@functools.cache
def authorities() -> ssl.SSLContext:
    """Return the usual authorities, which take longer to load than a file to fetch."""
    import httpx  # noqa: PLC0415 - as above

    return httpx.create_ssl_context(trust_env=False)


def _printable(text: str) -> str:
    """Return a text, of which a server may have written a part, in a bounded line."""
    return re.sub(r"[^ -~]+", " ", text)[:_LONGEST_REASON]
