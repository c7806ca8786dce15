"""Check the files of a request against the documented limits: kind, format, size, dimensions and length.

Needs the extra `media`. The format of a file is determined from its content, never from its name.
"""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING, Any

import httpx
from attrs import evolve, frozen

import evolink_sandbox
from evolink._contract import JSON, packaged_contract
from evolink._media_fetch import FetchError, OversizeError, fetch
from evolink._media_reader import HEAD_BYTES, detect, one_line, package_for, read
from evolink._network import Network, ProxyTypes
from evolink._paths import PathError, describe, local_path
from evolink._settings import checked_timeout
from evolink._uploads import is_url
from evolink._validation import Request, find_violations, to_body
from evolink.errors import InvalidMedia, InvalidRequest, MissingExtra, Violation
from evolink_sandbox import LimitError, Limits

if TYPE_CHECKING:
    import ssl

FETCH_SECONDS = 30.0
# The limit for reading the content of one file, and the time that it has even if the fetch took all the time.
LOOK_SECONDS = 15.0
MIN_LOOK_SECONDS = 1.0
CPU_SECONDS = 5


@frozen
class Media:
    """The known properties of a file. A property that is not known is None.

    Attributes:
        kind: `image`, `video` or `audio`.
        format: for example `png` or `mp4`. A JPEG is `jpeg`, whatever its file name.
        bytes: the size. If a download exceeded the limit and had no known length, this is the limit plus one.
        width, height: the dimensions in pixels.
        alpha: whether the format of the image allows transparent pixels, even if it has none.
        seconds: the length.
        reachable: whether the file could be read or fetched.
        problem: why it could not be read, or what is wrong with it; empty for a valid file.
    """

    kind: str | None = None
    format: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    alpha: bool | None = None
    seconds: float | None = None
    reachable: bool = True
    problem: str = ""


def check(
    request: Request | Mapping[str, Any],
    *,
    timeout: float = FETCH_SECONDS,
    transport: httpx.BaseTransport | None = None,
    allow_private: bool = False,
    proxy: ProxyTypes | None = None,
    verify: ssl.SSLContext | str | os.PathLike[str] | None = None,
) -> None:
    """Check every file of a request, given as a URL or a local path, against the documented limits.

    URLs are fetched from this machine, without the API key. EvoLink may still be unable to fetch them.

    Args:
        request: a generated request object or its JSON object. Local paths are allowed in place of URLs.
        timeout: the maximum time to fetch and read each file, in seconds.
        transport: an httpx transport to fetch through, instead of the network.
        allow_private: whether URLs may lead to this machine and to private networks; by default, they are unreachable.
        proxy: the proxy to fetch through; see `EvoLink`.
        verify: the certificates to trust; see `EvoLink`.

    Raises:
        InvalidMedia: files break documented rules. `violations` has every broken rule.
        InvalidRequest: the model is unknown, or a required list of files is missing or malformed.
        MissingExtra: the extra `media` is not installed.
    """
    body = to_body(request)
    schema = packaged_contract().models.get(str(body.get("model")), {})
    limits: dict[str, JSON] = {
        name: node["x-media"] for name, node in schema.get("properties", {}).items() if "x-media" in node
    }
    malformed = [violation for violation, _ in find_violations(body) if _prevents_check(violation, limits)]
    if malformed:
        raise InvalidRequest(malformed)
    broken_rules = [
        violation._replace(edition=schema.get("x-edition", ""), source=schema["externalDocs"]["url"])
        for name, limit in limits.items()
        for index, source in enumerate(body[name])
        for violation in violations(
            probe(
                source,
                timeout=timeout,
                transport=transport,
                allow_private=allow_private,
                proxy=proxy,
                verify=verify,
                max_bytes=limit["max-bytes"],
            ),
            limit,
            f"{name}[{index}]",
        )
    ]
    if broken_rules:
        raise InvalidMedia(broken_rules)


def violations(media: Media, limits: JSON, field: str) -> list[Violation]:
    """Compare a file with an `x-media` of the contract; returns the broken rules. Unknown properties break no rule.

    Args:
        media: the known properties of the file.
        limits: the `x-media`.
        field: the field that holds the file, for example `image_urls[0]`.
    """
    return [Violation(field, rule, limits.get(rule), actual, fix) for rule, actual, fix in _broken_rules(media, limits)]


