"""Compares two values of one schema keyword. `KEYWORDS` maps each keyword to the function that compares it.

It covers every keyword that does not contain schemas, and the contract's own `x-` extensions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from bundle import is_array, is_object

Effect = Literal["tighter", "looser", "changed", "unknown", "worse", "better", "default", "documentation"]
"""The effect of a change, before it is known who sends the value:

* tighter, looser: fewer or more values are allowed;
* changed: other values are allowed, fewer in one respect and more in another;
* unknown: the effect cannot be determined;
* worse, better: a promise to callers is withdrawn or added, no matter who sends the value;
* default: an absent value is assumed to be another one than before;
* documentation: only text for human readers changed.
"""

ANNOTATIONS = frozenset({
    "description", "examples", "externalDocs", "title", "x-contested", "x-edition", "x-family", "x-fields",
    "x-inferred", "x-tasks",
})  # fmt: skip
"""Keywords that only inform human readers."""
ABSENT: Any = None
"""Stands for the value of an absent keyword. `const`, which may be null, is compared in `changes.schemas`."""
RETRY_WORDS = {True: "yes", False: "no", None: "unknown"}
TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}

KeywordChange = tuple[Effect, str]
"""The effect of a change, and a text that describes it."""
Comparer = Callable[[str, Any, Any], Iterator[KeywordChange]]
"""Takes the name of a keyword and its old and new value (`ABSENT` if it has none), and yields the changes."""


def compare_keyword(keyword: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    """Yield the changes of a keyword whose old and new values differ."""
    if keyword in ANNOTATIONS:
        yield "documentation", keyword
        return
    comparer = KEYWORDS.get(keyword)
    if comparer is None:
        yield "unknown", unrated(keyword, old, new)
        return
    try:
        yield from comparer(keyword, old, new)
    except (TypeError, ValueError, AttributeError, LookupError):  # the value has an unexpected form
        yield "unknown", unrated(keyword, old, new)


def canonical(value: Any) -> str:
    """Convert a JSON value to text. Equal values give equal text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def describe_change(name: str, old: Any, new: Any, limit: int | None = None) -> str:
    """Say what changed: `name` was added, removed, or changed from `old` to `new`.

    Args:
        name: The name of the value.
        old: Its old value, or `ABSENT`.
        new: Its new value, or `ABSENT`.
        limit: The number of characters after which a value is cut off.
    """
    before, after = (_cut(canonical(value), limit) for value in (old, new))
    if old is ABSENT:
        return f"{name} added: {after}"
    if new is ABSENT:
        return f"{name} removed (was {before})"
    return f"{name} changed from {before} to {after}"


def unrated(name: str, old: Any, new: Any, limit: int | None = None) -> str:
    """Describe a change that this package cannot rate. Takes the arguments of `describe_change`."""
    return f"unrated change: {describe_change(name, old, new, limit)}"


def _cut(text: str, limit: int | None) -> str:
    return text if limit is None or len(text) <= limit else f"{text[:limit]}..."


