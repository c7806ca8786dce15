"""Check the files that a request names against the `x-media` rules of the contract, for `--check-media`."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from evolink_mock.contract.compiled_contract import Model
from evolink_mock.contract.media_fields import Source
from evolink_mock.http.fetching import Fetcher, OversizeError, UnreachableError
from evolink_mock.media.decoding import Properties, UndecodableError, read_limited

# The limit for a file whose size the contract does not limit.
MAX_BYTES = 200 << 20
# The documented error codes for media. No page assigns them to rules, so we chose them by their names.
_INVALID, _IMAGE, _DIMENSIONS = "invalid_parameters", "image_processing_error", "image_dimension_mismatch"
_KINDS = {"image": "an image", "audio": "a sound file", "video": "a video", "document": "a document"}


class Violation(NamedTuple):
    """A rule that a file breaks: the documented error code of the task, and a message for people."""

    code: str
    message: str


class Inspection(NamedTuple):
    """The result of an inspection: the rules that the file breaks, and the length of a video or sound in seconds."""

    violations: tuple[Violation, ...]
    seconds: float | None = None


async def inspect_files(
    sources: Sequence[Source], model: Model, body: dict[str, Any], fetcher: Fetcher
) -> list[Inspection]:
    """Fetch the files of a request and check each of them, and then their lengths together.

    Args:
        sources: the files.
        model: the model of the request.
        body: the request.
        fetcher: fetches the files.

    Returns:
        An inspection for each file, and one for all of them.
    """
    inspections = list(
        await asyncio.gather(*(inspect_file(source.url, source.limits, source.name, fetcher) for source in sources))
    )
    lengths: dict[str, list[float]] = {}
    for source, inspection in zip(sources, inspections, strict=True):
        lengths.setdefault(source.field, []).append(inspection.seconds or 0)
    messages = [
        message
        for field, limits in {source.field: source.limits for source in sources}.items()
        for message in _check_total(field, limits.get("total-seconds", {}), sum(lengths[field]))
    ]
    messages += [message for rule in model.file_limits for message in _check_sum(rule, lengths, model, body)]
    return [*inspections, Inspection(tuple(Violation(_INVALID, message) for message in messages))]


async def inspect_file(url: str, limits: dict[str, Any], field: str, fetcher: Fetcher) -> Inspection:
    """Fetch a file and check it.

    Args:
        url: the URL of the file.
        limits: the `x-media` rules for the file.
        field: the request field that names the file, for example `image_urls[0]`.
        fetcher: fetches the file.
    """
    kinds = _kinds(limits)
    code_if_damaged = _IMAGE if kinds == ["image"] else _INVALID
    expected = f"must be {_join_kinds(kinds)}"
    max_bytes = limits.get("max-bytes", MAX_BYTES)
    suffix = PurePosixPath(urlsplit(url).path).suffix.lower().removeprefix(".")
    seconds = None
    try:
        async with fetcher.opened(url, max_bytes) as file:
            properties = await asyncio.to_thread(read_limited, file, suffix)
        seconds, violations = properties.seconds, list(_check(properties, limits, code_if_damaged))
    except UnreachableError as error:
        violations = [Violation(code_if_damaged, f"must lead to a file that can be viewed or downloaded; {error}")]
    except OversizeError:
        violations = [Violation(_INVALID, f"must have at most {max_bytes} bytes; it has more")]
    except UndecodableError as error:
        violations = [Violation(code_if_damaged, f"{expected} that can be decoded; it is {error}")]
    return Inspection(tuple(Violation(code, f"{field}: {message}.") for code, message in violations), seconds)


def _check(properties: Properties, limits: dict[str, Any], code_if_damaged: str) -> Iterator[Violation]:
    kind, name = properties.format
    kinds = _kinds(limits)
    if kind not in kinds:
        yield Violation(code_if_damaged, f"must be {_join_kinds(kinds)}; it is {_KINDS[kind]}")
        return
    formats: list[str] = [_SAME_FORMATS.get(allowed, allowed) for allowed in map(str, limits.get("formats", ()))]
    if name and formats and name not in formats:
        yield Violation(
            _INVALID, f"must have the format {' or '.join(dict.fromkeys(formats))}; it has the format {name}"
        )
    if properties.alpha and name == "png" and limits.get("alpha") is False:
        yield Violation(_IMAGE, "must not have transparency; it is a png with an alpha channel")
    if properties.size is not None:
        code = _DIMENSIONS if kind == "image" else _INVALID
        yield from (Violation(code, message) for message in _check_size(*properties.size, limits))
    fps, seconds = limits.get("fps", {}), limits.get("seconds", {})
    if properties.fps is not None and not _fits(properties.fps, fps):
        yield Violation(_INVALID, f"must have {_between(fps)} frames per second; it has {properties.fps:g}")
    if properties.seconds is not None and not _fits(properties.seconds, seconds):
        rule = f"must be {_between(seconds)} seconds long"
        yield Violation(_INVALID, f"{rule}; it is {properties.seconds:g} seconds long")
    pages = limits.get("max-pages")
    if pages is not None and properties.pages is not None and properties.pages > pages:
        yield Violation(_INVALID, f"must have at most {pages} pages; it has {properties.pages}")


def _check_size(width: int, height: int, limits: dict[str, Any]) -> Iterator[str]:
    """Yield a message for each limit that the size in pixels of an image or a video is beyond."""
    found = f"it is {width} pixels wide and {height} pixels high"
    sides = limits.get("side-pixels", {})
    if not (_fits(width, sides) and _fits(height, sides)):
        yield f"must be {_between(sides)} pixels wide and high; {found}"
    for keyword, value, rule in (
        ("width-pixels", width, "must be {} pixels wide"),
        ("short-side-pixels", min(width, height), "must have a shorter side of {} pixels"),
        ("pixels", width * height, "must have {} pixels"),
        ("ratio", width / height if height else math.inf, "must be {} times as wide as high"),
    ):
        bounds = limits.get(keyword, {})
        if not _fits(value, bounds):
            yield f"{rule.format(_between(bounds))}; {found}"


def _check_total(field: str, bounds: dict[str, Any], seconds: float) -> Iterator[str]:
    if not _fits(total := round(seconds, 3), bounds):
        yield f"{field}: must have {_between(bounds)} seconds in all; it has {total:g}."


def _check_sum(
    rule: dict[str, Any], lengths: dict[str, list[float]], model: Model, body: dict[str, Any]
) -> Iterator[str]:
    """Yield a message if files break an `x-file-limits` rule; files beyond another rule are cut."""
    files = [field for field in rule["fields"] if field in lengths]
    most: Any = rule["max-seconds"]
    if not isinstance(most, int | float):
        value = model.value(body, most["field"])
        most = most["values"].get(str(value)) if "values" in most else value
    more = model.value(body, rule["plus"]) if "plus" in rule else 0
    total = round(max(more or 0, 0) + sum(sum(lengths[field]) for field in files), 3)
    if files and most is not None and total > most >= 0 and rule.get("effect") != "cut":
        yield f"{files[0]}: {rule['description']} It has {total:g} seconds."


def _fits(value: float, bounds: dict[str, Any]) -> bool:
    within = bounds.get("min", -math.inf) <= value <= bounds.get("max", math.inf)
    return bool(within and value > bounds.get("over", -math.inf))


def _between(bounds: dict[str, Any]) -> str:
    words = (("over", "more than"), ("min", "at least"), ("max", "at most"))
    ends = [f"{word} {bounds[key]}" for key, word in words if key in bounds]
    return f"{bounds['min']} to {bounds['max']}" if {"min", "max"} <= bounds.keys() else " and ".join(ends)


def _kinds(limits: dict[str, Any]) -> list[str]:
    kinds = limits.get("kind", list(_KINDS))
    return [kinds] if isinstance(kinds, str) else kinds


def _join_kinds(kinds: list[str]) -> str:
    return " or ".join(_KINDS[kind] for kind in kinds)


_SAME_FORMATS = {"jpg": "jpeg", "heif": "heic", "markdown": "md"}