def probe(
    source: str | os.PathLike[str],
    *,
    timeout: float = FETCH_SECONDS,
    transport: httpx.BaseTransport | None = None,
    allow_private: bool = False,
    proxy: ProxyTypes | None = None,
    verify: ssl.SSLContext | str | os.PathLike[str] | None = None,
    max_bytes: int | None = None,
) -> Media:
    """Determine the properties of a file. If it is unreadable, or not an image or a video, `problem` says so.

    Args:
        source: a local path, or an http or https URL, which is fetched without the API key.
        timeout: the maximum time to fetch and read the file, in seconds. A file that arrives at the last moment has
            another second to be read.
        transport: an httpx transport to fetch through, instead of the network.
        allow_private: whether the URL may lead to this machine and to private networks, redirects included. By
            default, such a URL is unreachable, and no connection is made.
        proxy: the proxy to fetch through; see `EvoLink`.
        verify: the certificates to trust; see `EvoLink`.
        max_bytes: the maximum number of bytes to fetch; by default the largest limit in the contract. The content of
            a larger file at a URL is not examined.

    Raises:
        MissingExtra: the extra `media` is not installed.
    """
    seconds = checked_timeout(timeout)
    deadline = time.monotonic() + seconds
    if is_url(source):
        with tempfile.TemporaryFile() as file:
            network = transport or Network(proxy, verify)
            try:
                fetch(str(source), file, max_bytes or _largest(), seconds, network, allow_private=allow_private)
            except OversizeError as error:
                return Media(bytes=error.size)
            except FetchError as error:
                return Media(reachable=False, problem=one_line(str(error)))
            return _examine(file, deadline)
    try:
        path = local_path(source)
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would block until somebody writes to it
            return Media(reachable=False, problem="not a regular file")
        with path.open("rb") as file:
            return _examine(file, deadline)
    except (OSError, PathError) as error:
        return Media(reachable=False, problem=one_line(f"neither a URL nor a readable file: {describe(error)}"))


def _prevents_check(violation: Violation, lists: Mapping[str, Any]) -> bool:
    """Return whether a violation leaves no files to check. A local path is allowed here although it is not a URL."""
    name, _, index = violation.field.partition("[")
    return name == "model" or (name in lists and (not index or violation.keyword == "type"))


def _broken_rules(media: Media, limits: JSON) -> Iterator[tuple[str, str, str]]:
    """Yield the keyword of each broken rule, the actual property of the file, and how to fix it."""
    kind = limits["kind"]
    if not media.reachable:
        fix = "must be a readable path, or a URL that serves the file itself"
        yield "reachable", media.problem, fix
        return
    if media.bytes is not None and media.bytes > limits["max-bytes"]:
        exact = media.bytes > limits["max-bytes"] + 1
        actual = f"{media.bytes} bytes long" if exact else f"more than {limits['max-bytes']} bytes long"
        yield "max-bytes", actual, f"must have at most {limits['max-bytes']} bytes"
    if media.problem or media.kind not in {None, kind}:
        actual = media.problem or f"of kind {media.kind}"
        yield "kind", actual, f"must be of kind {kind}, in {' or '.join(limits['formats'])}"
        return
    if media.format is not None and _canonical(media.format) not in map(_canonical, limits["formats"]):
        yield "formats", f"in {media.format}", f"must be in {' or '.join(limits['formats'])}"
    if media.alpha and limits.get("alpha") is False and media.format in {None, "png"}:
        yield "alpha", "a PNG with transparency", "must be a PNG without an alpha channel; save it without transparency"
    sides = {"wide": media.width, "high": media.height}
    pixels = limits.get("side-pixels")
    if pixels is not None and any(not _within(side, pixels) for side in sides.values()):
        actual = " and ".join(f"{side} pixels {way}" for way, side in sides.items() if side is not None)
        yield "side-pixels", actual, f"must be {pixels['min']} to {pixels['max']} pixels wide and high"
    seconds = limits.get("seconds")
    if seconds is not None and not _within(media.seconds, seconds):
        yield "seconds", f"{media.seconds:g} s long", f"must be {seconds['min']} to {seconds['max']} s long"


def _within(value: float | None, bounds: JSON) -> bool:
    return value is None or bounds["min"] <= value <= bounds["max"]


def _canonical(name: str) -> str:
    return "jpeg" if name == "jpg" else name


def _largest() -> int:
    """Return the largest size in bytes that any model accepts."""
    nodes = [node for schema in packaged_contract().models.values() for node in schema["properties"].values()]
    return max(int(node["x-media"]["max-bytes"]) for node in nodes if "x-media" in node)


def _examine(file: IO[bytes], deadline: float) -> Media:
    """Determine the properties of a complete file from its content.

    Raises:
        MissingExtra: the package that reads this format is not installed.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    media = Media(bytes=size, **detect(file.read(HEAD_BYTES)))
    package = package_for(media.format or "")
    if package is None:
        return media
    seconds = min(LOOK_SECONDS, max(MIN_LOOK_SECONDS, deadline - time.monotonic()))
    limits = Limits(seconds=seconds, cpu_seconds=CPU_SECONDS)
    try:
        if find_spec(package) is None:
            raise ImportError(package)  # noqa: TRY301 - as if the import failed
        return evolve(media, **evolink_sandbox.call(read, file, media.format, imports=(package,), limits=limits))
    except ImportError:
        raise MissingExtra("checking images" if package == "PIL" else "checking videos", "media") from None
    except LimitError as error:
        return evolve(media, problem=f"a file in {media.format} format that cannot be checked {error}")
