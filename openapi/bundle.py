"""Bundles the files of the contract into one OpenAPI document.

    python openapi/bundle.py [ROOT] > openapi.json

Every schema that another file references becomes a component: `file.yaml#/Name` becomes `Name`, and a whole file is
named after its file name in PascalCase. The mapping of a discriminator is derived from the `const` tags of its
variants. A new model therefore needs only its own file and one reference.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeGuard
from urllib.parse import unquote

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

ROOT = Path(__file__).with_name("evolink.yaml")
SCHEMAS = "#/components/schemas/"
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}

# ruamel.yaml does not wrap the errors of the constructors that it calls.
_YAML_ERRORS = (YAMLError, ValueError, TypeError, LookupError, ArithmeticError, AssertionError)


class BundleError(Exception):
    """The contract's files do not form one document. The message names the file and the reference."""


def is_object(node: Any) -> TypeGuard[dict[str, Any]]:
    """Return whether a JSON value is an object."""
    return isinstance(node, dict)


def is_array(node: Any) -> TypeGuard[list[Any]]:
    """Return whether a JSON value is an array."""
    return isinstance(node, list)


def bundle(root: Path = ROOT) -> dict[str, Any]:
    """Resolve every reference to another file, starting from `root`, and return the resulting document.

    Raises:
        BundleError: A file is missing or is not YAML that consists of JSON values; a reference does not lead to a
            schema; two schemas have the same name; or a variant of a discriminated `oneOf` is not a reference or lacks
            its tag.
    """
    return _Bundler(root.resolve()).document()


def in_one_form(document: dict[str, Any]) -> dict[str, Any]:
    """Return a contract in which operations hold what OpenAPI also lets them refer to or inherit. Nothing is modified.

    Every program then reads one form: parameters and servers of a path belong to each of its operations, and no path,
    parameter, request body or callback is a reference. References to responses and schemas remain.

    Raises:
        BundleError: A reference leads to nothing.
    """
    paths = document.get("paths")
    if not is_object(paths):
        return document
    return {**document, "paths": {path: _path_in_one_form(item, document) for path, item in paths.items()}}


def _path_in_one_form(item: Any, document: dict[str, Any]) -> Any:
    item = _target(item, document)
    if not is_object(item):
        return item
    shared = {key: value for key, value in item.items() if key in {"parameters", "servers"}}
    return {
        key: _operation_in_one_form(value, shared, document) if key in METHODS and is_object(value) else value
        for key, value in item.items()
        if key not in shared or not METHODS & item.keys()
    }


def _operation_in_one_form(operation: dict[str, Any], shared: dict[str, Any], document: dict[str, Any]) -> Any:
    made = {**shared, **operation}
    own = [_target(one, document) for one in operation.get("parameters") or ()]
    # A parameter of the operation replaces that of its path with the same name.
    names = [_parameter_key(one) for one in own]
    inherited = [_target(one, document) for one in shared.get("parameters") or ()]
    if "parameters" in made:
        made["parameters"] = [*(one for one in inherited if _parameter_key(one) not in names), *own]
    if "requestBody" in made:
        made["requestBody"] = _target(made["requestBody"], document)
    if is_object(made.get("callbacks")):
        made["callbacks"] = {
            name: {address: _path_in_one_form(item, document) for address, item in callback.items()}
            if is_object(callback)
            else callback
            for name, one in made["callbacks"].items()
            for callback in [_target(one, document)]
        }
    return made


def _parameter_key(parameter: Any) -> tuple[Any, Any]:
    return (parameter.get("name"), parameter.get("in")) if is_object(parameter) else (None, None)


def _target(node: Any, document: dict[str, Any]) -> Any:
    """Return the target of a reference within the document, which may be a reference itself, or the node."""
    known: list[str] = []
    while is_object(node) and isinstance(node.get("$ref"), str):
        reference = node["$ref"]
        if reference in known:
            raise BundleError(f"{reference} refers to itself")
        known.append(reference)
        node = document
        for token in reference.removeprefix("#").split("/")[1:]:
            name = unquote(token).replace("~1", "/").replace("~0", "~")
            if not is_object(node) or name not in node:
                raise BundleError(f"{reference} cannot be resolved: the contract has no {name} there")
            node = node[name]
    return node


