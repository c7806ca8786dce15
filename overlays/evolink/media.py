"""Looks at the files that a request names, before it is sent: their kind, format, size, sides and length.

Needs the extra `media`. A file is judged by what is in it, never by its name.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import httpx
from attrs import evolve, frozen

from evolink._contract import JSON, packaged_contract
from evolink._http import USER_AGENT, SendTrackingTransport, timeouts
from evolink._settings import checked_timeout, is_loopback
from evolink._uploads import is_url
from evolink._validation import Request, find_violations, to_body
from evolink.errors import InvalidMedia, InvalidRequest, MissingExtra, Violation

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

FETCH_SECONDS = 30.0
MAX_REDIRECTS = 5
# An image of more pixels is measured but not decoded; the largest documented one has a quarter of them.
MAX_DECODED_PIXELS = 16_000_000

_IMAGES = (
    (rb"\x89PNG\r\n\x1a\n", "png"),
    (rb"\xff\xd8\xff", "jpeg"),
    (rb"RIFF....WEBP", "webp"),
    (rb"GIF8[79]a", "gif"),
    (rb"II\*\0|MM\0\*", "tiff"),
    (rb"....ftyp(heic|heix|hevc|heim|heis|mif1|msf1)", "heic"),
    (rb"....ftyp(avif|avis)", "avif"),
    (rb"BM", "bmp"),
)
# Each with the one reader of FFmpeg's that it is given to: left to guess, FFmpeg takes a text for a playlist and opens
# whatever the text names.
_VIDEOS = (
    (rb"....ftypqt  ", "mov", "mov"),
    (rb"....ftyp3g", "3gp", "mov"),
    (rb"....ftyp", "mp4", "mov"),
    (rb"....(moov|mdat|wide|free|skip|pnot)", "mov", "mov"),
    (rb"\x1aE\xdf\xa3.{0,40}\x42\x82.webm", "webm", "matroska"),
    (rb"\x1aE\xdf\xa3", "mkv", "matroska"),
    (rb"RIFF....AVI ", "avi", "avi"),
)
_HTML = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html)", re.IGNORECASE)
_NO_MEDIA = "neither an image nor a video of a known format"
# Filters of warnings are the whole process's, so that two threads must not change and restore them at the same time.
_filtering = threading.Lock()


@frozen
class Media:
    """What is known of a file; None where it is not.

    Attributes:
        kind: `image` or `video`.
        format: as in `png` or `mp4`; a JPEG is `jpeg`, however its name ends.
        bytes: its size. Of a file that was too long to be fetched, and did not say its size, one more than was allowed.
        width, height: in pixels.
        alpha: whether it can have transparent pixels, be there any or not.
        seconds: its length.
        reachable: whether it could be read or fetched.
        problem: why it could not, or what is wrong with it; empty when nothing is.
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
) -> None:
    """Look at every file that a request names, be it a URL or a path of this machine, before it is uploaded.

    URLs are fetched from here, without the API key. That the service can fetch them, too, this does not tell.

    Args:
        request: one of the generated requests, or the JSON object of one.
        timeout: the seconds that the fetching of each file may take.
        transport: an httpx transport to fetch through, instead of the network.

    Raises:
        InvalidMedia: files break documented rules; it has every one of these.
        InvalidRequest: the request has no documented model, or no list of files where one must be.
        MissingExtra: the extra `media` is not installed.
    """
    body = to_body(request)
    schema = packaged_contract().models.get(str(body.get("model")), {})
    limits: dict[str, JSON] = {
        name: node["x-media"] for name, node in schema.get("properties", {}).items() if "x-media" in node
    }
    malformed = [violation for violation, _ in find_violations(body) if _speaks_of_lists(violation, limits)]
    if malformed:
        raise InvalidRequest(malformed)
    found = [
        violation._replace(edition=schema.get("x-edition", ""), source=schema["externalDocs"]["url"])
        for name, limit in limits.items()
        for index, source in enumerate(body[name])
        for violation in violations(
            probe(source, timeout=timeout, transport=transport, max_bytes=limit["max-bytes"]), limit, f"{name}[{index}]"
        )
    ]
    if found:
        raise InvalidMedia(found)


