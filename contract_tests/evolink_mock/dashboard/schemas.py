"""Walks through the schemas of the contract, for the forms and for the reference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

DEEPEST = 6  # a schema may hold itself

_CREATE = "/v1/videos/generations"


@dataclass(frozen=True)
class Field:
    """A field of an object, with what holds for it.

    Attributes:
        path: the names that lead to it, one for each object.
        schema: its schema, references resolved.
        written: the same as the contract writes it.
    """

    path: tuple[str, ...]
    schema: dict[str, Any]
    written: dict[str, Any]
    required: bool

    @property
    def name(self) -> str:
        """Its path, as the contract's error messages write it."""
        return ".".join(self.path)


class Schemas:
    """The schemas of a bundled contract."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self.shared: dict[str, dict[str, Any]] = document["components"]["schemas"]
        create = document["paths"][_CREATE]["post"]["requestBody"]["content"]["application/json"]["schema"]
        mapping: dict[str, str] = create["discriminator"]["mapping"]
        self.tag: str = create["discriminator"]["propertyName"]
        self.models = {model: self.resolved({"$ref": reference}) for model, reference in mapping.items()}
        self.names = {reference.rpartition("/")[2]: model for model, reference in mapping.items()}

    def resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        """Return a schema with what its references say; what it says itself counts more."""
        for _ in range(DEEPEST):
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

    def fields(self, schema: dict[str, Any], *, into_shared: bool = False) -> Iterator[Field]:
        """Yield the fields of an object and of the objects in it; `into_shared` also of those it refers to."""
        return self._fields(schema, (), into_shared=into_shared, parent_required=True)

    def _fields(
        self, schema: dict[str, Any], path: tuple[str, ...], *, into_shared: bool, parent_required: bool
    ) -> Iterator[Field]:
        properties: dict[str, dict[str, Any]] = schema.get("properties", {})
        for name, written in properties.items():
            node = self.resolved(written)
            required = name in schema.get("required", []) and parent_required
            field = Field((*path, name), node, written, required)
            opened = "properties" in node and (into_shared or "properties" in written)
            if opened and len(field.path) < DEEPEST:
                if not into_shared:
                    yield field
                yield from self._fields(node, field.path, into_shared=into_shared, parent_required=required)
            else:
                yield field

    def _at(self, reference: str) -> dict[str, Any]:
        target: Any = self._document
        for token in reference.split("/")[1:]:
            target = target[token]
        found: dict[str, Any] = target
        return found


def type_of(schema: dict[str, Any]) -> str:
    """Return the JSON type of a resolved schema; of several, the first that is not null; empty when it names none."""
    named = schema.get("type", "")
    return named if isinstance(named, str) else next((name for name in named if name != "null"), "")
