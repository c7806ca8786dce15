"""Bundles the files of the contract into one OpenAPI document.

    python openapi/bundle.py [ROOT] > openapi.json

Every schema that another file references becomes a component: `file.yaml#/Name` becomes `Name`, and a whole file is
named after its file name in PascalCase. In the file of a model, a reference with keys beside it is replaced by the
schema it leads to, into which these keys are merged, so that models can share what their pages repeat. The mapping of a
discriminator is derived from the `const` tags of its variants, and the family of a model from its folder below
`models/`. Conditions on responses are derived from the `x-response` of models. A rule that limits one field gets a
condition, because other generators of code would take it for a second definition of the field. A new model therefore
needs only its own file and one reference.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard
from urllib.parse import unquote

from evolink_sandbox import yaml_1_2
from response_shapes import add_conditions

ROOT = Path(__file__).with_name("evolink.yaml")
SCHEMAS = "#/components/schemas/"
MODELS = "models"
"""The folder of the models, which has a folder for each family."""
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}

Place = tuple[str | int, ...]
"""The names of fields and the indexes of items that lead to a value."""


class BundleError(Exception):
    """The contract's files do not form one document. The message names the file, the line and the reference."""


class _ReferenceError(BundleError):
    """A reference within the document leads to nothing."""

    def __init__(self, reference: str, problem: str) -> None:
        super().__init__(f"{reference} {problem}")
        self.reference = reference


def is_object(node: Any) -> TypeGuard[dict[str, Any]]:
    """Return whether a JSON value is an object."""
    return isinstance(node, dict)


def is_array(node: Any) -> TypeGuard[list[Any]]:
    """Return whether a JSON value is an array."""
    return isinstance(node, list)


class Sources:
    """The file and line of each part of a bundled document.

    Args:
        root: The root file.
        lines: The line of each place in each file.
        schemas: The file and the place in it of each schema that was made a component.
    """

    def __init__(self, root: Path, lines: dict[Path, dict[Place, int]], schemas: dict[str, tuple[Path, Place]]) -> None:
        self._root = root
        self._lines = lines
        self._schemas = schemas

    def locate(self, place: Place) -> str:
        """Return the file and the line of a place in the bundled document, as in `openapi/evolink.yaml:12`."""
        path, inside = self._root, place
        if place[:2] == ("components", "schemas") and place[2:3] and str(place[2]) in self._schemas:
            path, start = self._schemas[str(place[2])]
            inside = start + place[3:]
        lines = self._lines[path]
        while inside and inside not in lines:  # the bundler or the check added the last part
            inside = inside[:-1]
        return f"{path}:{lines.get(inside, 1)}"


def bundle(root: Path = ROOT, models: Collection[str] | None = None) -> dict[str, Any]:
    """Resolve every reference to another file, starting from `root`, and return the resulting document.

    Args:
        root: The root file.
        models: The models to whose tasks responses refer; None for all.

    Raises:
        BundleError: A file is missing or is not YAML that consists of JSON values; a reference does not lead to a
            schema; two schemas have the same name; or a variant of a discriminated `oneOf` is not a reference or lacks
            its tag.
    """
    return _Bundler(root.resolve(), models).document()


def bundle_with_sources(root: Path = ROOT) -> tuple[dict[str, Any], Sources]:
    """Do the same as `bundle`, and also return where each part of the document was written."""
    bundler = _Bundler(root.resolve())
    return bundler.document(), bundler.sources()


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
            raise _ReferenceError(reference, "refers to itself")
        known.append(reference)
        node = document
        for token in reference.removeprefix("#").split("/")[1:]:
            name = unquote(token).replace("~1", "/").replace("~0", "~")
            if not is_object(node) or name not in node:
                raise _ReferenceError(reference, f"cannot be resolved: the contract has no {name} there")
            node = node[name]
    return node


def unread_forms(document: dict[str, Any]) -> Iterator[str]:
    """Yield every part of a contract in a form that OpenAPI allows and this project does not read, with the way out."""
    return (f"{'.'.join(map(str, place))}: {text}" for place, text in unread_parts(document))


