"""The limits of files in a table of fields: for each of them, files on both sides."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import bundle
from contract_suite.rules.words import ends, joined, range_text

MEGABYTE = 1_048_576

OTHER_FORMATS = {
    "image": ("gif", "tiff", "heic"),
    "video": ("webm", "avi", "mkv"),
    "audio": ("ogg", "flac", "aac"),
    "document": ("exe", "zip"),
}
"""Formats of each kind of file, for trying those that a page does not list."""

OTHER_KIND = {"image": "video", "video": "image", "audio": "video", "document": "image"}
NOUNS = {"image": "an image", "video": "a video", "audio": "a sound", "document": "a document"}


class FileLimit(NamedTuple):
    """A limit of files.

    Attributes:
        name: The last part of the id of its rule.
        says: The limit in words.
        accepts, rejects: The properties of a file, or of each of several files.
    """

    name: str
    says: str
    accepts: list[Any]
    rejects: list[Any]


def file_limits(kind: str, limits: dict[str, Any], most_files: float) -> Iterator[FileLimit]:
    """Yield the limits of the files of a field.

    Args:
        kind: image, video, audio or document.
        limits: The limits in the table.
        most_files: The largest number of files of the field.
    """
    yield _formats(kind, limits.get("formats", []))
    for key, limit in _LIMITS.items():
        if key in limits:
            yield limit(limits)
    if "total_seconds" in limits and most_files > 1:
        yield _total_seconds(limits)


def _formats(kind: str, formats: list[str]) -> FileLimit:
    accepts: list[Any] = [{"format": one} for one in formats] or [{"kind": kind}]
    foreign: list[Any] = [{"format": one} for one in OTHER_FORMATS[kind] if formats and one not in formats]
    says = f"The file is {NOUNS[kind]} of the format {joined(formats)}." if formats else f"The file is {NOUNS[kind]}."
    return FileLimit("kind-and-formats", says, accepts, [*foreign, {"kind": OTHER_KIND[kind]}])


def _alpha(_: dict[str, Any]) -> FileLimit:
    files = ([{"format": "png", "alpha": alpha}] for alpha in (False, True))
    return FileLimit("alpha", "A PNG image must not have transparency.", *files)


def _size(limits: dict[str, Any]) -> FileLimit:
    size = limits["mb"] * MEGABYTE
    return FileLimit(
        "size", f"The size of each file is at most {limits['mb']} MB.", [{"bytes": size}], [{"bytes": size + 1}]
    )


def _range(key: str, largest_step: float, says: str) -> Callable[[dict[str, Any]], FileLimit]:
    def limit(limits: dict[str, Any]) -> FileLimit:
        low, high = ends(limits[key])
        step = 0.01 if math.isfinite(low) and low % 1 else largest_step  # a fraction is an exact limit
        accepts = [{key: value} for value in (low, high) if math.isfinite(value)]
        rejects = [{key: round(value, 3)} for value in (low - step, high + step) if math.isfinite(value)]
        return FileLimit(key, says.format(range_text(low, high)), accepts, rejects)

    return limit


def _fps_over(limits: dict[str, Any]) -> FileLimit:
    rate = limits["fps_over"]
    says = f"The frame rate is above {rate} frames a second."
    return FileLimit("fps", says, [{"fps": rate + 1}], [{"fps": rate}, {"fps": rate - 1}])


def _sides(limits: dict[str, Any]) -> FileLimit:
    low, high = ends(limits["side"])
    rejects = [
        {"width": width, "height": height}
        for within, beyond in ((low, low - 1), (high, high + 1))
        if math.isfinite(within)
        for width, height in ((beyond, within), (within, beyond))
    ]
    squares = [{"width": value, "height": value} for value in (low, high) if math.isfinite(value)]
    accepts = [square for square in squares if _has_pixels(square, limits)] or [_middle_square(limits)]
    return FileLimit("side", f"The width and the height are {range_text(low, high)} pixels each.", accepts, rejects)


def _short_side(limits: dict[str, Any]) -> FileLimit:
    low, high = _short_ends(limits)
    accepts = [{"width": side, "height": side} for side in (low, high) if math.isfinite(side)]
    rejects = [{"width": low - 1, "height": low}, {"width": low, "height": low - 1}] if math.isfinite(low) else []
    if math.isfinite(high):
        accepts += [{"width": high * 2, "height": high}, {"width": high, "height": high * 2}]
        rejects.append({"width": high + 1, "height": high + 1})
    return FileLimit("short-side", f"The shorter side is {range_text(low, high)} pixels.", accepts, rejects)


def _short_ends(limits: dict[str, Any]) -> tuple[Any, Any]:
    """Return the limits of the shorter side. A single number is the smallest one."""
    side: Any = limits.get("short_side", [1, None])
    return ends(side if bundle.is_array(side) else [side, None])


def _width(limits: dict[str, Any]) -> FileLimit:
    low, high = limits["width"]
    accepts, rejects = (
        [{"width": width, "height": 1080} for width in widths] for widths in ((low, high), (low - 1, high + 1))
    )
    return FileLimit("width", f"The width is {range_text(low, high)} pixels.", accepts, rejects)


def _has_pixels(file: dict[str, int], limits: dict[str, Any]) -> bool:
    """Return whether the frame has an allowed number of pixels."""
    low, high = ends(limits.get("pixels", [None, None]))
    return bool(low <= file["width"] * file["height"] <= high)


def _middle_square(limits: dict[str, Any]) -> dict[str, int]:
    """Return a square frame that is within all limits: as small as its number of pixels allows."""
    side = math.isqrt(limits["pixels"][0] - 1) + 1
    return {"width": side, "height": side}


def _ratio(limits: dict[str, Any]) -> FileLimit:
    """Return the limit of width divided by height. Its files keep to the limits of their sides and pixels."""
    low, high = ends(limits["ratio"])
    side = max(ends(limits.get("side", [1, None]))[0], _short_ends(limits)[0], 400)
    pixels = max(ends(limits.get("pixels", [0, None]))[0], 0)
    accepts: list[Any] = []
    rejects: list[Any] = []
    for ratio, step in ((low, -1), (high, 1)):
        if math.isfinite(ratio):
            exact = Fraction(str(ratio))
            times = math.ceil(side / min(exact.numerator, exact.denominator))
            while exact.numerator * exact.denominator * times * times < pixels:
                times += 1
            width, height = exact.numerator * times, exact.denominator * times
            accepts.append({"width": width, "height": height})
            rejects.append({"width": width + step, "height": height})
    return FileLimit("ratio", f"The width divided by the height is {range_text(low, high)}.", accepts, rejects)


def _pixels(limits: dict[str, Any]) -> FileLimit:
    low, high = ends(limits["pixels"])
    accepts: list[Any] = []
    rejects: list[Any] = []
    for end, step in ((low, -1), (high, 1)):
        if math.isfinite(end):
            accepts.append(_frame(end, -step))
            rejects.append(_frame(end + step, step))
    return FileLimit("pixels", f"The width times the height is {range_text(low, high)} pixels.", accepts, rejects)


def _frame(pixels: int, step: int) -> dict[str, int]:
    """Return a frame with a number of pixels that is not much wider than high, or with the next possible number."""
    while True:
        for width in range(math.isqrt(pixels), 0, -1):
            if pixels > 2 * width**2:
                break
            if pixels % width == 0:
                return {"width": width, "height": pixels // width}
        pixels += step


def _total_seconds(limits: dict[str, Any]) -> FileLimit:
    total, longest = limits["total_seconds"], ends(limits.get("seconds", [0, None]))[1]
    count = max(2, math.ceil(total / longest))
    files = [{"seconds": total / count}] * count
    longer = [*files[1:], {"seconds": round(total / count + 0.1, 3)}]
    says = f"All files of the field together are at most {total} seconds long."
    return FileLimit("total-seconds", says, [files], [longer])


def _reachable(_: dict[str, Any]) -> FileLimit:
    says = "The URL shows the file or starts its download."
    return FileLimit("reachable", says, [{"reachable": True}], [{"reachable": False}])


def _pages(limits: dict[str, Any]) -> FileLimit:
    most = limits["pages"]
    return FileLimit("pages", f"The file has at most {most} pages.", [{"pages": most}], [{"pages": most + 1}])


_LIMITS: dict[str, Callable[[dict[str, Any]], FileLimit]] = {
    "alpha": _alpha,
    "mb": _size,
    "seconds": _range("seconds", 0.1, "Each file is {} seconds long."),
    "fps": _range("fps", 1, "The frame rate is {} frames a second."),
    "fps_over": _fps_over,
    "side": _sides,
    "width": _width,
    "short_side": _short_side,
    "ratio": _ratio,
    "pixels": _pixels,
    "pages": _pages,
    "reachable": _reachable,
}
"""The limits by their key in the table."""
