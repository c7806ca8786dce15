"""What becomes of an uploaded file: whether its links lead to it, and what its answer says of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from contract_suite.core.exchanges import member
from contract_suite.core.lifecycle import Behaviour, Observation
from contract_suite.core.target import is_loopback_name

KEPT = timedelta(hours=72)
# Only for this machine, which no authority vouches for; it keeps no connection.
_CLIENT = httpx.Client(
    trust_env=False,
    timeout=10,
    limits=httpx.Limits(max_keepalive_connections=0),
    verify=False,  # noqa: S501 - see above
)


def observations(body: Any, file: bytes) -> Iterator[Observation]:
    """Yield what the answer to the upload of a file shows; links to other machines are not followed."""
    data = member(body, "data")
    for behaviour, name in _LINKS.items():
        link = member(data, name)
        if isinstance(link, str) and _is_here(link):
            expected = f"{len(file)} bytes at {name}, those of the file"
            actual = _fetched(link, file, attached=behaviour == "file-download")
            yield Observation(behaviour, expected, actual)
    size = member(data, "file_size")
    yield Observation("file-size", f"file_size {len(file)}", None if size == len(file) else str(size)[:80])
    uploaded, expires = _time(member(data, "upload_time")), _time(member(data, "expires_at"))
    if uploaded is not None and expires is not None:
        kept = expires - uploaded
        yield Observation("file-72-hours", f"{KEPT} kept", None if kept == KEPT else str(kept))


_LINKS: dict[Behaviour, str] = {"file-link": "file_url", "file-download": "download_url"}


def _is_here(link: str) -> bool:
    try:
        parts = urlsplit(link)
        return parts.scheme in {"http", "https"} and is_loopback_name(parts.hostname or "")
    except ValueError:
        return False


def _fetched(link: str, file: bytes, *, attached: bool) -> str | None:
    """Return what is wrong with what a link leads to, if anything is."""
    try:
        with _CLIENT.stream("GET", link) as response:
            actual = b""
            for chunk in response.iter_raw():
                actual += chunk
                if len(actual) > len(file):
                    break
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return f"{type(error).__name__}: {error}".removesuffix(": ")
    if response.status_code != 200:
        return f"status {response.status_code}"
    if actual != file:
        return "other bytes"
    if attached and not response.headers.get("content-disposition", "").lower().startswith("attachment"):
        return "a file that is not an attachment"
    return None


def _time(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