def violations(media: Media, limits: JSON, field: str) -> list[Violation]:
    """Return the rules of an `x-media` of the contract that a file breaks; what is not known of it breaks none.

    Args:
        media: what is known of the file.
        limits: the `x-media`.
        field: the field that names the file, as in `image_urls[0]`.
    """
    return [Violation(field, rule, limits.get(rule), found, mend) for rule, found, mend in _breaches(media, limits)]


def probe(
    source: str | os.PathLike[str],
    *,
    timeout: float = FETCH_SECONDS,
    transport: httpx.BaseTransport | None = None,
    max_bytes: int | None = None,
) -> Media:
    """Look at a file. One that cannot be read, or is no image and no video, has a `problem` in the result.

    Args:
        source: a path of this machine, or an http or https URL, which is fetched without the API key.
        timeout: the seconds that fetching may take.
        transport: an httpx transport to fetch through, instead of the network.
        max_bytes: the bytes that are fetched at most; unless given, the largest limit in the contract. A longer file
            at a URL is not looked into.

    Raises:
        MissingExtra: the extra `media` is not installed.
    """
    seconds = checked_timeout(timeout)
    if is_url(source):
        with tempfile.TemporaryFile() as file:
            outcome = _fetch(str(source), file, max_bytes or _largest(), seconds, transport)
            return outcome if outcome.problem or outcome.bytes is not None else _look_into(file)
    try:
        path = Path(source)
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for somebody to write to it
            return Media(reachable=False, problem="no file")
        with path.open("rb") as file:
            return _look_into(file)
    except (OSError, ValueError, TypeError) as error:  # a TypeError for what is no path at all
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return Media(reachable=False, problem=_printable(f"neither a URL nor a file that can be read: {reason}"))


def _speaks_of_lists(violation: Violation, lists: Mapping[str, Any]) -> bool:
    """Whether a violation of the request leaves no files to look at; a path is none, though it is no URL."""
    name, _, index = violation.field.partition("[")
    return name == "model" or (name in lists and (not index or violation.keyword == "type"))


def _breaches(media: Media, limits: JSON) -> Iterator[tuple[str, str, str]]:
    """Yield the keyword of each rule that a file breaks, what it is instead, and what would keep to the rule."""
    kind = limits["kind"]
    if not media.reachable:
        way_out = "must lead to the file itself: a path that can be read, or a URL that shows it or downloads it"
        yield "reachable", media.problem, way_out
        return
    if media.bytes is not None and media.bytes > limits["max-bytes"]:
        exact = media.bytes > limits["max-bytes"] + 1
        found = f"{media.bytes} bytes long" if exact else f"more than {limits['max-bytes']} bytes long"
        yield "max-bytes", found, f"must have at most {limits['max-bytes']} bytes"
    if media.problem or media.kind not in {None, kind}:
        found = media.problem or f"of kind {media.kind}"
        yield "kind", found, f"must be of kind {kind}, in {' or '.join(limits['formats'])}"
        return
    if media.format is not None and _canonical(media.format) not in map(_canonical, limits["formats"]):
        yield "formats", f"in {media.format}", f"must be in {' or '.join(limits['formats'])}"
    if media.alpha and limits.get("alpha") is False and media.format in {None, "png"}:
        yield "alpha", "a PNG with transparency", "must be a PNG without transparency; save it without an alpha channel"
    sides = {"wide": media.width, "high": media.height}
    pixels = limits.get("side-pixels")
    if pixels is not None and any(not _within(side, pixels) for side in sides.values()):
        found = " and ".join(f"{side} pixels {way}" for way, side in sides.items() if side is not None)
        yield "side-pixels", found, f"must be {pixels['min']} to {pixels['max']} pixels wide, and as many high"
    seconds = limits.get("seconds")
    if seconds is not None and not _within(media.seconds, seconds):
        yield "seconds", f"{media.seconds:g} s long", f"must be {seconds['min']} to {seconds['max']} s long"


def _within(value: float | None, bounds: JSON) -> bool:
    return value is None or bounds["min"] <= value <= bounds["max"]


def _canonical(name: str) -> str:
    return "jpeg" if name == "jpg" else name


def _largest() -> int:
    """Return the largest size that any model takes."""
    nodes = [node for schema in packaged_contract().models.values() for node in schema["properties"].values()]
    return max(int(node["x-media"]["max-bytes"]) for node in nodes if "x-media" in node)


