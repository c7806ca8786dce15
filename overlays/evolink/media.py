"""Check the files of a request against the documented limits: kind, format, size, dimensions, frame rate and length.

Needs the extra `media`. The format of a file is determined from its content. Its name only tells Markdown from other
text, and Pages from Numbers.
"""

from __future__ import annotations

import math
import os
import stat
import tempfile
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from itertools import chain
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import httpx
from attrs import evolve, frozen

import evolink_sandbox
from evolink._contract import JSON, Contract, editions, packaged_contract
from evolink._editions import contract_with, edition_in_force, weigh
from evolink._json_values import is_mapping
from evolink._media_fetch import FetchError, OversizeError, fetch
from evolink._media_fields import Source, field_value, find_sources, is_malformed, media_fields, span
from evolink._media_reader import HEAD_BYTES, detect, one_line, reader_for
from evolink._network import Network, ProxyTypes
from evolink._numbers import real
from evolink._paths import PathError, describe, local_path
from evolink._settings import checked_timeout
from evolink._uploads import is_url
from evolink._validation import Request, callers_level, find_violations, to_body
from evolink.errors import (
    ContestedLimitWarning,
    InvalidMedia,
    InvalidRequest,
    MissingExtra,
    ParameterIgnoredWarning,
    Violation,
)
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
        kind: `image`, `video`, `audio` or `document`.
        format: for example `png` or `mp4`. A JPEG is `jpeg`, whatever its file name.
        bytes: the size. If a download exceeded the limit and had no known length, this is the limit plus one.
        width, height: the dimensions in pixels.
        alpha: whether the format of the image allows transparent pixels, even if it has none.
        seconds: the length of a video or a sound.
        fps: the frames per second of a video; None if their rate is variable.
        pages: the number of pages of a PDF; None if it is not in plain text in the file.
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
    fps: float | None = None
    pages: int | None = None
    reachable: bool = True
    problem: str = ""


class Judgement(NamedTuple):
    """The result of a comparison of a request's files with the documented limits.

    Attributes:
        broken: the broken rules that no edition of the documentation lifts.
        cut: a warning for each field whose files the service cuts.
        contested: the other broken rules, each with the edition that lifts it.
    """

    broken: tuple[Violation, ...] = ()
    cut: tuple[ParameterIgnoredWarning, ...] = ()
    contested: tuple[tuple[Violation, str], ...] = ()


def check(
    request: Request | Mapping[str, Any],
    *,
    timeout: float = FETCH_SECONDS,
    transport: httpx.BaseTransport | None = None,
    allow_private: bool = False,
    proxy: ProxyTypes | None = None,
    verify: ssl.SSLContext | str | os.PathLike[str] | None = None,
    edition: str | None = None,
) -> None:
    """Check every file of a request, given as a URL or a local path, against the documented limits.

    URLs are fetched from this machine, without the API key. EvoLink may still be unable to fetch them. A
    `ParameterIgnoredWarning` names each field whose files are longer than what the service uses of them, and a
    `ContestedLimitWarning` each broken rule that another edition of the documentation lifts.

    Args:
        request: a generated request object or its JSON object. Local paths are allowed in place of URLs.
        timeout: the maximum time to fetch and read each file, in seconds.
        transport: an httpx transport to fetch through, instead of the network.
        allow_private: whether URLs may lead to this machine and to private networks; by default, they are unreachable.
        proxy: the proxy to fetch through; see `EvoLink`.
        verify: the certificates to trust; see `EvoLink`.
        edition: the edition of the documentation whose limits apply; see `EvoLink`.

    Raises:
        ConfigurationError: the edition is unknown.
        InvalidMedia: files break documented rules. `violations` has every broken rule.
        InvalidRequest: the model is unknown, or a field with files is missing or malformed.
        MissingExtra: the extra `media` is not installed.
    """
    enforce(
        examine(
            request,
            timeout=timeout,
            transport=transport,
            allow_private=allow_private,
            proxy=proxy,
            verify=verify,
            edition=edition,
        )
    )