def _upper_bound(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    tighter = old is ABSENT or (new is not ABSENT and new < old)
    yield "tighter" if tighter else "looser", describe_change(name, old, new)


def _lower_bound(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    tighter = old is ABSENT or (new is not ABSENT and new > old)
    yield "tighter" if tighter else "looser", describe_change(name, old, new)


def _constraint(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    effect: Effect = "tighter" if old is ABSENT else "looser" if new is ABSENT else "changed"
    yield effect, describe_change(name, old, new)


def _flag(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    if bool(old) != bool(new):
        yield "tighter" if new else "looser", describe_change(name, old, new)


def _type(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    before, after = _types(old), _types(new)
    if before != after:
        effect: Effect = "tighter" if after < before else "looser" if before < after else "changed"
        yield effect, describe_change(name, old, new)


def _types(value: Any) -> set[str]:
    if value is ABSENT:
        return TYPES
    types = set(value) if is_array(value) else {str(value)}
    return types | {"integer"} if "number" in types else types


def _default(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    yield "better" if old is ABSENT else "default", describe_change(name, old, new)


def _discriminator(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    before, after = (node and node.get("propertyName") for node in (old, new))
    if before != after:  # the mapping is not compared, because it follows from the variants
        yield "unknown", describe_change(name, before, after)


def _promised_number(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    worse = new is ABSENT or (old is not ABSENT and new < old)
    yield "worse" if worse else "better", describe_change(name, old, new)


# --- extensions


def _members(
    name: str, old: Any, new: Any, comparers: Mapping[str, Comparer], *, whole: tuple[Effect, Effect] | None = None
) -> Iterator[KeywordChange]:
    """Yield the changes of the members of an extension.

    Args:
        name: The extension.
        old: Its old value, or `ABSENT`.
        new: Its new value, or `ABSENT`.
        comparers: How to compare each member. Changes of other members have an unknown effect.
        whole: The effects of adding and of removing the whole extension. If None, its members are compared even then.
    """
    if whole is not None and (old is ABSENT or new is ABSENT):
        yield whole[0] if old is ABSENT else whole[1], describe_change(name, old, new)
        return
    before: dict[str, Any] = {} if old is ABSENT else dict(old)
    after: dict[str, Any] = {} if new is ABSENT else dict(new)
    for member in {**before, **after}:
        old_member, new_member = before.get(member), after.get(member)
        if old_member == new_member:
            continue
        if member in comparers:
            yield from comparers[member](f"{name} {member}", old_member, new_member)
        else:
            yield "unknown", unrated(f"{name} {member}", old_member, new_member)


def _choice(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    if old is ABSENT or new is ABSENT:
        yield "tighter" if old is ABSENT else "looser", describe_change(name, old, new)
        return
    before, after = (value if is_array(value) else [value] for value in (old, new))
    for value in before:
        if value not in after:
            yield "tighter", f"{name}: can no longer be {value}"
    for value in after:
        if value not in before:
            yield "looser", f"{name}: can now be {value}"


def _allowance(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    if (old is not False) != (new is not False):
        yield "tighter" if new is False else "looser", describe_change(name, old, new)


def _range(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    yield from _members(name, old, new, {"min": _lower_bound, "max": _upper_bound, "over": _lower_bound})


def _media(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    yield from _members(
        name,
        old,
        new,
        {
            "kind": _choice, "formats": _choice, "max-bytes": _upper_bound, "alpha": _allowance, "side-pixels": _range,
            "width-pixels": _range, "short-side-pixels": _range, "pixels": _range, "ratio": _range, "fps": _range,
            "seconds": _range, "total-seconds": _range, "max-pages": _upper_bound, "reachable": _constraint,
        },
    )  # fmt: skip


def _known_length(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    # Knowing that a text is cut, or may be too long, is better than not knowing it.
    worse = old is not ABSENT and new is not ABSENT and new < old
    yield "worse" if worse else "better", describe_change(name, old, new)


def _entries(old: Any, new: Any, key: str) -> Iterator[tuple[Any, Any]]:
    """Yield each entry of two lists with the entry about the same fields in the other list, or `ABSENT`."""
    before, after = list(old or ()), list(new or ())
    for entry in [entry for entry in before if entry in after]:
        before.remove(entry)
        after.remove(entry)
    for entry in before:
        other = next((other for other in after if other[key] == entry[key]), ABSENT)
        if other is not ABSENT:
            after.remove(other)
        yield entry, other
    yield from ((ABSENT, entry) for entry in after)


def _unordered(schema: Any) -> Any:
    """Return a JSON schema with its lists sorted, none of which has an order in conditions."""
    if is_object(schema):
        return {key: _unordered(value) for key, value in schema.items()}
    return sorted(map(_unordered, schema), key=canonical) if is_array(schema) else schema


def _same_condition(old: Any, new: Any) -> bool:
    return bool(_unordered(old["when"]) == _unordered(new["when"]))


def _ignored(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    for before, after in _entries(old, new, "field"):  # a request is accepted in each case
        same = before is not ABSENT and after is not ABSENT and _same_condition(before, after)
        yield "documentation" if same else "better", _entry_text(name, before, after)


def _later_failures(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    for before, after in _entries(old, new, "field"):
        effect: Effect = "worse" if before is ABSENT else "better"
        if before is not ABSENT and after is not ABSENT:
            same = _same_condition(before, after) and before["code"] == after["code"]
            effect = "documentation" if same else "unknown"
        yield effect, _entry_text(name, before, after)


def _file_limits(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    for before, after in _entries(old, new, "fields"):
        yield _file_limit_effect(before, after), _entry_text(name, before, after)


def _file_limit_effect(old: Any, new: Any) -> Effect:
    refused = [entry is not ABSENT and entry.get("effect", "refused") == "refused" for entry in (old, new)]
    if not any(refused):  # longer files are accepted before and after the change
        return "better"
    if not all(refused):
        return "tighter" if refused[1] else "looser"
    before, after = (entry["max-seconds"] for entry in (old, new))
    if old.get("plus") != new.get("plus"):
        return "unknown"
    if before == after:
        return "documentation"
    return "looser" if before < after else "tighter"  # a field instead of a number raises a TypeError: unknown


def _entry_text(name: str, old: Any, new: Any) -> str:
    word = "added" if old is ABSENT else "removed" if new is ABSENT else "changed"
    return f"{name} {word}: {(old if new is ABSENT else new)['description']}"


def _delivery(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    comparers = {"on": _delivery_events, "timeout-seconds": _promised_number, "retry-after-seconds": _retries}
    yield from _members(name, old, new, comparers, whole=("better", "worse"))


def _delivery_events(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    if set(old) != set(new):  # a receiver may rely on a missing event, and may not know an added one
        yield "worse", describe_change(name, old, new)


def _retries(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    yield "worse" if len(new) < len(old) or sum(new) < sum(old) else "better", describe_change(name, old, new)


def _billing(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    comparers = {"input": _billed_input, "dearer": _surcharges}
    # Adding it means that tasks are billed. Without it, callers can no longer estimate the bill.
    yield from _members(name, old, new, comparers, whole=("worse", "worse"))


def _billed_input(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    comparers = {"cap-seconds-by-count": _caps, "cap-seconds-total": _total_cap}
    yield from _members(name, old, new, comparers, whole=("worse", "better"))


def _caps(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    cheaper = len(old) == len(new) and all(after <= before for before, after in zip(old, new, strict=True))
    yield "better" if cheaper else "worse", describe_change(name, old, new)


def _total_cap(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    cheaper = new is not ABSENT and (old is ABSENT or new < old)
    yield "better" if cheaper else "worse", describe_change(name, old, new)


def _price(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    comparers = {"rate": _amount, "minimum": _amount}
    comparers |= dict.fromkeys(("date", "effective", "source", "x-inferred"), _remark)
    # Knowing a price is better than not knowing it, whatever it is.
    yield from _members(name, old, new, comparers, whole=("better", "worse"))


def _amount(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    dearer = new is not ABSENT and (old is ABSENT or new > old)
    yield "worse" if dearer else "better", describe_change(name, old, new)


def _task_reference(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    if ABSENT in (old, new):
        effect: Effect = "tighter" if old is ABSENT else "looser"
    else:
        more = {*old["models"]} <= {*new["models"]} and new.get("draft", old.get("draft")) == old.get("draft")
        effect = "looser" if more else "tighter"
    yield effect, describe_change(name, old, new)


def _remark(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    yield "documentation", describe_change(name, old, new)


def _surcharges(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    cheaper = (new or {}).items() <= (old or {}).items()
    yield "better" if cheaper else "worse", describe_change(name, old, new)


def _failures(name: str, old: Any, new: Any) -> Iterator[KeywordChange]:
    before: dict[str, Any] = old or {}
    after: dict[str, Any] = new or {}
    for code in [code for code in before if code in after]:  # added and removed codes are changes of the enum
        old_failure, new_failure = before[code], after[code]
        if old_failure["retry"] != new_failure["retry"]:
            worse = old_failure["retry"] is True
            before_word, after_word = (RETRY_WORDS[failure["retry"]] for failure in (old_failure, new_failure))
            text = describe_change("retry", before_word, after_word)
            yield "worse" if worse else "better", f"{name} {code}: {text}"
        if old_failure["advice"] != new_failure["advice"]:
            yield "documentation", f"{name} {code}: advice"
    if (old is ABSENT) != (new is ABSENT):
        yield "better" if old is ABSENT else "worse", f"{name} {'added' if old is ABSENT else 'removed'}"


KEYWORDS: dict[str, Comparer] = {
    "default": _default,
    "discriminator": _discriminator,
    "exclusiveMaximum": _upper_bound,
    "exclusiveMinimum": _lower_bound,
    "format": _constraint,
    "if": _constraint,
    "maxItems": _upper_bound,
    "maxLength": _upper_bound,
    "maxProperties": _upper_bound,
    "maximum": _upper_bound,
    "minItems": _lower_bound,
    "minLength": _lower_bound,
    "minimum": _lower_bound,
    "pattern": _constraint,
    "type": _type,
    "uniqueItems": _flag,
    "x-billing": _billing,
    "x-cut-after": _known_length,
    "x-cut-after-chinese": _known_length,
    "x-delivery": _delivery,
    "x-failures": _failures,
    "x-fails-later": _later_failures,
    "x-file-limits": _file_limits,
    "x-ignored": _ignored,
    "x-media": _media,
    "x-price": _price,
    "x-response": _remark,  # the conditions that are derived from it are compared as schemas
    "x-task-reference": _task_reference,
    "x-token-limit": _known_length,
    "x-valid-seconds": _promised_number,
}
"""How each keyword without schemas is compared. A test checks that every keyword the contract may use is covered."""
