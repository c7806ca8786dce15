"""The contract as it is shown to a reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evolink_mock.dashboard.descriptions import Mark, billing, delivery, limits, marks, refused
from evolink_mock.dashboard.schemas import Field, Schemas, type_of

_METHODS = ("get", "put", "post", "patch", "delete")
# What a reader is shown in words; of a schema with other keywords than these, all of it is shown besides.
_TOLD = {
    "type", "title", "description", "required", "properties", "items", "enum", "const", "default", "examples", "format",
    "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "anyOf", "externalDocs", "x-edition",
    "x-inferred", "x-contested", "x-media", "x-billing", "x-delivery", "x-failures", "x-valid-seconds",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A field as it is shown.

    Attributes:
        kind: its type, as pieces of text with the schema each leads to, or None.
        marks: its own, and those of its items.
    """

    name: str
    kind: list[tuple[str, str | None]]
    required: bool
    limits: list[str]
    each: list[str]
    default: Any
    has_default: bool
    description: str
    marks: list[Mark]


@dataclass(frozen=True)
class Entry:
    """A model or a shared schema as it is shown.

    Attributes:
        rows: its fields; none for one that is no object.
        rest: the whole schema, where words do not say all of it; else None.
    """

    anchor: str
    title: str
    description: str
    kind: str
    limits: list[str]
    refused: list[tuple[str, str]]
    marks: list[Mark]
    rows: list[Row]
    billing: list[str]
    delivery: list[str]
    failures: dict[str, dict[str, Any]]
    edition: str
    source: str
    examples: list[Any]
    rest: dict[str, Any] | None


@dataclass(frozen=True)
class Response:
    """A documented answer."""

    status: str
    description: str
    marks: list[Mark]
    kind: list[tuple[str, str | None]]
    example: Any


@dataclass(frozen=True)
class Operation:
    """An operation as it is shown."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    server: str
    parameters: list[Row]
    requests: list[tuple[str, list[tuple[str, str | None]]]]
    responses: list[Response]


class Reference:
    """All that the contract says, in the order in which it says it."""

    def __init__(self, document: dict[str, Any], schemas: Schemas) -> None:
        self._document = document
        self._schemas = schemas
        self.title: str = document["info"]["title"]
        self.summary: str = document["info"].get("summary", "")
        self.about: str = document["info"].get("description", "")
        self.version: str = document["info"]["version"]
        self.operations = list(self._operations())
        self.models = [self._entry(model, model, schema) for model, schema in schemas.models.items()]
        self.shared = [
            self._entry(f"schema-{name}", name, schema)
            for name, schema in schemas.shared.items()
            if name not in schemas.names
        ]
        self.extensions: dict[str, dict[str, Any]] = document.get("x-extensions", {})

    def _operations(self) -> Iterator[Operation]:
        for path, item in self._document["paths"].items():
            for method in _METHODS:
                if method in item:
                    yield self._operation(path, method, item[method])

    def _operation(self, path: str, method: str, told: dict[str, Any]) -> Operation:
        content: dict[str, Any] = told.get("requestBody", {}).get("content", {})
        [server, *_] = told.get("servers") or self._document["servers"]
        return Operation(
            anchor=told.get("operationId", f"{method} {path}"),
            method=method.upper(),
            path=path,
            summary=told.get("summary", ""),
            description=told.get("description", ""),
            server=server["url"],
            parameters=[self._parameter(parameter) for parameter in told.get("parameters", [])],
            requests=[(media, self._kind(part.get("schema", {}))) for media, part in content.items()],
            responses=[self._response(status, response) for status, response in told["responses"].items()],
        )

    def _parameter(self, told: dict[str, Any]) -> Row:
        told = self._schemas.resolved(told)
        schema = self._schemas.resolved(told["schema"])
        described = {**schema, "description": told.get("description", schema.get("description", ""))}
        return self._row(Field((told["name"],), described, told["schema"], told.get("required", False)))

    def _response(self, status: str, told: dict[str, Any]) -> Response:
        told = self._schemas.resolved(told)
        contents: list[dict[str, Any]] = [*told.get("content", {}).values(), {}]
        content = contents[0]
        schema: dict[str, Any] = content.get("schema", {})
        found = marks(told) + [mark for mark in marks(schema) if mark.kind == "contested"]
        return Response(status, told.get("description", ""), found, self._kind(schema), content.get("example"))

    def _entry(self, anchor: str, title: str, schema: dict[str, Any]) -> Entry:
        return Entry(
            anchor=anchor,
            title=schema.get("title", title),
            description=schema.get("description", ""),
            kind=type_of(schema),
            limits=list(limits(schema)) if type_of(schema) != "object" else [],
            refused=list(refused(schema)),
            marks=marks(schema),
            rows=[self._row(field) for field in self._schemas.fields(schema)],
            billing=list(billing(schema)),
            delivery=list(delivery(schema)),
            failures=schema.get("x-failures", {}),
            edition=schema.get("x-edition", ""),
            source=_web(schema.get("externalDocs", {}).get("url", "")),
            examples=schema.get("examples", []),
            rest=schema if schema.keys() - _TOLD else None,
        )

    def _row(self, field: Field) -> Row:
        schema = field.schema
        written = field.written if "$ref" in field.written or "anyOf" in field.written else schema
        own = limits(written if "$ref" in written else schema)  # the limits of what it refers to stand there
        items = schema.get("items", {})
        return Row(
            name=field.name,
            kind=self._kind(written),
            required=field.required,
            limits=list(own),
            each=[] if "$ref" in items else list(limits(items)),
            default=schema.get("default"),
            has_default="default" in schema and "const" not in schema,
            description=schema.get("description", ""),
            marks=marks(written),
        )

    def _kind(self, schema: dict[str, Any]) -> list[tuple[str, str | None]]:
        """Return the type of a schema as pieces of text, each with the anchor it leads to, if any."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            model = self._schemas.names.get(name)
            return [(model, model)] if model else [(name, f"schema-{name}")]
        for choices in (schema.get("anyOf"), schema.get("oneOf")):
            if choices and not schema.get("type"):
                return self._either([self._kind(choice) for choice in choices])
        named = schema.get("type", "any value")
        if "items" in schema:
            rest = " or null" if isinstance(named, list) else ""
            return [("list of ", None), *self._kind(schema["items"]), *([(rest, None)] if rest else [])]
        return [(named if isinstance(named, str) else " or ".join(named), None)]

    @staticmethod
    def _either(kinds: list[list[tuple[str, str | None]]]) -> list[tuple[str, str | None]]:
        pieces = kinds[0]
        for kind in kinds[1:]:
            pieces = [*pieces, (" or ", None), *kind]
        return pieces


def _web(url: str) -> str:
    """Return a URL that a page may link to, or nothing."""
    return url if url.startswith(("https://", "http://")) else ""