def unread_forms(document: dict[str, Any]) -> Iterator[str]:
    """Yield every part of a contract in a form that OpenAPI allows and this project does not read, with the way out."""
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            place = f"paths.{path}.{method}"
            yield from _unread_requests(item[method], place, document)
            if not is_object(item[method].get("responses")):
                yield f"{place}: needs responses"
                continue
            for status, one in item[method]["responses"].items():
                content = _target(one, document).get("content", {})
                if not status.isdecimal():
                    yield f"{place}.responses.{status}: list each status by its number"
                elif content and "schema" not in content.get("application/json", {}):
                    yield f"{place}.responses.{status}: describe the body by a schema for application/json"


def _unread_requests(operation: dict[str, Any], place: str, document: dict[str, Any]) -> Iterator[str]:
    for index, one in enumerate(operation.get("parameters", ())):
        if "schema" not in one:
            yield f"{place}.parameters.{index}: describe the parameter by a schema"
    for name, media in operation.get("requestBody", {}).get("content", {}).items():
        schema = _target(media.get("schema"), document)
        if not is_object(schema):
            yield f"{place}.requestBody.content.{name}: describe the body by a schema"
        elif "oneOf" in schema and "discriminator" not in schema:
            yield f"{place}.requestBody.content.{name}: give the oneOf a discriminator"


