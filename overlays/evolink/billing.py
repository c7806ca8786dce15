"""Estimate the number of seconds that a request is charged for, from `x-billing` in the contract.

EvoLink documents no prices. A cost can only be computed from a `price_per_second` that the caller passes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import httpx
from attrs import frozen

from evolink import media
from evolink._contract import JSON, packaged_contract
from evolink._numbers import real
from evolink._text import short_repr
from evolink._validation import Request, find_violations, to_body
from evolink.errors import InvalidMedia, InvalidRequest, Violation

# An upper bound that no duration and no price per second reaches.
MAX_AMOUNT = 1e12


@frozen
class Estimate:
    """The charge for a request if its task completes. A task that fails costs nothing.

    Attributes:
        model: the requested model.
        reserved_seconds: the requested duration, for which credits are reserved. The final charge depends on the video
            that is produced. None if the request has no duration, because no default is documented.
        input_seconds: the billed seconds of the request's input files, each up to its cap. 0 for a model that does not
            bill input files. None if their lengths are not known.
        surcharges: the fields that raise the price, by their value in the request or by their documented default.
        cost: `price_per_second` times the reserved and the input seconds. None if any of the three is not known.
            Pass a price that includes every surcharge listed in `surcharges`.
    """

    model: str
    reserved_seconds: float | None
    input_seconds: float | None
    surcharges: tuple[str, ...]
    cost: float | None


def estimate(
    request: Request | Mapping[str, Any],
    *,
    input_seconds: Sequence[float] | None = None,
    price_per_second: float | None = None,
) -> Estimate:
    """Estimate the charge for a request. Incomplete requests are accepted: only the billed fields are read.

    Args:
        request: a generated request object or its JSON object.
        input_seconds: the length of each billed file, in the order of the request; `measure` returns them.
        price_per_second: the price for the model with this request's options, in any currency. EvoLink documents none.

    Raises:
        InvalidRequest: a billed field or an argument is invalid.
    """
    body = to_body(request)
    schema, billing = _schema_and_billing(body)
    price = _amount(price_per_second)
    if price_per_second is not None and price is None:
        raise _invalid("price_per_second", price_per_second, "must be a number, 0 or more")
    reserved = body.get(billing["reserved-from"])
    added = _input_seconds(body, billing, input_seconds)
    total = None if reserved is None or added is None else Decimal(str(reserved)) + Decimal(str(added))
    return Estimate(
        body["model"],
        reserved,
        added,
        tuple(
            name
            for name, value in billing.get("dearer", {}).items()
            if body.get(name, schema["properties"][name].get("default")) == value
        ),
        None if total is None or price is None else float(total * price),
    )


def measure(
    request: Request | Mapping[str, Any],
    *,
    timeout: float = media.FETCH_SECONDS,
    transport: httpx.BaseTransport | None = None,
    allow_private: bool = False,
) -> list[float]:
    """Measure the files that a request is billed for; returns their lengths in seconds, for `estimate`.

    Each file is a local path or a URL; see `evolink.media.probe`.

    Raises:
        InvalidRequest: the list of files is invalid.
        InvalidMedia: the length of a file cannot be determined.
        MissingExtra: the extra `media` is not installed.
    """
    body = to_body(request)
    _, billing = _schema_and_billing(body)
    name, _ = _billed_files(billing)
    sources: list[str] = body[name] if name else []
    options: Any = {"timeout": timeout, "transport": transport, "allow_private": allow_private}
    files = [media.probe(source, **options) for source in sources]
    unknown = [
        Violation(f"{name}[{index}]", "seconds", None, file.problem, "must be a file whose length can be determined")
        for index, file in enumerate(files)
        if file.seconds is None
    ]
    if unknown:
        raise InvalidMedia(unknown)
    return [file.seconds for file in files if file.seconds is not None]


def _schema_and_billing(body: JSON) -> tuple[JSON, JSON]:
    """Return the schema of the requested model and its `x-billing`.

    Raises:
        InvalidRequest: the model is unknown, or a billed field is invalid.
    """
    schema: JSON = packaged_contract().models.get(str(body.get("model")), {})
    billing: JSON = schema.get("x-billing", {})
    name, _ = _billed_files(billing)
    fields = {"model", billing.get("reserved-from"), name, *billing.get("dearer", {})}
    violations = [violation for violation, _ in find_violations(body) if violation.field in fields]
    if violations:
        raise InvalidRequest(violations)
    return schema, billing


def _billed_files(billing: JSON) -> tuple[str, list[float]]:
    """Return the field whose files are billed, and the cap in seconds per file, indexed by the number of files - 1.

    The field is empty if the model does not bill input files.
    """
    rule = billing.get("input", {})
    return rule.get("field", ""), rule.get("cap-seconds-by-count", [])


def _input_seconds(body: JSON, billing: JSON, lengths: Sequence[float] | None) -> float | None:
    """Return the seconds that the input files add to the charge; None if their lengths are not given.

    Raises:
        InvalidRequest: a length is invalid, or their number differs from the number of files.
    """
    name, caps = _billed_files(billing)
    count = len(body[name]) if name else 0
    if lengths is None:
        return None if count else 0.0
    given: Any = lengths
    if not isinstance(given, list | tuple) or len(lengths) != count:
        fix = f"must have {count} numbers, one for each of {name}" if name else "must be omitted for this model"
        raise _invalid("input_seconds", lengths, fix)
    total = Decimal(0)
    for index, length in enumerate(lengths):
        seconds = _amount(length)
        if seconds is None:
            raise _invalid(f"input_seconds[{index}]", length, "must be a number of seconds, 0 or more")
        total += min(seconds, Decimal(str(caps[count - 1])))
    return float(total)


def _amount(value: Any) -> Decimal | None:
    """Return a number from 0 to `MAX_AMOUNT` as a Decimal, so that 3 x 1.65 is exactly 4.95. None for anything else."""
    number = real(value)
    return Decimal(str(number)) if number is not None and 0 <= number <= MAX_AMOUNT else None


def _invalid(field: str, value: Any, fix: str) -> InvalidRequest:
    return InvalidRequest([Violation(field, "type", None, short_repr(value), fix)])
