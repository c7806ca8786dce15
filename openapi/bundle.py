"""Resolves the contract's files into one OpenAPI document.

    python openapi/bundle.py [ROOT] > openapi.json

Every schema that another file refers to becomes a component of its own: `file.yaml#/Name` is called `Name`, and a
whole file is called by its name in PascalCase. The mapping of a discriminator is derived from the `const` tags of
its variants, so that a new model needs nothing but its file and one reference.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import date
from pathlib import Path
from typing import Any, TypeGuard

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

ROOT = Path(__file__).with_name("evolink.yaml")


class BundleError(Exception):
    """The contract's files do not form one document; the text names the file and the reference."""


def is_object(node: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON value is an object."""
    return isinstance(node, dict)


def is_array(node: Any) -> TypeGuard[list[Any]]:
    """Whether a JSON value is an array."""
    return isinstance(node, list)


def bundle(root: Path = ROOT) -> dict[str, Any]:
    """Return the document rooted at `root` with every reference to another file resolved.

    Raises:
        BundleError: a file is missing or no YAML, a reference leads nowhere, two schemas claim one name, or a
            variant of a discriminated `oneOf` lacks its tag.
    """
    return _Bundler(root.resolve()).document()


class _Bundler:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[Path, Any] = {}
        self._sources: dict[str, tuple[Path, str]] = {}
        self._schemas: dict[str, Any] = {}

    def document(self) -> dict[str, Any]:
        document = self._resolve(self._load(self._root, None), self._root)
        if not is_object(document):
            raise BundleError(f"{self._root}: the root of the contract is no object")
        schemas: dict[str, Any] = document.setdefault("components", {}).setdefault("schemas", {})
        for name in schemas.keys() & self._schemas.keys():
            raise BundleError(f"{self._root}: the schema {name} is also defined in {self._sources[name][0]}")
        schemas.update(self._schemas)
        self._derive_mappings(document, schemas)
        return document

    def _load(self, path: Path, referrer: Path | None) -> Any:
        if path not in self._files:
            yaml: Any = YAML(typ="safe", pure=True)
            try:
                self._files[path] = yaml.load(path.read_text(encoding="utf-8"))
            except OSError as error:
                where = f", which {referrer} refers to" if referrer else ""
                raise BundleError(f"{path}: cannot be read{where}: {error.strerror}") from None
            except (YAMLError, UnicodeDecodeError) as error:
                raise BundleError(f"{path}: is no valid YAML: {' '.join(str(error).split())}") from None
        return self._files[path]

    def _resolve(self, node: Any, file: Path) -> Any:
        if is_array(node):
            return [self._resolve(item, file) for item in node]
        if isinstance(node, date):
            raise BundleError(f"{file}: {node} is read as a date; quote it")
        if not is_object(node):
            return node
        resolved = {str(key): self._resolve(value, file) for key, value in node.items()}
        reference = resolved.get("$ref")
        if isinstance(reference, str) and not (file == self._root and reference.startswith("#")):
            resolved["$ref"] = f"#/components/schemas/{self._hoist(reference, file)}"
        return resolved

    def _hoist(self, reference: str, file: Path) -> str:
        location, _, fragment = reference.partition("#")
        source = ((file.parent / location).resolve() if location else file, fragment)
        name = fragment.rpartition("/")[2] if fragment else _pascal_case(source[0].stem)
        known = self._sources.setdefault(name, source)
        if known != source:
            raise BundleError(f"{file}: {reference} and {known[0]}#{known[1]} would both be called {name}")
        if name not in self._schemas:
            self._schemas[name] = None  # holds the place, so that a schema may refer to itself
            self._schemas[name] = self._resolve(self._find(source, reference, file), source[0])
        return name

    def _find(self, source: tuple[Path, str], reference: str, referrer: Path) -> Any:
        path, fragment = source
        node = self._load(path, referrer)
        for token in fragment.split("/")[1:]:
            if not is_object(node) or token not in node:
                raise BundleError(f"{referrer}: {reference} leads nowhere: {path} has no {token}")
            node = node[token]
        return node

    def _derive_mappings(self, node: Any, schemas: dict[str, Any]) -> None:
        if is_array(node):
            for item in node:
                self._derive_mappings(item, schemas)
        elif is_object(node):
            if "discriminator" in node and "oneOf" in node:
                tag = node["discriminator"]["propertyName"]
                node["discriminator"]["mapping"] = {
                    self._tag(variant["$ref"], tag, schemas): variant["$ref"] for variant in node["oneOf"]
                }
            for value in node.values():
                self._derive_mappings(value, schemas)

    def _tag(self, reference: str, name: str, schemas: dict[str, Any]) -> str:
        variant = reference.rpartition("/")[2]
        path = self._sources[variant][0]
        schema = schemas[variant]
        tag = schema["properties"][name].get("const") if name in schema.get("properties", {}) else None
        if tag != path.stem or name not in schema.get("required", []):
            raise BundleError(f"{path}: needs a required property {name} with const {path.stem}, as its file is named")
        return path.stem


def _pascal_case(stem: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[-_]", stem.replace(".", "")))


def main() -> int:
    """Write the bundled contract to standard output; 1 when the files do not form one document."""
    try:
        document = bundle(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT)
    except BundleError as error:
        print(f"bundle.py: {error}", file=sys.stderr)
        return 1
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
