"""Rules on several fields of a request, and fields that EvoLink ignores, cuts, or accepts only to fail later.

The schema of a model states them: in `allOf` with `x-fields`, and in `x-ignored`, `x-cut-after`, `x-token-limit` and
`x-fails-later`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from evolink._contract import JSON, Contract
from evolink._json_values import describe_value, dotted, is_list, is_mapping
from evolink.errors import FieldWarning, NextStep, ParameterIgnoredWarning, TokenLimitWarning, Violation

if TYPE_CHECKING:
    import jsonschema_rs

ALL_ITEMS = ""
"""A step of a path that leads to each item of a list."""

Path = tuple[str | int, ...]


class _Condition(NamedTuple):
    """An entry of `x-ignored` or `x-fails-later`, with the validator of its `when`."""

    entry: JSON
    validator: jsonschema_rs.Draft202012Validator


class _Limit(NamedTuple):
    """The number of characters of the text to which a path leads, and that of Chinese characters."""

    path: tuple[str, ...]
    characters: int
    chinese: int


class _Effects(NamedTuple):
    """What EvoLink does to requests for a model that it accepts.

    Attributes:
        ignored: the entries of `x-ignored`.
        failing: the entries of `x-fails-later`.
        cut: the path to each text with an `x-cut-after`, the number of characters that are used, and that of Chinese
            ones.
        counted: the path to each text with an `x-token-limit`, and the number of tokens.
    """

    ignored: tuple[_Condition, ...]
    failing: tuple[_Condition, ...]
    cut: tuple[_Limit, ...]
    counted: tuple[_Limit, ...]


def rule_of(error: jsonschema_rs.ValidationError, schema: JSON) -> JSON | None:
    """Return the rule on several fields that an error of the validator breaks; None if it breaks another rule.

    Args:
        error: an error of the validator of a model.
        schema: the schema of the model.
    """
    path = list(error.evaluation_path)
    while path[:1] == ["$ref"]:
        path = path[1:]
    if path[:1] != ["allOf"]:
        return None
    rule: JSON = schema["allOf"][path[1]]
    return rule if "x-fields" in rule else None


def broken_rule(rule: JSON, schema: JSON, body: JSON) -> Violation:
    """Return the violation for a rule on several fields that a request breaks.

    Args:
        rule: an item of the model's `allOf`.
        schema: the schema of the model.
        body: the request.
    """
    first, *others = rule["x-fields"]
    values = ", ".join(_with_value(field, schema, body) for field in others)
    fix = rule["description"].strip().rstrip(".") + (f" ({values})" if values else "")
    return _violation(schema, first, "allOf", rule["x-fields"], _value_text(first, body), fix)


def failing_later(contract: Contract, model: str, body: JSON) -> Iterator[Violation]:
    """Yield a violation for each documented reason why EvoLink would accept a request and its task would fail."""
    schema = contract.models[model]
    for entry, validator in _effects(contract, model).failing:
        if validator.is_valid(body):
            why = entry["description"].strip().rstrip(".")
            fix = f"{why}. EvoLink accepts the request, and its task fails with {entry['code']}"
            actual = _value_text(entry["field"], body)
            yield _violation(schema, entry["field"], "x-fails-later", entry["code"], actual, fix)._replace(
                next_step=NextStep("skip_validation")
            )


def field_warnings(contract: Contract, model: str, body: JSON) -> list[FieldWarning]:
    """Return a warning for each field of an accepted request that is ignored, cut, or perhaps too long."""
    schema, effects = contract.models[model], _effects(contract, model)
    reasons: dict[str, list[str]] = {}
    for entry, validator in effects.ignored:
        if any(_values(body, tuple(entry["field"].split(".")))) and validator.is_valid(body):
            why = entry["description"].strip().rstrip(".")
            reasons.setdefault(entry["field"], []).append(f"is ignored: {why}")
    for field, length, limit in _longer(body, effects.cut):
        chinese = f", or {limit.chinese} Chinese ones" if limit.chinese != limit.characters else ""
        why = f"is cut after {limit.characters} characters{chinese}; it is {length} characters long"
        reasons.setdefault(field, []).append(why)
    edition, page = _source(schema)
    origin = ", ".join(part for part in (f"documentation {edition}" if edition else "", page) if part)
    source = f" ({origin})" if origin else ""
    return [
        *(ParameterIgnoredWarning(f"{field} {'; and it '.join(why)}{source}", field) for field, why in reasons.items()),
        *(
            TokenLimitWarning(
                f"{field} may have more than {limit.characters} tokens, the most that EvoLink takes; "
                f"it is {length} characters long{source}",
                field,
            )
            for field, length, limit in _longer(body, effects.counted)
        ),
    ]


def described_rules(schema: JSON) -> list[str]:
    """Return the sentence of each rule on several fields of a model, in the order of the contract."""
    entries = [*schema.get("allOf", ()), *schema.get("x-ignored", ()), *schema.get("x-fails-later", ())]
    return [" ".join(entry["description"].split()) for entry in entries if "description" in entry]


@cache
def _effects(contract: Contract, model: str) -> _Effects:
    schema = contract.models[model]

    def conditions(key: str) -> tuple[_Condition, ...]:
        return tuple(_Condition(entry, contract.validator(entry["when"])) for entry in schema.get(key, ()))

    return _Effects(
        conditions("x-ignored"),
        conditions("x-fails-later"),
        tuple(_limits(contract, "x-cut-after", schema, ())),
        tuple(_limits(contract, "x-token-limit", schema, ())),
    )


def _longer(body: JSON, limits: Iterable[_Limit]) -> Iterator[tuple[str, int, _Limit]]:
    """Yield each text of a request with more characters than its limit: its dotted field, its length, the limit."""
    for limit in limits:
        for place, text in _values(body, limit.path):
            if isinstance(text, str) and _is_longer(text, limit):
                yield dotted(place), len(text), limit


def _is_longer(text: str, limit: _Limit) -> bool:
    if limit.chinese == limit.characters or len(text) <= min(limit.chinese, limit.characters):
        return len(text) > limit.characters
    chinese = sum(map(_is_chinese, text))
    return chinese * limit.characters + (len(text) - chinese) * limit.chinese > limit.characters * limit.chinese


def _is_chinese(character: str) -> bool:
    return (
        "\u3400" <= character <= "\u9fff"
        or "\uf900" <= character <= "\ufaff"
        or "\U00020000" <= character <= "\U0003ffff"
    )


def _limits(contract: Contract, keyword: str, node: Any, path: tuple[str, ...]) -> Iterator[_Limit]:
    """Yield the limit of each text below a schema that has a keyword."""
    if not is_mapping(node):  # `false`, which allows no value
        return
    schema = contract.resolved(dict(node))
    if keyword in schema:
        limit: int = schema[keyword]
        yield _Limit(path, limit, schema.get(f"{keyword}-chinese", limit))
    for name, part in schema.get("properties", {}).items():
        yield from _limits(contract, keyword, part, (*path, name))
    if "items" in schema:
        yield from _limits(contract, keyword, schema["items"], (*path, ALL_ITEMS))


def _values(value: Any, path: tuple[str, ...], place: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every value of a request to which a path leads, with its place."""
    if not path:
        yield place, value
    elif path[0] == ALL_ITEMS:
        for index, item in enumerate(value if is_list(value) else ()):
            yield from _values(item, path[1:], (*place, index))
    elif is_mapping(value) and path[0] in value:
        yield from _values(value[path[0]], path[1:], (*place, path[0]))


def _value_text(field: str, body: JSON) -> str:
    """Return the value of a dotted field if it is short, else its size; empty if it is absent."""
    return next((describe_value(value) for _, value in _values(body, tuple(field.split(".")))), "")


def _with_value(field: str, schema: JSON, body: JSON) -> str:
    text = _value_text(field, body)
    if text:
        return f"{field} is {text}"
    default = schema.get("properties", {}).get(field, {}).get("default")
    return f"{field} is absent" if default is None else f"{field} is {describe_value(default)} by default"


def _source(schema: JSON) -> tuple[str, str]:
    return schema.get("x-edition", ""), schema.get("externalDocs", {}).get("url", "")


def _violation(schema: JSON, field: str, keyword: str, limit: Any, actual: str, fix: str) -> Violation:
    return Violation(field, keyword, limit, actual, fix, *_source(schema))
