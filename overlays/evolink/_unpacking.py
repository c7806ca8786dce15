"""Unpack the bodies of responses in small pieces, so that whoever reads them can stop.

The SDK asks for bodies without an encoding. httpx unpacks any number of encodings, and each chunk at once: a kilobyte
can become gigabytes.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

# The key of a response's extensions that says that its body was packed.
PACKED = "evolink.packed"
PIECE_BYTES = 65_536
# The known encodings, and the argument with which zlib unpacks each.
_ENCODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


def unpack(response: httpx.Response) -> None:
    """Let a response yield its body without its encoding, of which it may have one known one.

    The headers about the encoding are removed. Reading raises `httpx.DecodingError` if the body cannot be unpacked.
    """
    if "content-encoding" not in response.headers:
        return
    encoding = response.headers.pop("content-encoding").strip().lower()
    if encoding in {"", "identity"}:
        return
    response.extensions[PACKED] = True
    response.headers.pop("content-length", None)
    if not response.is_stream_consumed:
        response.stream = _Unpacked(response.stream, encoding)


class _Wrapped(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body of either kind."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def close(self) -> None:
        self._stream.close()

    async def aclose(self) -> None:
        await self._stream.aclose()


class Unread(_Wrapped):
    """A body that counts as empty."""

    def __iter__(self) -> Iterator[bytes]:
        return iter(())

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces: tuple[bytes, ...] = ()
        for piece in pieces:
            yield piece


class _Unpacked(_Wrapped):
    """A body without its encoding."""

    def __init__(self, stream: Any, encoding: str) -> None:
        super().__init__(stream)
        self._encoding = encoding

    def __iter__(self) -> Iterator[bytes]:
        unpacker = _Unpacker(self._encoding)
        for chunk in self._stream:
            yield from unpacker.pieces(chunk)
        unpacker.finish()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        unpacker = _Unpacker(self._encoding)
        async for chunk in self._stream:
            for piece in unpacker.pieces(chunk):
                yield piece
        unpacker.finish()


class _Unpacker:
    """Unpacks one body.

    Raises:
        httpx.DecodingError: the encoding is not known, or there are several.
    """

    def __init__(self, encoding: str) -> None:
        if encoding not in _ENCODINGS:
            raise httpx.DecodingError(f"the body has the encoding {encoding}, which was not asked for")
        self._encoding = encoding
        self._zlib: Any = None  # until the first chunk

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what a chunk unpacks to. A piece may be empty.

        Raises:
            httpx.DecodingError: the body does not have the encoding.
        """
        piece = b""
        while chunk or len(piece) == PIECE_BYTES:  # a whole piece may leave a rest within zlib
            unpacker = self._zlib = self._zlib or self._begin(chunk)
            if unpacker.eof and chunk:
                raise httpx.DecodingError(f"the body continues after the end of its encoding {self._encoding}")
            try:
                piece = unpacker.decompress(chunk, PIECE_BYTES)
            except zlib.error as error:
                raise httpx.DecodingError(f"the body does not have its encoding {self._encoding}: {error}") from None
            yield piece
            chunk = unpacker.unconsumed_tail or unpacker.unused_data

    def _begin(self, chunk: bytes) -> Any:
        # Some servers send deflate without the header of zlib, whose first byte ends with 8.
        is_bare = self._encoding == "deflate" and chunk[0] & 15 != 8
        return zlib.decompressobj(-15 if is_bare else _ENCODINGS[self._encoding])

    def finish(self) -> None:
        """Check that the body is complete.

        Raises:
            httpx.DecodingError: it ends too early.
        """
        if self._zlib is not None and not self._zlib.eof:
            raise httpx.DecodingError(f"the body ends in the middle of its encoding {self._encoding}")