def _fetch(url: str, file: IO[bytes], max_bytes: int, seconds: float, transport: httpx.BaseTransport | None) -> Media:
    """Fetch a URL into a file; what is known of it by then: its problem, or its size when that is too large."""
    deadline = time.monotonic() + seconds
    headers = {"user-agent": USER_AGENT, "accept-encoding": "identity"}
    try:
        with (
            httpx.Client(
                transport=None
                if transport is None
                else SendTrackingTransport(transport, kept=True),  # it is the caller's to close
                timeout=timeouts(seconds),
                follow_redirects=True,
                max_redirects=MAX_REDIRECTS,
                trust_env=not is_loopback(httpx.URL(url).host),
            ) as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            if response.status_code != 200:
                return Media(reachable=False, problem=f"a URL that the server answers {response.status_code} for")
            if response.headers.get("content-type", "").lower().startswith("text/html"):
                return Media(reachable=False, problem="a page of HTML")
            length = response.headers.get("content-length", "")
            if length.isdecimal() and len(length) < 19 and int(length) > max_bytes:
                return Media(bytes=int(length))
            arrived = 0
            for chunk in response.iter_bytes():
                arrived += len(chunk)
                if arrived > max_bytes:
                    return Media(bytes=max_bytes + 1)
                if time.monotonic() > deadline:
                    return Media(reachable=False, problem=f"not here within {seconds:g} s")
                file.write(chunk)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:  # a host that is no name is a ValueError
        return Media(
            reachable=False, problem=_printable(f"a URL that cannot be fetched: {type(error).__name__}: {error}")
        )
    file.flush()
    return Media()


def _look_into(file: IO[bytes]) -> Media:
    """Return what a whole file is."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    for signature, name in _IMAGES:
        if re.match(signature, head, re.DOTALL):
            return _image(file, Media("image", name, size))
    for signature, name, reader in _VIDEOS:
        if re.match(signature, head, re.DOTALL):
            return _video(file, Media("video", name, size), reader)
    if _HTML.match(head):
        return Media(bytes=size, reachable=False, problem="a page of HTML")
    return Media(bytes=size, problem=_NO_MEDIA if size else "empty")


def _image(file: IO[bytes], media: Media) -> Media:
    try:
        from PIL import BmpImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("looking at images", "media") from None
    readers: dict[str, Callable[[IO[bytes]], ImageFile]] = {
        "bmp": BmpImagePlugin.BmpImageFile,
        "jpeg": JpegImagePlugin.JpegImageFile,
        "png": PngImagePlugin.PngImageFile,
        "webp": WebPImagePlugin.WebPImageFile,
    }
    reader = readers.get(media.format or "")
    if reader is None:
        return media
    try:
        with _filtering, warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"PIL\.")
            # Not by Image.open(), which takes a bomb for a mistake before it tells its sides.
            with reader(file) as image:
                media = evolve(media, width=image.width, height=image.height, alpha=bool(image.has_transparency_data))
                if image.width * image.height <= MAX_DECODED_PIXELS:
                    image.load()
    except Exception as error:  # noqa: BLE001 - what Pillow raises for files that are damaged has no common base
        return evolve(media, problem=_printable(f"a damaged {media.format}: {error}"))
    return media


def _video(file: IO[bytes], media: Media, reader: str) -> Media:
    try:
        import av  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("looking at videos", "media") from None
    try:
        opened: Any = av.open(file, "r", format=reader, metadata_errors="replace")  # its types need numpy's
        with closing(opened) as container:
            if not container.streams.video:
                return evolve(media, kind="audio")
            stream = container.streams.video[0]
            length = float(stream.duration * stream.time_base) if stream.duration else (container.duration or 0) / 1e6
            return evolve(
                media,
                width=stream.width or None,
                height=stream.height or None,
                seconds=round(length, 3) if length > 0 else None,
            )
    except Exception as error:  # noqa: BLE001 - what PyAV raises for files that are damaged has no common base
        return evolve(media, problem=_printable(f"a damaged {media.format}: {type(error).__name__}"))


def _printable(text: str) -> str:
    """Return a text, of which a file or a server may have written a part, in a bounded line."""
    return re.sub(r"[^ -~]+", " ", text)[:200].rstrip(": ")
