"""Checks the contract for mistakes that the OpenAPI format itself allows. Prints all findings, one per line.

Each line begins with the file and the line of the mistake.

    python openapi/lint.py [ROOT]

It checks that:

* the bundled contract is valid OpenAPI 3.1, and its schemas are valid and use known keywords only;
* every operation is written in a form that all programs of this project read;
* every schema allows a value, and every required field has a schema;
* every example, every default and every listed value is valid against its own schema;
* nothing beside a `$ref` is lost in the generated client;
* every `x-` extension is defined in `x-extensions` and used as defined there;
* the marks `x-inferred` and `x-contested` name keywords that stand next to them;
* links lead to operations that exist, and `x-billing` names fields that exist;
* `x-failures` covers every value of its list;
* descriptions are plain ASCII, as English text is;
* every model is in the folder of a family, is referenced, has an example, and names its source;
* every field of a model has a description;
* rules on several fields have a description;
* these rules, `x-ignored`, `x-fails-later`, `x-file-limits` and `x-response` name fields that exist;
* `x-media`, `x-cut-after` and `x-task-reference` fit their field.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import jsonschema_rs
from jsonschema_path.paths import SchemaPath
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_schema_validator._specifications import REGISTRY
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from openapi_spec_validator.validation.keywords import OpenAPIV31SchemaValidator

from bundle import (
    MODELS,
    ROOT,
    SCHEMAS,
    BundleError,
    Place,
    Sources,
    bundle_with_sources,
    is_array,
    is_object,
    one_line,
    unread_parts,
)
from changes import meaning
from changes.keywords import ANNOTATIONS
from model_findings import Finding, field_findings, model_findings
from response_shapes import reference_findings, shape_findings

DATA_KEYWORDS = {"example", "examples", "default", "const", "enum", "mapping", "x-contested", "x-extensions"}
"""The values of these keys are data. They are not searched for schemas."""

KEYWORDS = {
    "$ref", "additionalProperties", "allOf", "anyOf", "const", "default", "description", "discriminator", "else",
    "enum", "examples", "exclusiveMaximum", "exclusiveMinimum", "externalDocs", "format", "if", "items", "maxItems",
    "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minimum", "not", "oneOf", "pattern",
    "properties", "propertyNames", "required", "then", "title", "type", "uniqueItems",
}  # fmt: skip
"""The keywords that a schema of the contract may use. JSON Schema itself ignores misspelt keywords."""

MAX_MESSAGE_LENGTH = 300


class _SchemaValidator(OpenAPIV31SchemaValidator):
    """Asks jsonschema-rs first, which takes a hundredth of the time and accepts no schema that this library refuses."""

    def _validate_schema_meta(self, schema: SchemaPath, schema_value: Any) -> OpenAPIValidationError | None:
        has_own_dialect = is_object(schema_value) and "$schema" in schema_value
        if not has_own_dialect and _metaschema().is_valid(schema_value):
            return None
        return super()._validate_schema_meta(schema, schema_value)


@cache
def _metaschema() -> jsonschema_rs.Draft202012Validator:
    """The validator of schemas in OpenAPI 3.1. It accepts only those patterns that Python compiles, too."""
    vocabulary = "https://spec.openapis.org/oas/3.1/meta/base"
    contents: Any = REGISTRY.contents(vocabulary)
    return jsonschema_rs.Draft202012Validator(
        OAS31Validator.META_SCHEMA,
        registry=jsonschema_rs.Registry([(vocabulary, contents)]),
        validate_formats=True,
        formats={"regex": partial(oas31_format_checker.conforms, format="regex")},
    )


class _OpenApiValidator(OpenAPIV31SpecValidator):
    keyword_validators = {**OpenAPIV31SpecValidator.keyword_validators, "schema": _SchemaValidator}  # noqa: RUF012 - as there


def findings(document: dict[str, Any], sources: Sources | None = None) -> Iterator[str]:
    """Yield every mistake in a bundled contract, one line each.

    Args:
        document: The contract.
        sources: Where its parts were written. If given, each line begins with the file and the line of the mistake.
    """
    for place, text in _findings(document):
        yield f"{sources.locate(place)}: {_name(place)}: {text}" if sources else f"{_name(place)}: {text}"


def invalid_openapi(document: dict[str, Any]) -> Iterator[str]:
    """Yield every reason why a document is not valid OpenAPI, one line per reason."""
    return (f"{_name(place)}: {text}" for place, text in _invalid_openapi(document))


def _findings(document: dict[str, Any]) -> Iterator[Finding]:
    malformed = [*_invalid_openapi(document), *_invalid_extension_definitions(document)]
    yield from malformed
    if malformed:  # the other checks rely on a valid form
        return
    yield from unread_parts(document)
    schemas = document["components"]["schemas"]
    for place, schema in _schemas(document):
        unknown = sorted(key for key in schema.keys() - KEYWORDS if not key.startswith("x-"))
        yield from ((place, f"unknown schema keyword {key}") for key in unknown)
        yield from _impossible_values(place, schema, document)
    for place, schema in _whole_schemas(document):
        yield from _undescribed_fields(place, schema, frozenset(), document)
    for place, node in objects(document):
        yield from _lost_keywords(place, node)
        yield from _example_findings(place, node, schemas)
        yield from _mark_findings(place, node)
        for key in ("description", "summary", "title"):
            if isinstance(node.get(key), str) and not node[key].isascii():
                yield (*place, key), "contains characters that are not ASCII"
    yield from _link_findings(document)
    yield from _extension_findings(document)


def _invalid_openapi(document: dict[str, Any]) -> Iterator[Finding]:
    try:
        # What is valid may depend on the dialect.
        kind = OpenAPIV31SpecValidator if "jsonSchemaDialect" in document else _OpenApiValidator
        for error in kind(document).iter_errors():
            yield tuple(error.absolute_path), one_line(error.message, MAX_MESSAGE_LENGTH)
    except RecursionError:
        yield (), "is nested too deeply"
    except Exception as error:  # noqa: BLE001 - the validator does not wrap its parts' errors, such as an unresolvable $ref
        yield (), f"{type(error).__name__}: {one_line(error, MAX_MESSAGE_LENGTH)}"
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        yield from _invalid_schema(("components", "schemas", name), schema, schemas)


def _invalid_extension_definitions(document: dict[str, Any]) -> Iterator[Finding]:
    extensions = document.get("x-extensions")
    if not is_object(extensions) or not all(is_object(use) and "schema" in use for use in extensions.values()):
        yield ("x-extensions",), "must be an object with a schema for every extension"
        return
    for name, use in extensions.items():
        yield from _invalid_schema(("x-extensions", name), use["schema"], {})


def _invalid_schema(place: Place, schema: Any, schemas: dict[str, Any]) -> Iterator[Finding]:
    try:
        _validator(schema, schemas)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        where = (*place, *error.instance_path) if isinstance(error, jsonschema_rs.ValidationError) else place
        message = error.message if isinstance(error, jsonschema_rs.ValidationError) else error
        yield tuple(where), one_line(message, MAX_MESSAGE_LENGTH)


def objects(node: Any, place: Place = ()) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Yield every object in the contract with its place, maps such as `properties` included."""
    if is_object(node):
        yield place, node
        for key, value in node.items():
            if key not in DATA_KEYWORDS or place[-1:] == ("properties",):
                yield from objects(value, (*place, key))
    elif is_array(node):
        for index, item in enumerate(node):
            yield from objects(item, (*place, index))