def examine(
    request: Request | Mapping[str, Any],
    *,
    timeout: float = FETCH_SECONDS,
    transport: httpx.BaseTransport | None = None,
    allow_private: bool = False,
    proxy: ProxyTypes | None = None,
    verify: ssl.SSLContext | str | os.PathLike[str] | None = None,
    edition: str | None = None,
) -> Judgement:
    """Check every file of a request as `check` does, but return the broken rules instead of raising an error.

    Raises:
        InvalidRequest: the model is unknown, or a field with files is missing or malformed.
        MissingExtra: the extra `media` is not installed.
    """
    body = to_body(request)
    edition = edition_in_force(edition)
    files = {
        source.name: probe(
            source.value,
            timeout=timeout,
            transport=transport,
            allow_private=allow_private,
            proxy=proxy,
            verify=verify,
            max_bytes=_most_bytes(source, body),
        )
        for source in _sources(body, edition)
    }
    return judge(body, files, edition=edition)


def enforce(judgement: Judgement) -> None:
    """Raise an error for broken rules, or else warn of files that the service cuts, and of contested limits.

    Raises:
        InvalidMedia: rules are broken.
    """
    if judgement.broken:
        raise InvalidMedia(list(judgement.broken))
    for warning in judgement.cut:
        warnings.warn(warning, stacklevel=callers_level())
    for violation, other in judgement.contested:
        text = f"{violation}, but edition {other} of the documentation allows it"
        warnings.warn(text, ContestedLimitWarning, stacklevel=callers_level())


def judge(request: Request | Mapping[str, Any], files: Mapping[str, Media], *, edition: str | None = None) -> Judgement:
    """Compare the files of a request with every documented limit. Nothing is read or fetched.

    Limits on a file, on all files of a field, and on fields together with their files are compared. Unknown properties
    break no rule.

    Args:
        request: a generated request object or its JSON object.
        files: the properties of each file, by its name in the request, for example `image_urls[0]`, `audio_url` or
            `model_params.voice_bindings.image1`. A file that is missing here is unknown.
        edition: the edition of the documentation whose limits apply; see `EvoLink`.

    Raises:
        InvalidRequest: the model is unknown, or a field with files is missing or malformed.
    """
    body = to_body(request)
    edition = edition_in_force(edition)
    _sources(body, edition)  # raises an error for a request whose files are not known
    broken, cut = _judged(contract_with(body["model"], edition), body, files)
    others = weigh(broken, body, edition, lambda name: _judged(packaged_contract(name), body, files)[0])
    weighed = list(others) if broken else []
    return Judgement(
        tuple(violation for violation, other in weighed if not other),
        tuple(
            ParameterIgnoredWarning(f"{each.field} is cut: {each.fix}; it is {each.actual} ({each.source})", each.field)
            for each in cut
        ),
        tuple((violation, other) for violation, other in weighed if other),
    )


def _judged(contract: Contract, body: JSON, files: Mapping[str, Media]) -> tuple[list[Violation], list[Violation]]:
    """Return the rules of one edition that the files of a request break, and those beyond which files are cut."""
    schema = contract.models[body["model"]]
    groups: dict[str, list[tuple[Source, Media]]] = {}
    for source in find_sources(contract, body):
        groups.setdefault(source.field, []).append((source, files.get(source.name, Media())))
    broken = [
        violation
        for source, media in chain.from_iterable(groups.values())
        for violation in violations(media, source.limits, source.name)
    ]
    seconds = {field: [media.seconds for _, media in group] for field, group in groups.items()}
    broken += [
        violation for field, group in groups.items() for violation in _total(seconds[field], group[0][0].limits, field)
    ]
    cut: list[Violation] = []
    for rule in schema.get("x-file-limits", ()):
        (cut if rule.get("effect") == "cut" else broken).extend(_over_sum(rule, seconds, body, contract))
    page_edition, page = schema.get("x-edition", ""), schema.get("externalDocs", {}).get("url", "")
    first, second = ([each._replace(edition=page_edition, source=page) for each in group] for group in (broken, cut))
    return first, second