def load(path: Path, referrer: str = "") -> Any:
    """Read a YAML 1.2 file as a JSON value.

    Args:
        path: The file.
        referrer: Text for the error message that says which file references this one.

    Raises:
        BundleError: The file cannot be read, or contains something that is not a JSON value.
    """
    try:
        return json.loads(_as_json(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BundleError(f"{path}: cannot be read{referrer}: {error.strerror}") from None
    except RecursionError:
        raise BundleError(f"{path}: is nested too deeply or refers to itself") from None
    except _YAML_ERRORS as error:
        raise BundleError(f"{path}: is not valid YAML: {one_line(error)}") from None


def one_line(message: object, limit: int | None = None) -> str:
    """Replace all white space in a message by single spaces, and cut it off after `limit` characters."""
    return " ".join(str(message).split())[:limit]


def write_atomically(path: Path, text: str, *, private: bool = False) -> None:
    """Write a text file that appears only when it is complete. Its folder is created if necessary.

    Lone surrogates, which a server may have sent, are written as escapes.

    Args:
        path: The file.
        text: Its content.
        private: True if nobody but the user may read the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)  # its mode would stay
    opener = _open_privately if private else None
    with open(part, "w", encoding="utf-8", errors="backslashreplace", opener=opener) as file:
        file.write(text)
    part.replace(path)


def _open_privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@lru_cache(maxsize=64)
def _as_json(text: str) -> str:
    """Convert YAML to JSON. Parsing cached JSON is a hundred times faster than parsing the YAML again."""
    yaml: Any = YAML(typ="safe", pure=True)
    return json.dumps(_json_value(yaml.load(text)))


class _Bundler:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[Path, Any] = {}
        self._sources: dict[str, tuple[Path, str]] = {}
        self._schemas: dict[str, dict[str, Any]] = {}

    def document(self) -> dict[str, Any]:
        document = self._resolve(self._load(self._root, None), self._root)
        if not is_object(document):
            raise BundleError(f"{self._root}: the contract must be an object")
        components = document.setdefault("components", {})
        schemas = components.setdefault("schemas", {}) if is_object(components) else None
        if not is_object(schemas):
            raise BundleError(f"{self._root}: components and components.schemas must be objects")
        for name in schemas.keys() & self._schemas.keys():
            raise BundleError(f"{self._root}: the schema {name} is also defined in {self._sources[name][0]}")
        schemas.update(self._schemas)
        self._derive_mappings(document)
        return in_one_form(document)

    def _load(self, path: Path, referrer: Path | None) -> Any:
        if path not in self._files:
            self._files[path] = load(path, f" (referenced by {referrer})" if referrer else "")
        return self._files[path]

    def _resolve(self, node: Any, file: Path) -> Any:
        if is_array(node):
            return [self._resolve(item, file) for item in node]
        if not is_object(node):
            return node
        resolved = {key: self._resolve(value, file) for key, value in node.items()}
        if "$ref" in resolved:
            reference = resolved["$ref"]
            if not isinstance(reference, str):
                raise BundleError(f"{file}: the reference {reference!r} is not a string")
            if not (file == self._root and reference.startswith("#")):
                resolved["$ref"] = f"{SCHEMAS}{self._add_component(reference, file)}"
        return resolved

    def _add_component(self, reference: str, file: Path) -> str:
        """Make the referenced schema a component, and return its name."""
        location, _, fragment = reference.partition("#")
        if fragment and not fragment.startswith("/"):
            raise BundleError(f"{file}: {reference} needs a slash after its #")
        source = ((file.parent / location).resolve() if location else file, fragment)
        name = fragment.rpartition("/")[2] if fragment else _pascal_case(source[0].stem)
        known = self._sources.setdefault(name, source)
        if known != source:
            raise BundleError(f"{file}: {reference} and {known[0]}#{known[1]} would both be named {name}")
        if name not in self._schemas:
            self._schemas[name] = {}  # a placeholder, because a schema may refer to itself
            self._schemas[name] = self._resolve(self._find(source, reference, file), source[0])
        return name

    def _find(self, source: tuple[Path, str], reference: str, referrer: Path) -> dict[str, Any]:
        path, fragment = source
        node = self._load(path, referrer)
        for token in fragment.split("/")[1:]:
            if not is_object(node) or token not in node:
                raise BundleError(f"{referrer}: {reference} cannot be resolved: {path} has no {token}")
            node = node[token]
        if not is_object(node):
            raise BundleError(f"{referrer}: {reference} is not a schema: it leads to a value that is not an object")
        return node

    def _derive_mappings(self, node: Any) -> None:
        if is_array(node):
            for item in node:
                self._derive_mappings(item)
        elif is_object(node):
            discriminator = node.get("discriminator")
            if is_object(discriminator) and is_array(node.get("oneOf")):
                discriminator["mapping"] = self._mapping(str(discriminator.get("propertyName")), node["oneOf"])
            for value in node.values():
                self._derive_mappings(value)

    def _mapping(self, tag: str, variants: list[Any]) -> dict[str, str]:
        mapping: dict[str, str] = {}
        for variant in variants:
            reference = str(variant.get("$ref")) if is_object(variant) else ""
            path, fragment = self._sources.get(reference.removeprefix(SCHEMAS), (self._root, "/"))
            if fragment:
                raise BundleError(f"{self._root}: every variant of a oneOf with a discriminator must reference a file")
            if path.stem in mapping:
                raise BundleError(f"{self._root}: {path.stem} is referenced twice in one oneOf")
            schema = self._schemas[reference.removeprefix(SCHEMAS)]
            properties, required = schema.get("properties"), schema.get("required")
            tagged = properties.get(tag) if is_object(properties) else None
            const = tagged.get("const") if is_object(tagged) else None
            default = tagged.get("default") if is_object(tagged) else None
            if not (const == default == path.stem and is_array(required) and tag in required):
                raise BundleError(
                    f"{path}: needs a required property {tag} whose const and default are the file name, {path.stem}"
                )
            mapping[path.stem] = reference
        return mapping


def _json_value(node: Any) -> Any:
    """Check that `node` consists of JSON values, and return it."""
    if is_array(node):
        return [_json_value(item) for item in node]
    if is_object(node):
        return {_key(key): _json_value(value) for key, value in node.items()}
    if isinstance(node, str):
        node.encode()  # raises for a lone surrogate
    elif isinstance(node, float) and not math.isfinite(node):
        raise ValueError(f"{node} is not a JSON value")
    elif node is not None and not isinstance(node, (bool, int, float)):
        raise ValueError(f"{node} is read as a {type(node).__name__}; quote it")
    return node


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise ValueError(f"the key {key} is not a string; quote it")  # noqa: TRY004 - every bad value raises the same error
    return key


def _pascal_case(stem: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[-_]", stem.replace(".", "")))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the bundled contract to standard output. Return 1 if the files do not form one document, else 0."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        root = Path(os.path.expanduser(arguments[0])) if arguments else ROOT  # noqa: PTH111 - see apply.py
        document = bundle(root)
    except BundleError as error:
        print(f"bundle.py: {error}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("bundle.py: interrupted", file=sys.stderr)
        sys.exit(130)
