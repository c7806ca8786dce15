"""Check the files that a request names against the `x-media` rules of the contract, for `--check-media`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, NamedTuple

from evolink_mock.http.fetching import Fetcher, OversizeError, UnreachableError
from evolink_mock.media.decoding import Properties, UndecodableError, read_limited

# The documented error codes for media. No page assigns them to rules, so we chose them by their names.
_INVALID, _IMAGE, _DIMENSIONS = "invalid_parameters", "image_processing_error", "image_dimension_mismatch"
_KINDS = {"image": "an image", "audio": "a sound file", "video": "a video"}


class Violation(NamedTuple):
    """A rule that a file breaks: the documented error code of the task, and a message for people."""

    code: str
    message: str


class Inspection(NamedTuple):
    """The result of an inspection: the rules that the file breaks, and the length in seconds if it is a video."""

    violations: tuple[Violation, ...]
    seconds: float | None = None


async def inspect_file(url: str, limits: dict[str, Any], field: str, fetcher: Fetcher) -> Inspection:
    """Fetch a file and check it.

    Args:
        url: the URL of the file.
        limits: the `x-media` rules for the file.
        field: the request field that names the file, for example `image_urls[0]`.
        fetcher: fetches the file.
    """
    code_if_damaged = _IMAGE if limits["kind"] == "image" else _INVALID
    expected = f"must be {_join_kinds(limits['kind'])}"
    seconds = None
    try:
        async with fetcher.opened(url, limits["max-bytes"]) as file:
            properties = await asyncio.to_thread(read_limited, file)
        seconds, violations = properties.seconds, list(_check(properties, limits, code_if_damaged))
    except UnreachableError as error:
        violations = [Violation(code_if_damaged, f"must lead to a file that can be viewed or downloaded; {error}")]
    except OversizeError:
        violations = [Violation(_INVALID, f"must have at most {limits['max-bytes']} bytes; it has more")]
    except UndecodableError as error:
        violations = [Violation(code_if_damaged, f"{expected} that can be decoded; it is {error}")]
    return Inspection(tuple(Violation(code, f"{field}: {message}.") for code, message in violations), seconds)


def _check(properties: Properties, limits: dict[str, Any], code_if_damaged: str) -> Iterator[Violation]:
    kind, name = properties.format
    if kind not in limits["kind"]:
        yield Violation(code_if_damaged, f"must be {_join_kinds(limits['kind'])}; it is {_KINDS[kind]}")
        return
    formats = ["jpeg" if allowed == "jpg" else allowed for allowed in limits.get("formats", [name])]
    if name not in formats:
        yield Violation(
            _INVALID, f"must have the format {' or '.join(dict.fromkeys(formats))}; it has the format {name}"
        )
    if properties.alpha and name == "png" and limits.get("alpha") is False:
        yield Violation(_IMAGE, "must not have transparency; it is a png with an alpha channel")
    pixels = limits.get("side-pixels")
    if pixels and properties.size and not all(pixels["min"] <= side <= pixels["max"] for side in properties.size):
        width, height = properties.size
        rule = f"must be {pixels['min']} to {pixels['max']} pixels wide and high"
        yield Violation(_DIMENSIONS, f"{rule}; it is {width} pixels wide and {height} pixels high")
    seconds = limits.get("seconds")
    if seconds and properties.seconds is not None and not seconds["min"] <= properties.seconds <= seconds["max"]:
        rule = f"must be {seconds['min']} to {seconds['max']} seconds long"
        yield Violation(_INVALID, f"{rule}; it is {properties.seconds:g} seconds long")


def _join_kinds(kinds: str | list[str]) -> str:
    return " or ".join(_KINDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))
