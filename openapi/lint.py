"""Checks the contract beyond its form: every finding is one line, and all are shown together.

    python openapi/lint.py [ROOT]

The bundle must be valid OpenAPI 3.1; every example and default must be valid against its own schema; every `x-`
extension must be defined in `x-extensions` and used as defined; marks must name what stands beside them; every
description must be written in plain ASCII, as English is; every model must show an example and its source.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
from openapi_spec_validator import OpenAPIV31SpecValidator

from bundle import ROOT, BundleError, bundle, is_array, is_object

DATA_KEYWORDS = {"example", "examples", "default", "const", "enum", "mapping", "x-extensions"}
"""What stands under these keys is data, not a part of the contract."""


def findings(document: dict[str, Any]) -> Iterator[str]:
    """Yield everything that is wrong with a bundled contract, one line each."""
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        yield f"{_place(error.absolute_path)}: {error.message}"
    schemas = document["components"]["schemas"]
    extensions = {name: _validator(use["schema"], {}) for name, use in document["x-extensions"].items()}
    for path, node in _nodes(document, ()):
        yield from _example_findings(path, node, schemas)
        yield from _extension_findings(path, node, extensions)
        yield from _mark_findings(path, node)
        for key in ("description", "summary", "title"):
            if not str(node.get(key, "")).isascii():
                yield f"{_place((*path, key))}: is not written in plain ASCII"
    for name, schema in schemas.items():
        if "const" in schema.get("properties", {}).get("model", {}):
            for key in ("examples", "externalDocs", "x-edition", "x-billing"):
                if key not in schema:
                    yield f"components.schemas.{name}: a model needs {key}"


def _nodes(node: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """Yield every object of the contract and its place; `properties` and the like are objects too."""
    if is_object(node):
        yield path, node
        for key, value in node.items():
            if key not in DATA_KEYWORDS:
                yield from _nodes(value, (*path, key))
    elif is_array(node):
        for index, item in enumerate(node):
            yield from _nodes(item, (*path, index))


def _example_findings(path: tuple[str | int, ...], node: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    if path and path[-1] == "properties":  # a property may be called `default`
        return
    if "schema" in node and "example" in node:  # a media type or a parameter
        yield from _invalid((*path, "example"), node["example"], node["schema"], schemas)
    if isinstance(node.get("examples"), list):  # a schema
        for index, example in enumerate(node["examples"]):
            yield from _invalid((*path, "examples", index), example, node, schemas)
    if "default" in node and path[-1] != "responses":
        yield from _invalid((*path, "default"), node["default"], node, schemas)


def _invalid(path: tuple[str | int, ...], value: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    for error in _validator(schema, schemas).iter_errors(value):
        yield f"{_place((*path, *error.instance_path))}: {error.message}"


def _extension_findings(
    path: tuple[str | int, ...], node: dict[str, Any], extensions: dict[str, jsonschema_rs.Draft202012Validator]
) -> Iterator[str]:
    for key, value in node.items():
        if key.startswith("x-") and key != "x-extensions":
            if key not in extensions:
                yield f"{_place((*path, key))}: is not defined in x-extensions"
            else:
                for error in extensions[key].iter_errors(value):
                    yield f"{_place((*path, key, *error.instance_path))}: {error.message}"


def _mark_findings(path: tuple[str | int, ...], node: dict[str, Any]) -> Iterator[str]:
    for mark in ("x-inferred", "x-contested"):
        if isinstance(node.get(mark), dict):
            for key in node[mark].keys() - node.keys():
                yield f"{_place((*path, mark, key))}: there is no {key} beside the mark"


def _validator(schema: dict[str, Any], schemas: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({**schema, "components": {"schemas": schemas}}, validate_formats=True)


def _place(path: Any) -> str:
    return ".".join(str(part) for part in path)


def main() -> int:
    """Print every finding; 1 if there are any."""
    try:
        found = list(findings(bundle(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT)))
    except BundleError as error:
        found = [str(error)]
    for finding in found:
        print(f"openapi/lint.py: {finding}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
