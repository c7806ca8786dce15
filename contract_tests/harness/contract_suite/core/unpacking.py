"""Bodies with a Content-Encoding: unpacked within a limit, so that a small body cannot fill the memory."""

from __future__ import annotations

import zlib

_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""The codings that are unpacked, with zlib's name for their form."""


class UnpackingError(Exception):
    """A body is not what its Content-Encoding says. The message says why."""


def unpack(content: bytes, encoding: str, limit: int) -> bytes:
    """Return a body without its Content-Encoding. Requests ask for none, but servers may send one all the same.

    Args:
        content: The body as it was received, of at most `limit` bytes or cut after them.
        encoding: The value of the header `Content-Encoding`. Empty for none.
        limit: The most bytes that are returned. The rest is cut off.

    Raises:
        UnpackingError: The body does not have this encoding, or the encoding is not gzip or deflate alone.
    """
    name = encoding.strip().lower()
    if name in {"", "identity"} or not content:
        return content[:limit]
    if name not in _WINDOWS:
        raise UnpackingError(f"content-encoding {name[:40]} cannot be unpacked: expected none, gzip or deflate")
    # Some servers send deflate without the header of zlib.
    forms = (_WINDOWS[name], -15) if name == "deflate" else (_WINDOWS[name],)
    for window in forms:
        unpacker = zlib.decompressobj(window)
        try:
            unpacked = unpacker.decompress(content, limit)
        except zlib.error:
            continue
        if unpacker.eof or len(unpacked) == limit or len(content) >= limit:
            return unpacked
        raise UnpackingError(f"the body ends in the middle of its content-encoding {name}")
    raise UnpackingError(f"content-encoding {name} is false: the body does not have it")
