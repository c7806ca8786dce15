"""Prepare the contract for the reference page: operations, one model and the schemas, with their rules in English."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evolink_mock.dashboard.descriptions import (
    Mark,
    billing,
    delivery,
    exclusions,
    limits,
    marks,
    rules_on_several_fields,
)
from evolink_mock.dashboard.schemas import Field, Schemas, type_of

_METHODS = ("get", "put", "post", "patch", "delete")
# The keywords that the page describes in English. It also includes each schema with other keywords as a whole.
_DESCRIBED_KEYWORDS = {
    "type", "title", "description", "required", "properties", "items", "enum", "const", "default", "examples", "format",
    "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "anyOf", "externalDocs", "x-edition",
    "x-inferred", "x-contested", "x-media", "x-billing", "x-price", "x-delivery", "x-failures", "x-valid-seconds",
    "x-cut-after", "x-cut-after-chinese", "x-token-limit",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A field or a parameter.

    Attributes:
        kind: its type, as pieces of text, each with the anchor of a schema or None.
        item_limits: the limits for each item of a list.
    """

    name: str
    kind: list[tuple[str, str | None]]
    required: bool
    limits: list[str]
    item_limits: list[str]
    default: Any
    has_default: bool
    description: str
    marks: list[Mark]


@dataclass(frozen=True)
class Entry:
    """A model or a shared schema.

    Attributes:
        rows: its fields; empty if it is not an object.
        rules: its rules on several fields, each with the reason if it was inferred.
        full_schema: the schema, if it has keywords that the page does not describe; else None.
    """

    anchor: str
    title: str
    description: str
    kind: str
    limits: list[str]
    exclusions: list[tuple[str, str]]
    marks: list[Mark]
    rows: list[Row]
    rules: list[tuple[str, str]]
    billing: list[str]
    delivery: list[str]
    failures: dict[str, dict[str, Any]]
    edition: str
    source: str
    examples: list[Any]
    full_schema: dict[str, Any] | None


@dataclass(frozen=True)
class ResponseEntry:
    """A documented response."""

    status: str
    description: str
    marks: list[Mark]
    kind: list[tuple[str, str | None]]
    example: Any


