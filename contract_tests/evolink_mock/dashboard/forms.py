"""A form for a model, built from its schema when it is needed, and the request body that a submitted form describes."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evolink_mock.dashboard.descriptions import Mark, limits, marks, rules_on_several_fields
from evolink_mock.dashboard.schemas import Field, Schemas, type_of
from evolink_mock.http.bodies import parse_json

LONG_TEXT = 200  # a string that may have more characters gets a field of several lines
MAX_NUMBER_OPTIONS = 20
PREFIX = "body."  # precedes the names of model fields, to distinguish them from the form's own


@dataclass(frozen=True)
class Input:
    """An input of a form.

    Attributes:
        kind: choice, number, line, long, lines (one value per line) or json.
        options: the choices, or suggested numbers, as text.
        initial: the initial content.
    """

    name: str
    kind: str
    required: bool
    hint: str
    limits: list[str]
    marks: list[Mark]
    default: str
    options: list[str]
    initial: str
    max_length: int | None
    max_items: int | None


@dataclass(frozen=True)
class Form:
    """The form of a model.

    Attributes:
        rules: the rules on several fields, each with the reason if it was inferred.
        example: an example request body, quoted for a shell.
        number: the place of the model in the contract, from 1 on.
    """

    model: str
    number: int
    title: str
    description: str
    inputs: list[Input]
    rules: list[tuple[str, str]]
    example: str


class Forms:
    """The forms of all models of a contract. Each is built when it is first needed."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._numbers = {model: number for number, model in enumerate(schemas.models, 1)}
        self._forms: dict[str, Form] = {}
        self._fields: dict[str, list[Field]] = {}

    def form(self, model: str) -> Form:
        """Return the form of a model.

        Raises:
            KeyError: the contract has no such model.
        """
        if model not in self._forms:
            self._forms[model] = self._form(model, self._schemas.models[model])
        return self._forms[model]

    def to_body(self, model: str, values: Mapping[str, str]) -> dict[str, Any]:
        """Convert a submitted form to a request body.

        Values are sent as typed, even if they break a rule of the contract. Blank fields are left out.

        Raises:
            KeyError: the contract has no such model.
        """
        body: dict[str, Any] = {self._schemas.tag: model}
        for field in self._fields_of(model):
            text = values.get(PREFIX + field.name, "").replace("\r\n", "\n")
            if text.strip():
                parent = body
                for name in field.path[:-1]:
                    parent = parent.setdefault(name, {})
                parent[field.path[-1]] = _parse(field.schema, text)
        return body

    def _fields_of(self, model: str) -> list[Field]:
        if model not in self._fields:
            fields = self._schemas.fields(self._schemas.models[model], follow_references=True)
            self._fields[model] = [
                Field(field.path, _with_items(self._schemas, field.schema), field.declared, field.required)
                for field in fields
                if field.name != self._schemas.tag
            ]
        return self._fields[model]

    def _form(self, model: str, schema: dict[str, Any]) -> Form:
        examples: list[dict[str, Any]] = [*schema.get("examples", []), {}]
        example = examples[0]
        return Form(
            model=model,
            number=self._numbers[model],
            title=schema.get("title", model),
            description=schema.get("description", ""),
            inputs=[_input(field, example) for field in self._fields_of(model)],
            rules=rules_on_several_fields(schema),
            example=shlex.quote(json.dumps(example or {self._schemas.tag: model}, ensure_ascii=False)),
        )


def prefer_header(values: Mapping[str, str]) -> str:
    """Return the value of the `Prefer` header for a submitted form; empty for none."""
    preferences = [f"{name}={values[name].strip()}" for name in ("outcome", "pace") if values.get(name, "").strip()]
    return ", ".join([*preferences, *([values["prefer"].strip()] if values.get("prefer", "").strip() else [])])


def _with_items(schemas: Schemas, schema: dict[str, Any]) -> dict[str, Any]:
    items = schema.get("items")
    return schema if items is None else {**schema, "items": schemas.resolve(items)}


def _input(field: Field, example: dict[str, Any]) -> Input:
    schema, kind = field.schema, _kind(field.schema)
    # A choice and the counter of a long text show their limits themselves.
    untold = {} if kind == "choice" else schema
    if kind == "long":
        untold = {key: value for key, value in schema.items() if key.startswith(("x-cut-after", "x-token-limit"))}
    return Input(
        name=field.name,
        kind=kind,
        required=field.required,
        hint=schema.get("description", ""),
        limits=list(limits(untold)),
        marks=marks(schema),
        default=_text(schema["default"]) if "default" in schema else "",
        options=list(_options(schema)),
        initial=_initial(field, example),
        max_length=schema.get("maxLength", schema.get("x-cut-after")),
        max_items=schema.get("maxItems"),
    )


def _kind(schema: dict[str, Any]) -> str:
    kind = type_of(schema)
    if "enum" in schema or "const" in schema or kind == "boolean":
        return "choice"
    if kind in {"integer", "number"}:
        return "number"
    if kind == "array" and type_of(schema.get("items", {})) in {"string", "integer", "number"}:
        return "lines"
    if kind != "string":
        return "json"
    return "line" if "format" in schema or schema.get("maxLength", LONG_TEXT + 1) <= LONG_TEXT else "long"


def _options(schema: dict[str, Any]) -> Iterator[str]:
    if "enum" in schema:
        yield from (_text(value) for value in schema["enum"])
    elif "const" in schema:
        yield _text(schema["const"])
    elif type_of(schema) == "boolean":
        yield from ("true", "false")
    elif type_of(schema) == "integer" and {"minimum", "maximum"} <= schema.keys():
        low, high = int(schema["minimum"]), int(schema["maximum"])
        if high - low < MAX_NUMBER_OPTIONS:
            yield from (str(value) for value in range(low, high + 1))


def _initial(field: Field, example: Any) -> str:
    for name in field.path:
        example = example.get(name) if isinstance(example, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if example is None:
        return _text(field.schema["enum"][0]) if field.required and "enum" in field.schema else ""
    if _kind(field.schema) == "lines" and isinstance(example, list):
        return "\n".join(_text(item) for item in example)  # pyright: ignore[reportUnknownVariableType]
    return _text(example)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parse(schema: dict[str, Any], text: str) -> Any:
    kind = _kind(schema)
    if kind == "lines":
        return [_parse_scalar(schema["items"], item.strip()) for item in text.split("\n") if item.strip()]
    if kind == "long":
        return text
    if kind == "choice":
        values: list[Any] = schema.get("enum", [schema["const"]] if "const" in schema else [True, False])
        return next((value for value in values if _text(value) == text), text)
    return _parse_scalar(schema, text.strip())


def _parse_scalar(schema: dict[str, Any], text: str) -> Any:
    """Parse a text as JSON unless the schema expects a string; return the text itself if it does not fit."""
    if type_of(schema) == "string":
        return text
    try:
        value = parse_json(text.encode())
        json.dumps(value, allow_nan=False)  # fails for numbers that JSON cannot represent
    except (ValueError, RecursionError):
        return text
    expects_number = type_of(schema) in {"integer", "number"}
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return text if isinstance(value, str) or (expects_number and not is_number) else value
