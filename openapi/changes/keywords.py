"""What changed of a keyword that holds no schema: whether less or more is allowed, or a promise is another.

`KEYWORDS` has the meaning of each, that of the contract's own extensions included.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

from bundle import is_array

Kind = Literal["tighter", "looser", "unclear", "worse", "better", "assumed", "said"]
"""The directions of a change: less is allowed, more is, or who knows; a promise is withdrawn or given, whoever sends
the value; what is assumed for an absent value is another; and what is only said to people."""

ANNOTATIONS = frozenset({
    "description", "examples", "externalDocs", "title", "x-contested", "x-edition", "x-inferred",
})  # fmt: skip
"""What is only said to people."""
ABSENT: Any = None  # where a keyword can hold null, presence tells
TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}

Change = tuple[Kind, str]
Comparer = Callable[[str, Any, Any], Iterator[Change]]
"""Yields what changed of a keyword, given its name and both values; None where it was, or is, absent."""


def keyword_changes(keyword: str, old: Any, new: Any) -> Iterator[Change]:
    """Yield what changed of a keyword whose values differ."""
    if keyword in ANNOTATIONS:
        yield "said", keyword
        return
    comparer = KEYWORDS.get(keyword)
    if comparer is None:
        yield "unclear", f"unrated: {_changed(keyword, old, new)}"
        return
    try:
        yield from comparer(keyword, old, new)
    except (TypeError, ValueError, AttributeError, LookupError):  # its value is not of the form that it has here
        yield "unclear", f"unrated: {_changed(keyword, old, new)}"


def canonical(value: Any) -> str:
    """Return a JSON value as text that is the same for equal values."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _changed(name: str, old: Any, new: Any) -> str:
    if old is ABSENT:
        return f"{name} is new: {canonical(new)}"
    if new is ABSENT:
        return f"{name} is gone, was {canonical(old)}"
    return f"{name} is {canonical(new)}, was {canonical(old)}"


def _upper(name: str, old: Any, new: Any) -> Iterator[Change]:
    tighter = old is ABSENT or (new is not ABSENT and new < old)
    yield "tighter" if tighter else "looser", _changed(name, old, new)


def _lower(name: str, old: Any, new: Any) -> Iterator[Change]:
    tighter = old is ABSENT or (new is not ABSENT and new > old)
    yield "tighter" if tighter else "looser", _changed(name, old, new)


def _constraint(name: str, old: Any, new: Any) -> Iterator[Change]:
    kind: Kind = "tighter" if old is ABSENT else "looser" if new is ABSENT else "unclear"
    yield kind, _changed(name, old, new)


def _unique(name: str, old: Any, new: Any) -> Iterator[Change]:
    if bool(old) != bool(new):
        yield "tighter" if new else "looser", _changed(name, old, new)


def _type(name: str, old: Any, new: Any) -> Iterator[Change]:
    before, after = _types(old), _types(new)
    if before != after:
        kind: Kind = "tighter" if after < before else "looser" if before < after else "unclear"
        yield kind, _changed(name, old, new)


def _types(value: Any) -> set[str]:
    if value is ABSENT:
        return TYPES
    found = set(value) if is_array(value) else {str(value)}
    return found | {"integer"} if "number" in found else found


def _default(name: str, old: Any, new: Any) -> Iterator[Change]:
    yield "better" if old is ABSENT else "assumed", _changed(name, old, new)


def _discriminator(name: str, old: Any, new: Any) -> Iterator[Change]:
    before, after = (node and node.get("propertyName") for node in (old, new))
    if before != after:  # the mapping follows from the variants
        yield "unclear", _changed(name, before, after)


def _promised_number(name: str, old: Any, new: Any) -> Iterator[Change]:
    worse = new is ABSENT or (old is not ABSENT and new < old)
    yield "worse" if worse else "better", _changed(name, old, new)


# --- extensions


def _members(
    name: str, old: Any, new: Any, comparers: Mapping[str, Comparer], *, whole: tuple[Kind, Kind] | None = None
) -> Iterator[Change]:
    """Yield what changed of the members of an extension; `whole` is what it is to add or to remove it all."""
    if whole is not None and (old is ABSENT or new is ABSENT):
        yield whole[0] if old is ABSENT else whole[1], _changed(name, old, new)
        return
    before: dict[str, Any] = {} if old is ABSENT else dict(old)
    after: dict[str, Any] = {} if new is ABSENT else dict(new)
    for member in {**before, **after}:
        was, now = before.get(member), after.get(member)
        if was == now:
            continue
        if member in comparers:
            yield from comparers[member](f"{name} {member}", was, now)
        else:
            yield "unclear", f"unrated: {_changed(f'{name} {member}', was, now)}"


