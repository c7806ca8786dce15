"""Judges the files that a request names by the `x-media` of the contract, as only a look at a file can."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from evolink_mock.http.fetching import Fetcher, OversizeError, UnreachableError
from evolink_mock.media.decoding import (
    DECODED_IMAGES,
    DECODED_VIDEOS,
    MAX_PIXELS,
    Format,
    TooManyPixelsError,
    UndecodableError,
    format_of,
    opened_image,
    opened_video,
)

# Which documented code a broken rule fails a task with. No page says; this is our reading of their names.
_INVALID, _IMAGE, _SIDES = "invalid_parameters", "image_processing_error", "image_dimension_mismatch"
# How long is looked for the first picture of a video.
DECODING_SECONDS = 5.0
_KINDS = {"image": "an image", "audio": "a sound file", "video": "a video"}


class Breach(NamedTuple):
    """A rule that a file breaks: the documented code of a task that fails for it, and what is wrong, for a person."""

    code: str
    message: str


class Look(NamedTuple):
    """What a look at a file found: the rules it breaks and, of a video that tells it, its length in seconds."""

    breaches: tuple[Breach, ...]
    seconds: float | None = None


class _Found(NamedTuple):
    """What is known of a file; None where it is not."""

    format: Format
    sides: tuple[int, int] | None = None
    alpha: bool | None = None
    seconds: float | None = None


async def look(url: str, limits: dict[str, Any], field: str, fetcher: Fetcher) -> Look:
    """Look at the file behind a URL.

    Args:
        url: where the file is.
        limits: the `x-media` it must keep to.
        field: the request field that names it, as in `image_urls[0]`.
        fetcher: opens it.
    """
    damage = _IMAGE if limits["kind"] == "image" else _INVALID
    expected = f"must be {_kinds(limits['kind'])}"
    seconds = None
    try:
        async with fetcher.opened(url, limits["max-bytes"]) as file:
            found = await asyncio.to_thread(_examined, file)
        seconds, breaches = found.seconds, list(_breaches(found, limits, damage))
    except UnreachableError as error:
        breaches = [Breach(damage, f"must lead to a file that can be viewed or downloaded; {error}")]
    except OversizeError:
        breaches = [Breach(_INVALID, f"must have at most {limits['max-bytes']} bytes; it has more")]
    except TooManyPixelsError as error:
        breaches = [Breach(_SIDES, f"{expected} that can be decoded; it is {error}")]
    except UndecodableError as error:
        breaches = [Breach(damage, f"{expected} that can be decoded; it is {error}")]
    return Look(tuple(Breach(code, f"{field}: {message}.") for code, message in breaches), seconds)


def _examined(file: IO[bytes]) -> _Found:
    """Return what a file is.

    Raises:
        UndecodableError: it is damaged.
    """
    form = format_of(file)
    if form.name in DECODED_IMAGES:
        with opened_image(file, form.name) as image:
            if image.width * image.height <= MAX_PIXELS:
                image.load()
            return _Found(form, image.size, alpha=bool(image.has_transparency_data))
    if form.name in DECODED_VIDEOS:
        with opened_video(file, form.name, time.monotonic() + DECODING_SECONDS) as footage:
            if next(footage.frames, None) is None:
                raise UndecodableError(f"a damaged {form.name}")
            return _Found(form, seconds=footage.seconds)
    return _Found(form)


def _breaches(found: _Found, limits: dict[str, Any], damage: str) -> Iterator[Breach]:
    kind, name = found.format
    if kind not in limits["kind"]:
        yield Breach(damage, f"must be {_kinds(limits['kind'])}; it is {_KINDS[kind]}")
        return
    formats = ["jpeg" if form == "jpg" else form for form in limits.get("formats", [name])]
    if name not in formats:
        yield Breach(_INVALID, f"must be in {' or '.join(dict.fromkeys(formats))}; it is in {name}")
    if found.alpha and name == "png" and limits.get("alpha") is False:
        yield Breach(_IMAGE, "must be without transparency; it is a PNG with an alpha channel")
    pixels = limits.get("side-pixels")
    if pixels and found.sides and not all(pixels["min"] <= side <= pixels["max"] for side in found.sides):
        width, height = found.sides
        rule = f"must be {pixels['min']} to {pixels['max']} pixels wide, and as many high"
        yield Breach(_SIDES, f"{rule}; it is {width} pixels wide and {height} pixels high")
    seconds = limits.get("seconds")
    if seconds and found.seconds is not None and not seconds["min"] <= found.seconds <= seconds["max"]:
        rule = f"must be {seconds['min']} to {seconds['max']} seconds long"
        yield Breach(_INVALID, f"{rule}; it is {found.seconds:g} seconds long")


def _kinds(kinds: str | list[str]) -> str:
    return " or ".join(_KINDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))