@dataclass(frozen=True)
class OperationEntry:
    """A documented operation."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    server: str
    parameters: list[Row]
    requests: list[tuple[str, list[tuple[str, str | None]]]]
    responses: list[ResponseEntry]


class Reference:
    """The contents of the reference page, in the order of the contract."""

    def __init__(self, document: dict[str, Any], schemas: Schemas) -> None:
        self._document = document
        self._schemas = schemas
        self.title: str = document["info"]["title"]
        self.summary: str = document["info"].get("summary", "")
        self.about: str = document["info"].get("description", "")
        self.version: str = document["info"]["version"]
        self.operations = list(self._operations())
        self.shared = [
            self._entry(f"schema-{name}", name, schema)
            for name, schema in schemas.shared.items()
            if name not in schemas.names
        ]
        self.extensions: dict[str, dict[str, Any]] = document.get("x-extensions", {})
        self._models: dict[str, Entry] = {}

    def model(self, model: str) -> Entry:
        """Return the entry of a model. It is prepared when it is first needed.

        Raises:
            KeyError: the contract has no such model.
        """
        if model not in self._models:
            self._models[model] = self._entry(model, model, self._schemas.models[model])
        return self._models[model]

    def _operations(self) -> Iterator[OperationEntry]:
        for path, item in self._document["paths"].items():
            for method in _METHODS:
                if method in item:
                    yield self._operation(path, method, item[method])

    def _operation(self, path: str, method: str, operation: dict[str, Any]) -> OperationEntry:
        content: dict[str, Any] = operation.get("requestBody", {}).get("content", {})
        [server, *_] = operation.get("servers") or self._document["servers"]
        return OperationEntry(
            anchor=operation.get("operationId", f"{method} {path}"),
            method=method.upper(),
            path=path,
            summary=operation.get("summary", ""),
            description=operation.get("description", ""),
            server=server["url"],
            parameters=[self._parameter(parameter) for parameter in operation.get("parameters", [])],
            requests=[(name, self._kind(media.get("schema", {}))) for name, media in content.items()],
            responses=[self._response(status, response) for status, response in operation["responses"].items()],
        )

    def _parameter(self, declared: dict[str, Any]) -> Row:
        parameter = self._schemas.resolve(declared)
        schema = self._schemas.resolve(parameter["schema"])
        described = {**schema, "description": parameter.get("description", schema.get("description", ""))}
        return self._row(Field((parameter["name"],), described, parameter["schema"], parameter.get("required", False)))

    def _response(self, status: str, declared: dict[str, Any]) -> ResponseEntry:
        response = self._schemas.resolve(declared)
        contents: list[dict[str, Any]] = [*response.get("content", {}).values(), {}]
        content = contents[0]
        schema: dict[str, Any] = content.get("schema", {})
        response_marks = marks(response) + [mark for mark in marks(schema) if mark.kind == "contested"]
        description = response.get("description", "")
        return ResponseEntry(status, description, response_marks, self._kind(schema), content.get("example"))

    def _entry(self, anchor: str, title: str, schema: dict[str, Any]) -> Entry:
        return Entry(
            anchor=anchor,
            title=schema.get("title", title),
            description=schema.get("description", ""),
            kind=type_of(schema),
            limits=list(limits(schema)) if type_of(schema) != "object" else [],
            exclusions=list(exclusions(schema)),
            marks=marks(schema),
            rows=[self._row(field) for field in self._schemas.fields(schema)],
            rules=rules_on_several_fields(schema),
            billing=list(billing(schema)),
            delivery=list(delivery(schema)),
            failures=schema.get("x-failures", {}),
            edition=schema.get("x-edition", ""),
            source=_link(schema.get("externalDocs", {}).get("url", "")),
            examples=schema.get("examples", []),
            full_schema=schema if schema.keys() - _DESCRIBED_KEYWORDS else None,
        )

    def _row(self, field: Field) -> Row:
        schema = field.schema
        declared = field.declared if "$ref" in field.declared or "anyOf" in field.declared else schema
        own = limits(declared if "$ref" in declared else schema)  # a shared schema shows its limits in its own entry
        items = schema.get("items", {})
        return Row(
            name=field.name,
            kind=self._kind(declared),
            required=field.required,
            limits=list(own),
            item_limits=[] if "$ref" in items else list(limits(items)),
            default=schema.get("default"),
            has_default="default" in schema and "const" not in schema,
            description=schema.get("description", ""),
            marks=marks(declared),
        )

    def _kind(self, schema: dict[str, Any]) -> list[tuple[str, str | None]]:
        """Return the type of a schema as pieces of text, each with the anchor of a schema or None."""
        if "$ref" in schema:
            name = _name(schema)
            model = self._schemas.names.get(name)
            return [(model, model)] if model else [(name, f"schema-{name}")]
        for choices in (schema.get("anyOf"), schema.get("oneOf")):
            if choices and all(_name(choice) in self._schemas.names for choice in choices):
                return [(f"one of {len(choices)} models", "models")]
            if choices and not schema.get("type"):
                return self._join([self._kind(choice) for choice in choices])
        types = schema.get("type", "any value")
        if "items" in schema:
            suffix = " or null" if isinstance(types, list) else ""
            return [("list of ", None), *self._kind(schema["items"]), *([(suffix, None)] if suffix else [])]
        return [(types if isinstance(types, str) else " or ".join(types), None)]

    @staticmethod
    def _join(kinds: list[list[tuple[str, str | None]]]) -> list[tuple[str, str | None]]:
        pieces = kinds[0]
        for kind in kinds[1:]:
            pieces = [*pieces, (" or ", None), *kind]
        return pieces


def _name(schema: dict[str, Any]) -> str:
    """Return the name of the schema that a schema refers to; empty without a reference."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _link(url: str) -> str:
    """Return a URL if it is an http or https URL, else an empty string."""
    return url if url.startswith(("https://", "http://")) else ""