def _choice(name: str, old: Any, new: Any) -> Iterator[Change]:
    if old is ABSENT or new is ABSENT:
        yield "tighter" if old is ABSENT else "looser", _changed(name, old, new)
        return
    before, after = (value if is_array(value) else [value] for value in (old, new))
    for value in before:
        if value not in after:
            yield "tighter", f"{name}: can no longer be {value}"
    for value in after:
        if value not in before:
            yield "looser", f"{name}: can now be {value}"


def _allowance(name: str, old: Any, new: Any) -> Iterator[Change]:
    if (old is not False) != (new is not False):
        yield "tighter" if new is False else "looser", _changed(name, old, new)


def _range(name: str, old: Any, new: Any) -> Iterator[Change]:
    yield from _members(name, old, new, {"min": _lower, "max": _upper})


def _media(name: str, old: Any, new: Any) -> Iterator[Change]:
    yield from _members(
        name,
        old,
        new,
        {
            "kind": _choice, "formats": _choice, "max-bytes": _upper, "alpha": _allowance, "side-pixels": _range,
            "seconds": _range, "reachable": _constraint,
        },
    )  # fmt: skip


def _delivery(name: str, old: Any, new: Any) -> Iterator[Change]:
    comparers = {"on": _either_way, "timeout-seconds": _promised_number, "retry-after-seconds": _retries}
    yield from _members(name, old, new, comparers, whole=("better", "worse"))


def _either_way(name: str, old: Any, new: Any) -> Iterator[Change]:
    if set(old) != set(new):  # a receiver that gets more than it knows is no better off than one that gets less
        yield "worse", _changed(name, old, new)


def _retries(name: str, old: Any, new: Any) -> Iterator[Change]:
    yield "worse" if len(new) < len(old) or sum(new) < sum(old) else "better", _changed(name, old, new)


def _billing(name: str, old: Any, new: Any) -> Iterator[Change]:
    comparers = {"input": _billed_input, "dearer": _surcharges}
    yield from _members(name, old, new, comparers, whole=("worse", "worse"))  # a bill, or one that nobody can foresee


def _billed_input(name: str, old: Any, new: Any) -> Iterator[Change]:
    yield from _members(name, old, new, {"cap-seconds-by-count": _caps}, whole=("worse", "better"))


def _caps(name: str, old: Any, new: Any) -> Iterator[Change]:
    cheaper = len(old) == len(new) and all(after <= before for before, after in zip(old, new, strict=True))
    yield "better" if cheaper else "worse", _changed(name, old, new)


def _surcharges(name: str, old: Any, new: Any) -> Iterator[Change]:
    cheaper = (new or {}).items() <= (old or {}).items()
    yield "better" if cheaper else "worse", _changed(name, old, new)


def _failures(name: str, old: Any, new: Any) -> Iterator[Change]:
    before: dict[str, Any] = old or {}
    after: dict[str, Any] = new or {}
    for code in [code for code in before if code in after]:  # the list they stand beside says which there are
        was, now = before[code], after[code]
        if was["retry"] != now["retry"]:
            worse = was["retry"] is True
            yield "worse" if worse else "better", f"{name} {code}: {_changed('retry', *_words(was, now))}"
        if was["advice"] != now["advice"]:
            yield "said", f"{name} {code}: advice"
    if (old is ABSENT) != (new is ABSENT):
        yield "better" if old is ABSENT else "worse", f"{name} is {'new' if old is ABSENT else 'gone'}"


def _words(*failures: dict[str, Any]) -> Iterable[str]:
    return [{True: "yes", False: "no"}.get(failure["retry"], "unknown") for failure in failures]


KEYWORDS: dict[str, Comparer] = {
    "default": _default,
    "discriminator": _discriminator,
    "exclusiveMaximum": _upper,
    "exclusiveMinimum": _lower,
    "format": _constraint,
    "if": _constraint,
    "maxItems": _upper,
    "maxLength": _upper,
    "maximum": _upper,
    "minItems": _lower,
    "minLength": _lower,
    "minimum": _lower,
    "pattern": _constraint,
    "type": _type,
    "uniqueItems": _unique,
    "x-billing": _billing,
    "x-delivery": _delivery,
    "x-failures": _failures,
    "x-media": _media,
    "x-valid-seconds": _promised_number,
}
"""How a change of each keyword is taken that holds no schema; a test holds this against what the contract may use."""