def _schemas(document: dict[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Yield every schema in the contract with its place, nested schemas included."""
    for place, node in objects(document):
        match place:
            case ("components", "schemas", _) | (*_, "schema" | "items" | "additionalProperties"):
                yield place, node
            case (*_, "not" | "if" | "then" | "else" | "when"):
                yield place, node
            case (*_, "properties", _) | (*_, "anyOf" | "oneOf" | "allOf", int()):
                yield place, node
            case _:
                pass


def _whole_schemas(document: dict[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Yield every schema that decides about a value on its own, not as one part of another schema."""
    for place, schema in _schemas(document):
        match place:
            case (*_, "not" | "if" | "then" | "else" | "when") | (*_, "anyOf" | "oneOf" | "allOf", int()):
                pass
            case _:
                yield place, schema


def _impossible_values(place: Place, schema: dict[str, Any], document: dict[str, Any]) -> Iterator[Finding]:
    try:
        whole = meaning.written_out(schema, document)
    except meaning.UndecidedError:
        return
    if meaning.allows_nothing(whole):
        yield place, "allows no value at all"
    values = schema.get("enum", [])
    for index, value in enumerate(values):
        if index and jsonschema_rs.is_valid({"enum": values[:index]}, value):
            yield (*place, "enum", index), f"{value!r} is listed twice"
        if not _validator(whole, {}).is_valid(value):
            yield (*place, "enum", index), f"{value!r} is listed, but other keywords of the schema refuse it"


def _undescribed_fields(
    place: Place, schema: Any, around: frozenset[str], document: dict[str, Any]
) -> Iterator[Finding]:
    """Yield the required fields of an object that have no schema, unless the object describes no field at all.

    Args:
        place: The place of the schema.
        schema: The schema, or one of the schemas that it consists of.
        around: The fields that the schemas around it describe.
        document: The contract.
    """
    if not is_object(schema):
        return
    described = around | _described_fields(schema, document, ())
    for index, name in enumerate(schema.get("required", ())):
        if described and name not in described:
            yield (*place, "required", index), f"{name} is required, but is not in properties"
    for key in ("allOf", "anyOf", "oneOf"):
        for index, part in enumerate(schema.get(key, ())):
            yield from _undescribed_fields((*place, key, index), part, described, document)
    for key in ("if", "then", "else", "not"):
        if key in schema:
            yield from _undescribed_fields((*place, key), schema[key], described, document)


def _described_fields(schema: Any, document: dict[str, Any], names: tuple[str, ...]) -> frozenset[str]:
    """Return the fields that a schema or any part of it describes. `names` are the references around it."""
    if not is_object(schema):
        return frozenset()
    parts = [part for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key, ())]
    parts += [schema[key] for key in ("if", "then", "else") if key in schema]
    name = str(schema.get("$ref", "")).removeprefix(SCHEMAS)
    if name and name not in names:
        names = (*names, name)
        parts.append(document["components"]["schemas"][name])
    return frozenset(schema.get("properties", ())).union(*(_described_fields(part, document, names) for part in parts))


def _lost_keywords(place: Place, node: dict[str, Any]) -> Iterator[Finding]:
    """Yield the keywords beside a reference that the client generator ignores."""
    if "$ref" not in node or place[-1:] == ("properties",):
        return
    # The client reads responses leniently, and does not need to know that a response has fewer values.
    is_response = "responses" in place and place[-3:-2] == ("content",) and place[-1] == "schema"
    for key in node.keys() - {"$ref"}:
        if not key.startswith("x-") and (not is_response or key in ANNOTATIONS | {"default"}):
            yield (
                (*place, key),
                f"{key} beside a $ref does not reach the client; write `anyOf` with the $ref beside it",
            )


def _example_findings(place: Place, node: dict[str, Any], schemas: dict[str, Any]) -> Iterator[Finding]:
    if place[-1:] in (("properties",), ("x-inferred",)):  # here a key such as `default` is a name
        return
    if "schema" in node and "example" in node:  # a media type or a parameter
        yield from _invalid_value((*place, "example"), node["example"], node["schema"], schemas)
    if is_array(node.get("examples")):  # a schema
        for index, example in enumerate(node["examples"]):
            yield from _invalid_value((*place, "examples", index), example, node, schemas)
    if "default" in node and place[-1] != "responses":
        yield from _invalid_value((*place, "default"), node["default"], node, schemas)


def _invalid_value(place: Place, value: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> Iterator[Finding]:
    yield from _invalid_by(place, value, _validator(schema, schemas))


def _invalid_by(place: Place, value: Any, validator: jsonschema_rs.Draft202012Validator) -> Iterator[Finding]:
    for error in validator.iter_errors(value):
        yield (*place, *error.instance_path), error.message


def _extension_findings(document: dict[str, Any]) -> Iterator[Finding]:
    schemas = document["components"]["schemas"]
    models = {
        name: schema for name, schema in schemas.items() if "const" in schema.get("properties", {}).get("model", {})
    }
    for name, schema in models.items():
        yield from _source_findings(name, schema)
    defined = {key: _validator(use["schema"], {}) for key, use in document["x-extensions"].items()}
    malformed = [finding for place, node in objects(document) for finding in _malformed(place, node, defined, schemas)]
    yield from malformed
    if not malformed:  # the other checks rely on a valid form
        for place, node in objects(document):
            yield from field_findings(place, node, models)
        by_id = {schema["properties"]["model"]["const"]: schema for schema in models.values()}
        for name, schema in models.items():
            yield from model_findings(name, schema, schemas)
            for field, text in reference_findings(schema, by_id):
                yield ("components", "schemas", name, "properties", field, "x-task-reference"), text
            for key, text in shape_findings(schema, schemas):
                yield ("components", "schemas", name, "x-response", key), text


def _malformed(
    place: Place,
    node: dict[str, Any],
    defined: dict[str, jsonschema_rs.Draft202012Validator],
    schemas: dict[str, Any],
) -> Iterator[Finding]:
    """Yield the extensions of an object that are not as defined, by the validators of the defined ones."""
    if place[-1:] == ("when",):
        yield from _invalid_schema(place, node, schemas)
    for key, value in node.items():
        if key.startswith("x-") and key != "x-extensions" and place[-1:] != ("properties",):
            if key in defined:
                yield from _invalid_by((*place, key), value, defined[key])
            else:
                yield (*place, key), "is not defined in x-extensions"


def _mark_findings(place: Place, node: dict[str, Any]) -> Iterator[Finding]:
    for mark in ("x-inferred", "x-contested"):
        if is_object(node.get(mark)):
            for key in node[mark].keys() - node.keys():
                yield (*place, mark, key), f"{key} is not next to the mark"
    if is_object(node.get("x-failures")):
        for code in sorted(node["x-failures"].keys() ^ {str(code) for code in node.get("enum", ())}):
            yield (*place, "x-failures", code), "must be both in enum and in x-failures"


def _link_findings(document: dict[str, Any]) -> Iterator[Finding]:
    operations = {
        node["operationId"] for place, node in objects(document["paths"]) if "operationId" in node and len(place) == 2
    }
    for place, node in objects(document["paths"], ("paths",)):
        if "links" in place[-2:-1] and node.get("operationId") not in operations:
            yield place, "names an operation that does not exist"


def _source_findings(name: str, schema: dict[str, Any]) -> Iterator[Finding]:
    place = ("components", "schemas", name)
    for key in ("examples", "externalDocs", "x-tasks", "x-edition", "x-billing"):
        if key not in schema:
            yield place, f"a model needs {key}"


def forgotten_models(root: Path, document: dict[str, Any]) -> Iterator[str]:
    """Yield a finding for every file in the folder `models` next to `root` that no request body references."""
    known = {model for _, node in objects(document["paths"]) for model in node.get("mapping", {})}
    for path in sorted((root.parent / MODELS).rglob("*.yaml")):
        if path.parent.name == MODELS:
            yield f"{path}:1: a model belongs to a family; move the file into the folder of its family"
        if path.stem not in known:
            yield f"{path}:1: no request body references this model; add it to the oneOf in {root.name}"


def _validator(schema: Any, schemas: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    with_components = {**schema, "components": {"schemas": _used(schema, schemas)}} if is_object(schema) else schema
    return jsonschema_rs.Draft202012Validator(with_components, validate_formats=True)


def _used(schema: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas that a schema needs, so that the time for each does not grow with the number of models."""
    used: dict[str, Any] = {}
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if is_array(node):
            waiting += node
        elif is_object(node):
            waiting += node.values()
            name = str(node.get("$ref", "")).removeprefix(SCHEMAS).partition("/")[0]
            if name in schemas and name not in used:
                used[name] = schemas[name]
                waiting.append(schemas[name])
    return used


def _name(place: Any) -> str:
    return ".".join(str(part) for part in place) or "the document"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every finding to standard error. Return 1 if there are any, else 0."""
    arguments = sys.argv[1:] if arguments is None else arguments
    root = Path(os.path.expanduser(arguments[0])) if arguments else ROOT  # noqa: PTH111 - see apply.py
    try:
        document, sources = bundle_with_sources(root)
        messages = [*findings(document, sources), *forgotten_models(root, document)]
    except BundleError as error:
        messages = [str(error)]
    for message in messages:
        print(f"openapi/lint.py: {message}", file=sys.stderr)
    return 1 if messages else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("lint.py: interrupted", file=sys.stderr)
        sys.exit(130)
