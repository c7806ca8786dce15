"""Observations of an uploaded file: whether its links lead to it, its stated size, and how long it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from contract_suite.core.exchanges import member
from contract_suite.core.lifecycle import Observation
from contract_suite.core.target import is_loopback_name
from contract_suite.rules.kinds import Behaviour

KEPT = timedelta(hours=72)
# Only for localhost, for which no authority issues certificates.
_CLIENT = httpx.Client(
    trust_env=False,
    timeout=10,
    limits=httpx.Limits(max_keepalive_connections=0),
    verify=False,  # noqa: S501 - localhost alone
)


def observations(body: Any, file: bytes) -> Iterator[Observation]:
    """Yield what the response to the upload of a file shows. Links to other machines are not followed.

    Args:
        body: The JSON body of the response.
        file: The uploaded content.
    """
    data = member(body, "data")
    for behaviour, name in _LINKS.items():
        link = member(data, name)
        if isinstance(link, str) and _is_local(link):
            expected = f"the {len(file)} bytes of the file at {name}"
            actual = _fetch_problem(link, file, attached=behaviour == "file-download")
            yield Observation(behaviour, expected, actual)
    size = member(data, "file_size")
    yield Observation("file-size", f"file_size {len(file)}", None if size == len(file) else str(size)[:80])
    uploaded, expires = _time(member(data, "upload_time")), _time(member(data, "expires_at"))
    if uploaded is not None and expires is not None:
        kept = expires - uploaded
        yield Observation("file-72-hours", f"kept for {KEPT}", None if kept == KEPT else str(kept))


_LINKS: dict[Behaviour, str] = {"file-link": "file_url", "file-download": "download_url"}


def _is_local(link: str) -> bool:
    try:
        parts = urlsplit(link)
        return parts.scheme in {"http", "https"} and is_loopback_name(parts.hostname or "")
    except ValueError:
        return False


def _fetch_problem(link: str, file: bytes, *, attached: bool) -> str | None:
    """Download the target of a link, and describe the first difference from the file. None if they are equal."""
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
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return time if time is not None and time.tzinfo is not None else None
