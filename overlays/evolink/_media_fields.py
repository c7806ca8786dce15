"""Find the files of a request: in every field whose schema in the contract, at any depth, has an `x-media`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from evolink._contract import JSON, Contract
from evolink._json_values import dotted, is_list, is_mapping
from evolink.errors import Violation

_MERGED = frozenset({"$ref", "anyOf", "oneOf", "allOf"})


class Source(NamedTuple):
    """A file of a request.

    Attributes:
        value: its URL or local path.
        path: the names and indices that lead to it in the request.
        field: the name of the field with the `x-media`, for example `image_urls` or `model_params.file_url`.
        limits: the `x-media`.
    """

    value: str
    path: tuple[str | int, ...]
    field: str
    limits: JSON

    @property
    def name(self) -> str:
        """The name of the file in errors, for example `image_urls[0]` or `model_params.file_url`."""
        return dotted(self.path)


def find_sources(contract: Contract, body: JSON) -> Iterator[Source]:
    """Yield the files of a request in the order of the contract; none if its model is unknown.

    An `x-media` applies to a single URL, to each URL of a list and to each value of a map. Files in the request itself,
    as a data URL or in base64 where the model allows that, are left out.
    """
    yield from _sources(contract, _schema(contract, body), body, (), "", {})


def media_fields(contract: Contract, schema: JSON, path: tuple[str, ...] = ()) -> Iterator[tuple[str, JSON]]:
    """Yield the name of each field of a request schema that holds files, with its `x-media`."""
    schema = merged(contract, schema)
    if "x-media" in schema:
        yield ".".join(path), schema["x-media"]
        return
    for name, part in schema.get("properties", {}).items():
        yield from media_fields(contract, part, (*path, name))
    for keyword in ("items", "additionalProperties"):
        if is_mapping(schema.get(keyword)):
            yield from media_fields(contract, schema[keyword], path)


def field_value(contract: Contract, body: JSON, field: str) -> Any:
    """Return the value of a dotted field in a request, or else its documented default; None without one."""
    value = value_at(body, field)
    if value is not None:
        return value
    schema = _schema(contract, body)
    for name in field.split("."):
        schema = merged(contract, schema.get("properties", {}).get(name, {}))
    return schema.get("default")


def value_at(body: JSON, field: str) -> Any:
    """Return the value of a dotted field in a request; None if the request does not have it."""
    value: Any = body
    for name in field.split("."):
        value = value.get(name) if is_mapping(value) else None
    return value


def is_malformed(violation: Violation, fields: Collection[str], sources: Collection[Source]) -> bool:
    """Return whether a violation leaves no files to check in one of these fields.

    A local path is not malformed. A rule on several fields leaves the files of each field as they are.
    """
    if violation.keyword == "allOf":
        return False
    plain = re.sub(r"\[[0-9]+\]", "", violation.field)
    return any(f"{name}.".startswith(f"{plain}.") or f"{plain}.".startswith(f"{name}.") for name in fields) and (
        violation.keyword == "type" or all(violation.field != source.name for source in sources)
    )


def replaced(body: JSON, urls: dict[tuple[str | int, ...], str]) -> JSON:
    """Return a request with other URLs at these paths; the request itself stays as it is."""
    result: JSON = _replaced(body, (), urls)
    return result


def span(bounds: JSON) -> str:
    """Describe a range of an `x-media` in words, as in `2 to 30`, `at least 24`, `over 8` or `at most 60`."""
    if "over" in bounds:
        return f"over {bounds['over']}" + (f" and at most {bounds['max']}" if "max" in bounds else "")
    if "min" not in bounds:
        return f"at most {bounds['max']}"
    return f"{bounds['min']} to {bounds['max']}" if "max" in bounds else f"at least {bounds['min']}"


def merged(contract: Contract, schema: JSON) -> JSON:
    """Merge a schema with the schema that it references, directly or as its only alternative to null."""
    while not _MERGED.isdisjoint(schema):
        rest = {key: value for key, value in schema.items() if key not in _MERGED}
        if "$ref" in schema:
            schema = {**contract.resolved({"$ref": schema["$ref"]}), **rest}
            continue
        members = [member for key in ("anyOf", "oneOf", "allOf") for member in schema.get(key, ())]
        others = [member for member in members if member.get("type") != "null"]
        if len(others) != 1:
            return schema
        schema = {**others[0], **rest}
    return schema


def _schema(contract: Contract, body: JSON) -> JSON:
    model = body.get("model")
    schema: JSON = contract.models.get(model, {}) if isinstance(model, str) else {}
    return schema


def _sources(
    contract: Contract, schema: JSON, value: Any, path: tuple[str | int, ...], field: str, limits: JSON
) -> Iterator[Source]:
    schema = merged(contract, schema)
    if "x-media" in schema:
        field, limits = ".".join(part for part in path if isinstance(part, str)), schema["x-media"]
    if isinstance(value, str):
        if field and not _is_file_itself(schema, value):
            yield Source(value, path, field, limits)
    elif is_list(value):
        for index, item in enumerate(value):
            yield from _sources(contract, schema.get("items", {}), item, (*path, index), field, limits)
    elif is_mapping(value):
        properties: JSON = schema.get("properties", {})
        further: JSON = schema["additionalProperties"] if is_mapping(schema.get("additionalProperties")) else {}
        names = [name for name in properties if name in value]
        for name in [*names, *(name for name in value if name not in properties)]:
            yield from _sources(contract, properties.get(name, further), value[name], (*path, name), field, limits)


def _is_file_itself(schema: JSON, value: str) -> bool:
    """Return whether a text fits one of the forms that a schema allows beside URLs."""
    return any("pattern" in form and re.search(form["pattern"], value) for form in schema.get("anyOf", ()))


def _replaced(value: Any, path: tuple[str | int, ...], urls: dict[tuple[str | int, ...], str]) -> Any:
    if path in urls:
        return urls[path]
    if is_list(value):
        return [_replaced(item, (*path, index), urls) for index, item in enumerate(value)]
    if is_mapping(value):
        return {name: _replaced(item, (*path, name), urls) for name, item in value.items()}
    return value
