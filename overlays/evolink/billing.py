"""What a request is charged for, worked out as the contract's `x-billing` says: seconds. No page states a price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import httpx
from attrs import frozen

from evolink import media
from evolink._contract import JSON, packaged_contract
from evolink._text import short_repr
from evolink._validation import Request, find_violations, to_body
from evolink.errors import InvalidMedia, InvalidRequest, Violation

# More than any number of seconds, or price of one.
MAX_AMOUNT = 1e12


@frozen
class Estimate:
    """What a request is charged for if its task is completed. One that fails has produced nothing.

    Attributes:
        model: the model asked for.
        reserved_seconds: the length asked for, which credits are reserved for; what is produced settles the charge.
            None where the request names no length, as no default is documented.
        input_seconds: the seconds that the request's own files add, each up to its cap; 0 for a model that charges for
            none, None while their lengths are not known.
        dearer: the fields that raise the price, by the value they have or by their documented default.
        cost: the price of both kinds of seconds together; None without a price, and while either is not known. The
            price must be that of the model with all that is in `dearer`.
    """

    model: str
    reserved_seconds: float | None
    input_seconds: float | None
    dearer: tuple[str, ...]
    cost: float | None


def estimate(
    request: Request | Mapping[str, Any],
    *,
    input_seconds: Sequence[float] | None = None,
    price_per_second: float | None = None,
) -> Estimate:
    """Work out what a request is charged for. It need not be complete: only the fields that billing goes by are read.

    Args:
        request: one of the generated requests, or the JSON object of one.
        input_seconds: the length of each file the model charges for, in their order; `measure` finds them.
        price_per_second: of the model with what the request asks for, in any currency; it is nowhere documented.

    Raises:
        InvalidRequest: one of those fields, or an argument, is not as documented.
    """
    body = to_body(request)
    schema, billing = _rules(body)
    if price_per_second is not None and not _is_amount(price_per_second):
        raise _invalid("price_per_second", price_per_second, "must be a number, 0 or more")
    reserved = body.get(billing["reserved-from"])
    added = _input_seconds(body, billing, input_seconds)
    known = None if reserved is None or added is None else Decimal(str(reserved)) + Decimal(str(added))
    price = None if price_per_second is None else Decimal(str(price_per_second))
    return Estimate(
        body["model"],
        reserved,
        added,
        tuple(
            name
            for name, value in billing.get("dearer", {}).items()
            if body.get(name, schema["properties"][name].get("default")) == value
        ),
        None if known is None or price is None else float(known * price),
    )


def measure(
    request: Request | Mapping[str, Any],
    *,
    timeout: float = media.FETCH_SECONDS,
    transport: httpx.BaseTransport | None = None,
) -> list[float]:
    """Return the lengths of the files that a request is charged for, in seconds, as `estimate` takes them.

    Each is a path of this machine or a URL; see `evolink.media.probe`.

    Raises:
        InvalidRequest: the list of files is not as documented.
        InvalidMedia: the length of one cannot be found out.
        MissingExtra: the extra `media` is not installed.
    """
    body = to_body(request)
    _, billing = _rules(body)
    name, _ = _input(billing)
    sources: list[str] = body[name] if name else []
    found = [media.probe(source, timeout=timeout, transport=transport) for source in sources]
    unknown = [
        Violation(f"{name}[{index}]", "seconds", None, file.problem, "must be a file whose length can be found out")
        for index, file in enumerate(found)
        if file.seconds is None
    ]
    if unknown:
        raise InvalidMedia(unknown)
    return [file.seconds for file in found if file.seconds is not None]


def _rules(body: JSON) -> tuple[JSON, JSON]:
    """Return the schema and the `x-billing` of the model that a request names.

    Raises:
        InvalidRequest: there is none, or a field that they speak of is malformed.
    """
    schema: JSON = packaged_contract().models.get(str(body.get("model")), {})
    billing: JSON = schema.get("x-billing", {})
    name, _ = _input(billing)
    fields = {"model", billing.get("reserved-from"), name, *billing.get("dearer", {})}
    wrong = [violation for violation, _ in find_violations(body) if violation.field in fields]
    if wrong:
        raise InvalidRequest(wrong)
    return schema, billing


def _input(billing: JSON) -> tuple[str, list[float]]:
    """Return the field whose files are charged for, and the cap of each by their number; nothing if there is none."""
    given = billing.get("input", {})
    return given.get("field", ""), given.get("cap-seconds-by-count", [])


def _input_seconds(body: JSON, billing: JSON, lengths: Sequence[float] | None) -> float | None:
    """Return the seconds that the files of a request add to the charge; None when their lengths are not given.

    Raises:
        InvalidRequest: the lengths are no lengths, or those of other files.
    """
    name, caps = _input(billing)
    count = len(body[name]) if name else 0
    if lengths is None:
        return None if count else 0.0
    given: Any = lengths
    if not isinstance(given, list | tuple) or len(lengths) != count:
        many = f"must have {count} numbers, one for each of {name}" if name else "must be left out for this model"
        raise _invalid("input_seconds", lengths, many)
    for index, length in enumerate(lengths):
        if not _is_amount(length):
            raise _invalid(f"input_seconds[{index}]", length, "must be a number of seconds, 0 or more")
    # In decimals, so that three times 1.65 is 4.95.
    return float(sum(min(Decimal(str(length)), Decimal(str(caps[count - 1]))) for length in lengths))


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MAX_AMOUNT


def _invalid(field: str, value: Any, mend: str) -> InvalidRequest:
    return InvalidRequest([Violation(field, "type", None, short_repr(value), mend)])