def unread_parts(document: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    """Do the same as `unread_forms`, and yield the place and the text separately."""
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            place = ("paths", path, method)
            yield from _unread_requests(item[method], place, document)
            if not is_object(item[method].get("responses")):
                yield place, "needs responses"
                continue
            for status, one in item[method]["responses"].items():
                content = _target(one, document).get("content", {})
                if not status.isdecimal():
                    yield (*place, "responses", status), "list each status by its number"
                elif content and "schema" not in content.get("application/json", {}):
                    yield (*place, "responses", status), "describe the body by a schema for application/json"


def _unread_requests(operation: dict[str, Any], place: Place, document: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    for index, one in enumerate(operation.get("parameters", ())):
        if "schema" not in one:
            yield (*place, "parameters", index), "describe the parameter by a schema"
    for name, media in operation.get("requestBody", {}).get("content", {}).items():
        schema = _target(media.get("schema"), document)
        if not is_object(schema):
            yield (*place, "requestBody", "content", name), "describe the body by a schema"
        elif "oneOf" in schema and "discriminator" not in schema:
            yield (*place, "requestBody", "content", name), "give the oneOf a discriminator"


def load(path: Path, referrer: str = "") -> Any:
    """Read a YAML 1.2 file as a JSON value.

    Args:
        path: The file.
        referrer: Text for the error message that says which file references this one.

    Raises:
        BundleError: The file cannot be read, or contains something that is not a JSON value.
    """
    return load_with_lines(path, referrer).value


def load_with_lines(path: Path, referrer: str = "") -> yaml_1_2.Loaded:
    """Do the same as `load`, and also return the line of each value."""
    try:
        text, lines = _parsed(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BundleError(f"{path}: cannot be read{referrer}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BundleError(f"{path}: is not UTF-8 text") from None
    except yaml_1_2.YamlError as error:
        raise BundleError(f"{path}:{error.line}: is not valid YAML: {error.problem}") from None
    return yaml_1_2.Loaded(json.loads(text), lines)


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


@lru_cache(maxsize=1024)
def _parsed(text: str) -> tuple[str, dict[Place, int]]:
    """Convert YAML to JSON, of which every caller parses its own copy, and return the line of each value."""
    value, lines = yaml_1_2.load(text, only_text_keys=True)
    return json.dumps(value), lines


@lru_cache(maxsize=4096)
def _resolved(folder: Path, location: str) -> Path:
    return (folder / location).resolve()


class _Source(NamedTuple):
    """A schema in a file, as a reference names it."""

    path: Path
    fragment: str

    @property
    def place(self) -> Place:
        return tuple(self.fragment.split("/")[1:])


class _Bundler:
    def __init__(self, root: Path, models: Collection[str] | None = None) -> None:
        self._root = root
        self._answering = models
        self._models = root.parent / MODELS
        self._files: dict[Path, yaml_1_2.Loaded] = {}
        self._sources: dict[str, _Source] = {}
        self._schemas: dict[str, dict[str, Any]] = {}
        self._inlining: list[_Source] = []

    def sources(self) -> Sources:
        lines = {path: loaded.lines for path, loaded in self._files.items()}
        return Sources(self._root, lines, {name: (source.path, source.place) for name, source in self._sources.items()})

    def document(self) -> dict[str, Any]:
        document = self._resolve(self._load(self._root, ""), self._root, ())
        if not is_object(document):
            raise BundleError(f"{self._root}: the contract must be an object")
        components = document.setdefault("components", {})
        schemas = components.setdefault("schemas", {}) if is_object(components) else None
        if not is_object(schemas):
            raise BundleError(f"{self._root}: components and components.schemas must be objects")
        for name in schemas.keys() & self._schemas.keys():
            other = self._at(self._sources[name].path, self._sources[name].place)
            raise BundleError(
                f"{self._at(self._root, ('components', 'schemas', name))}: the schema {name} is also defined in {other}"
            )
        for schema in self._schemas.values():
            for rule in _rules(schema):
                _make_conditional(rule)
        schemas.update(self._schemas)
        self._derive_mappings(document, ())
        add_conditions(schemas, self._answering)
        try:
            return in_one_form(document)
        except _ReferenceError as error:
            place = next(_places_of(error.reference, document, ()), ())
            raise BundleError(f"{self.sources().locate(place)}: {error}") from None

    def _load(self, path: Path, referrer: str) -> Any:
        if path not in self._files:
            self._files[path] = load_with_lines(path, f" (referenced by {referrer})" if referrer else "")
        return self._files[path].value

    def _at(self, path: Path, place: Place) -> str:
        """Return the file and the line of a place in a file."""
        return Sources(path, {path: self._files[path].lines}, {}).locate(place)

    def _resolve(self, node: Any, file: Path, place: Place) -> Any:
        if is_array(node):
            return [self._resolve(item, file, (*place, index)) for index, item in enumerate(node)]
        if not is_object(node):
            return node
        resolved = {key: self._resolve(value, file, (*place, key)) for key, value in node.items()}
        if "$ref" in resolved:
            reference = resolved["$ref"]
            where = self._at(file, (*place, "$ref"))
            if not isinstance(reference, str):
                raise BundleError(f"{where}: the reference {reference!r} is not a string")
            if file == self._root and reference.startswith("#"):
                return resolved
            source = self._source(reference, file, where)
            if len(resolved) > 1 and (self._inlining or file.is_relative_to(self._models)):
                del resolved["$ref"]
                return _merged(self._inlined(source, reference, where), resolved)
            resolved["$ref"] = f"{SCHEMAS}{self._add_component(source, reference, where)}"
        return resolved

    def _source(self, reference: str, file: Path, where: str) -> _Source:
        """Return what a reference in a file names. `where` is the file and line of the reference."""
        location, _, fragment = reference.partition("#")
        if fragment and not fragment.startswith("/"):
            raise BundleError(f"{where}: {reference} needs a slash after its #")
        return _Source(_resolved(file.parent, location) if location else file, fragment)

    def _inlined(self, source: _Source, reference: str, where: str) -> dict[str, Any]:
        """Return a copy of a referenced schema, for a reference with keys beside it."""
        if source in self._inlining:
            raise BundleError(f"{where}: {reference} refers to itself; remove the keys beside the reference")
        self._inlining.append(source)
        schema: dict[str, Any] = self._resolve(self._find(source, reference, where), source.path, source.place)
        self._inlining.pop()
        return schema

    def _add_component(self, source: _Source, reference: str, where: str) -> str:
        """Make a referenced schema a component, and return its name. `where` is the file and line of the reference."""
        fragment = source.fragment
        name = fragment.rpartition("/")[2] if fragment else _pascal_case(source.path.stem)
        known = self._sources.setdefault(name, source)
        if known != source:
            raise BundleError(f"{where}: {reference} and {known.path}#{known.fragment} would both be named {name}")
        if name not in self._schemas:
            self._schemas[name] = {}  # a placeholder, because a schema may refer to itself
            self._schemas[name] = self._resolve(self._find(source, reference, where), source.path, source.place)
        return name

    def _find(self, source: _Source, reference: str, where: str) -> dict[str, Any]:
        node = self._load(source.path, where)
        for token in source.place:
            if not is_object(node) or token not in node:
                raise BundleError(f"{where}: {reference} cannot be resolved: {source.path} has no {token}")
            node = node[token]
        if not is_object(node):
            raise BundleError(f"{where}: {reference} is not a schema: it leads to a value that is not an object")
        return node

    def _derive_mappings(self, node: Any, place: Place) -> None:
        if is_array(node):
            for index, item in enumerate(node):
                self._derive_mappings(item, (*place, index))
        elif is_object(node):
            discriminator = node.get("discriminator")
            if is_object(discriminator) and is_array(node.get("oneOf")):
                tag = str(discriminator.get("propertyName"))
                discriminator["mapping"] = self._mapping(tag, node["oneOf"], (*place, "oneOf"))
            for key, value in node.items():
                self._derive_mappings(value, (*place, key))

    def _mapping(self, tag: str, variants: list[Any], place: Place) -> dict[str, str]:
        mapping: dict[str, str] = {}
        for index, variant in enumerate(variants):
            where = self.sources().locate((*place, index))
            reference = str(variant.get("$ref")) if is_object(variant) else ""
            path, fragment = self._sources.get(reference.removeprefix(SCHEMAS), _Source(self._root, "/"))
            if fragment:
                raise BundleError(f"{where}: every variant of a oneOf with a discriminator must reference a file")
            if path.stem in mapping:
                raise BundleError(f"{where}: {path.stem} is referenced twice in one oneOf")
            schema = self._schemas[reference.removeprefix(SCHEMAS)]
            properties, required = schema.get("properties"), schema.get("required")
            tagged = properties.get(tag) if is_object(properties) else None
            const = tagged.get("const") if is_object(tagged) else None
            default = tagged.get("default") if is_object(tagged) else None
            if not (const == default == path.stem and is_array(required) and tag in required):
                raise BundleError(
                    f"{self._at(path, ('properties', tag))}: needs a required property {tag} whose const and default "
                    f"are the file name, {path.stem}"
                )
            mapping[path.stem] = reference
            if path.parent.parent == self._models:
                schema["x-family"] = path.parent.name
        return mapping


def _merged(schema: dict[str, Any], keys: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with other keys merged into it. An object is merged into an object; other values replace."""
    merged = dict(schema)
    for key, value in keys.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if is_object(old) and is_object(value) else value
    return merged


def _rules(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each rule on several fields of a schema."""
    rules = schema.get("allOf")
    yield from (rule for rule in rules if is_object(rule) and "x-fields" in rule) if is_array(rules) else ()


def _make_conditional(rule: dict[str, Any]) -> None:
    """Let a rule, or a part of it, that limits one field do so only where the field is given, which is the same.

    Generators of code read `properties` in an `allOf` as another definition of the field, and then lose its type.
    """
    properties = rule.get("properties")
    if is_object(properties) and len(properties) == 1 and not rule.keys() & {"required", "if", "then", "else"}:
        rule |= {"if": {"required": list(properties)}, "then": {"properties": rule.pop("properties")}}
    parts = rule.get("allOf")
    for part in parts if is_array(parts) else ():
        if is_object(part):
            _make_conditional(part)


def _places_of(reference: str, node: Any, place: Place) -> Iterator[Place]:
    """Yield every place of a reference in a document."""
    if is_object(node):
        if node.get("$ref") == reference:
            yield (*place, "$ref")
        for key, value in node.items():
            yield from _places_of(reference, value, (*place, key))
    elif is_array(node):
        for index, item in enumerate(node):
            yield from _places_of(reference, item, (*place, index))


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