def _most_bytes(source: Source, body: JSON) -> int | None:
    """Return the largest size that any edition allows for a file; None if one does not limit it."""
    limits: list[int | None] = [
        other.limits.get("max-bytes")
        for contract in map(packaged_contract, editions())
        if body["model"] in contract.models
        for other in find_sources(contract, body)
        if other.path == source.path
    ]
    known = [limit for limit in limits if limit is not None]
    return max(known) if len(known) == len(limits) else None


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
            return _examine(file, urlsplit(str(source)).path, deadline)
    try:
        path = local_path(source)
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would block until somebody writes to it
            return Media(reachable=False, problem="not a regular file")
        with path.open("rb") as file:
            return _examine(file, path.name, deadline)
    except (OSError, PathError) as error:
        return Media(reachable=False, problem=one_line(f"neither a URL nor a readable file: {describe(error)}"))


def _sources(body: JSON, edition: str) -> list[Source]:
    """Return the files of a request. A local path is allowed although it is not a URL.

    Raises:
        InvalidRequest: the model is unknown, or a field with files is missing or malformed.
    """
    contract = contract_with(body.get("model"), edition)
    sources = list(find_sources(contract, body))
    model = body.get("model")
    schema: JSON = contract.models.get(model, {}) if isinstance(model, str) else {}
    fields = [name for name, _ in media_fields(contract, schema)]
    malformed = [
        violation
        for violation, other in find_violations(body, edition)
        if not other and (violation.field == "model" or is_malformed(violation, fields, sources))
    ]
    if not schema:  # sending it without validation does not make its files known
        malformed = [
            violation._replace(fix=f"{violation.fix} (the files of other models cannot be checked)", next_step=None)
            for violation in malformed
        ]
    if malformed:
        raise InvalidRequest(malformed)
    return sources


def _broken_rules(media: Media, limits: JSON) -> Iterator[tuple[str, str, str]]:
    """Yield the keyword of each broken rule, the actual property of the file, and how to fix it."""
    if not media.reachable:
        fix = "must be a readable path, or a URL that serves the file itself"
        yield "reachable", media.problem, fix
        return
    max_bytes = limits.get("max-bytes")
    if media.bytes is not None and max_bytes is not None and media.bytes > max_bytes:
        exact = media.bytes > max_bytes + 1
        actual = f"{media.bytes} bytes long" if exact else f"more than {max_bytes} bytes long"
        yield "max-bytes", actual, f"must have at most {max_bytes} bytes"
    kinds = [limits["kind"]] if isinstance(limits.get("kind"), str) else limits.get("kind", [])
    formats = limits.get("formats", [])
    if media.problem or (kinds and media.kind is not None and media.kind not in kinds):
        form = f", in {' or '.join(formats)}" if formats else ""
        fix = f"must be of kind {' or '.join(kinds)}{form}" if kinds else f"must be a valid file{form}"
        yield "kind", media.problem or f"of kind {media.kind}", fix
        return
    if formats and media.format is not None and _canonical(media.format) not in map(_canonical, formats):
        yield "formats", f"in {media.format}", f"must be in {' or '.join(formats)}"
    if media.alpha and limits.get("alpha") is False and media.format in {None, "png"}:
        yield "alpha", "a PNG with transparency", "must be a PNG without an alpha channel; save it without transparency"
    yield from _broken_ranges(media, limits)


def _broken_ranges(media: Media, limits: JSON) -> Iterator[tuple[str, str, str]]:
    """Yield what `_broken_rules` yields for each limit on numbers."""
    wide, high = media.width, media.height
    sides = {"wide": wide, "high": high}
    whole = [side for side in sides.values() if side is not None]
    shown = " and ".join(f"{side} pixels {way}" for way, side in sides.items() if side is not None)
    area = wide * high if wide and high else None
    ratio = wide / high if wide and high else None
    ranges: list[tuple[str, list[float | int | None], str, str]] = [
        ("side-pixels", [wide, high], shown, "must be {} pixels wide and high"),
        ("width-pixels", [wide], shown, "must be {} pixels wide"),
        ("short-side-pixels", [min(whole) if area else None], shown, "must have {} pixels on the shorter side"),
        ("pixels", [area], f"{area} pixels in all", "must have {} pixels in all, width times height"),
        ("ratio", [ratio], f"{_shown(ratio)} times as wide as high", "must be {} times as wide as high"),
        ("fps", [media.fps], f"at {_shown(media.fps)} frames per second", "must have {} frames per second"),
        ("seconds", [media.seconds], f"{_shown(media.seconds)} s long", "must be {} s long"),
    ]
    if "max-pages" in limits:
        limits = {**limits, "max-pages": {"max": limits["max-pages"]}}
        ranges.append(("max-pages", [media.pages], f"{media.pages} pages long", "must have {} pages"))
    for keyword, values, actual, fix in ranges:
        bounds = limits.get(keyword)
        if bounds is not None and any(not _within(value, bounds) for value in values):
            yield keyword, actual, fix.format(span(bounds))


