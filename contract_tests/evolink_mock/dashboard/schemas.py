"""Traverse the schemas of the contract: resolve references, and list the fields of objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evolink_mock.contract.operations import CREATE, read_operations

MAX_DEPTH = 6  # schemas can be recursive


@dataclass(frozen=True)
class Field:
    """A field of an object.

    Attributes:
        path: the names that lead to it, one for each nested object.
        schema: its schema, with references resolved.
        declared: its schema as the contract declares it.
    """

    path: tuple[str, ...]
    schema: dict[str, Any]
    declared: dict[str, Any]
    required: bool

    @property
    def name(self) -> str:
        """The path with dots, as in the contract's error messages."""
        return ".".join(self.path)


class Schemas:
    """The schemas of a bundled contract."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self.shared: dict[str, dict[str, Any]] = document["components"]["schemas"]
        create = read_operations(document)[CREATE].request_content["application/json"]["schema"]
        mapping: dict[str, str] = create["discriminator"]["mapping"]
        self.tag: str = create["discriminator"]["propertyName"]
        self.models = {model: self.resolve({"$ref": reference}) for model, reference in mapping.items()}
        self.default_model = next(iter(mapping))
        self.names = {reference.rpartition("/")[2]: model for model, reference in mapping.items()}

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """Merge a schema with the schemas that it refers to; its own keywords take precedence."""
        for _ in range(MAX_DEPTH):
            reference = node.get("$ref")
            choices = [choice for choice in node.get("anyOf", []) if choice.get("type") != "null"]
            if reference is not None:
                target, replaced = self._at(reference), "$ref"
            elif len(choices) == 1:
                target, replaced = choices[0], "anyOf"
            else:
                return node
            node = {**target, **{key: value for key, value in node.items() if key != replaced}}
        return node

    def fields(self, schema: dict[str, Any], *, follow_references: bool = False) -> Iterator[Field]:
        """Yield the fields of an object and of its nested objects.

        Args:
            schema: the schema of the object.
            follow_references: replace nested objects by their fields, those behind references included. Otherwise,
                nested objects are yielded before their fields, and references are not followed.
        """
        return self._fields(schema, (), follow_references=follow_references, parent_required=True)

    def _fields(
        self, schema: dict[str, Any], path: tuple[str, ...], *, follow_references: bool, parent_required: bool
    ) -> Iterator[Field]:
        properties: dict[str, dict[str, Any]] = schema.get("properties", {})
        for name, declared in properties.items():
            node = self.resolve(declared)
            required = name in schema.get("required", []) and parent_required
            field = Field((*path, name), node, declared, required)
            is_nested = "properties" in node and (follow_references or "properties" in declared)
            if is_nested and len(field.path) < MAX_DEPTH:
                if not follow_references:
                    yield field
                yield from self._fields(node, field.path, follow_references=follow_references, parent_required=required)
            else:
                yield field

    def _at(self, reference: str) -> dict[str, Any]:
        target: Any = self._document
        for token in reference.split("/")[1:]:
            target = target[token]
        schema: dict[str, Any] = target
        return schema


def type_of(schema: dict[str, Any]) -> str:
    """Return the JSON type of a resolved schema: the first that is not null, or an empty string."""
    types = schema.get("type", "")
    return types if isinstance(types, str) else next((name for name in types if name != "null"), "")