def _total(seconds: list[float | None], limits: JSON, field: str) -> Iterator[Violation]:
    """Yield a violation if the files of a field are longer together than `total-seconds` allows, or shorter."""
    bounds = limits.get("total-seconds")
    total, complete = _sum(seconds)
    if bounds is not None and not _within(total, bounds if complete else {**bounds, "min": 0}):
        actual, fix = f"{_shown(total)} s long in all", f"must be {span(bounds)} s long in all"
        yield Violation(field, "total-seconds", bounds, actual, fix)


def _over_sum(
    rule: JSON, seconds: Mapping[str, list[float | None]], body: JSON, contract: Contract
) -> Iterator[Violation]:
    """Yield a violation if files break an `x-file-limits` of the contract; unknown values break none."""
    fields = [field for field in rule["fields"] if field in seconds]
    limit, added = rule["max-seconds"], 0.0
    if is_mapping(limit):
        value = field_value(contract, body, limit["field"])
        limit = limit["values"].get(str(value)) if "values" in limit else real(value)
    if "plus" in rule:
        added = max(real(field_value(contract, body, rule["plus"])) or 0.0, 0.0)
    total, _ = _sum([added, *chain.from_iterable(seconds[field] for field in fields)])
    if fields and limit is not None and total > limit >= 0:
        sentence = " ".join(rule["description"].split()).rstrip(".")
        yield Violation(fields[0], "x-file-limits", limit, f"{_shown(total)} s long in all", sentence)


def _sum(seconds: Iterable[float | None]) -> tuple[float, bool]:
    """Return the sum of the known lengths, and whether all are known."""
    lengths = list(seconds)
    known = [length for length in lengths if length is not None]
    return round(math.fsum(known), 3), len(known) == len(lengths)


def _within(value: float | None, bounds: JSON) -> bool:
    return value is None or (
        bounds.get("min", value) <= value <= bounds.get("max", value) and value > bounds.get("over", -math.inf)
    )


def _shown(number: float | None) -> str:
    return f"{0 if number is None else number:.6g}"


def _canonical(name: str) -> str:
    return {"jpg": "jpeg", "heif": "heic", "markdown": "md"}.get(name.lower(), name.lower())


@cache
def _largest() -> int:
    """Return the largest size in bytes that any model accepts."""
    contract = packaged_contract()
    limits = [limits for schema in contract.models.values() for _, limits in media_fields(contract, schema)]
    return max(int(each.get("max-bytes", 0)) for each in limits)


def _examine(file: IO[bytes], name: str, deadline: float) -> Media:
    """Determine the properties of a complete file from its content. Its name counts for documents only.

    Raises:
        MissingExtra: the package that reads this format is not installed.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    suffix = PurePosixPath(name).suffix.lower().removeprefix(".")
    media = Media(bytes=size, **detect(file.read(HEAD_BYTES), suffix))
    reader = reader_for(media.format or "")
    if reader is None:
        return media
    seconds = min(LOOK_SECONDS, max(MIN_LOOK_SECONDS, deadline - time.monotonic()))
    limits = Limits(seconds=seconds, cpu_seconds=CPU_SECONDS)
    packages = (reader.package,) if reader.package else ()
    try:
        if packages and find_spec(reader.package) is None:
            raise ImportError(reader.package)  # noqa: TRY301 - as if the import failed
        found = evolink_sandbox.call(reader.read, file, media.format, suffix, imports=packages, limits=limits)
        return evolve(media, **found)
    except ImportError:
        raise MissingExtra(_CHECKS[media.kind or ""], "media") from None
    except LimitError as error:
        return evolve(media, problem=f"a file in {media.format} format that cannot be checked {error}")


_CHECKS = {
    "image": "checking images",
    "video": "checking videos",
    "audio": "checking sounds",
    "document": "reading PDFs",
}
