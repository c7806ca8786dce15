"""List the models of the contract by family, for the lists in which the pages let a user choose one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evolink_mock.dashboard.schemas import MAX_DEPTH, Schemas

OTHERS = "other models"  # the family of models whose schemas name none


@dataclass(frozen=True)
class Model:
    """A model in the list.

    Attributes:
        title: its title; empty if the contract gives it none.
        takes: the kinds of files that it takes.
    """

    id: str
    title: str
    takes: list[str]


def list_models(schemas: Schemas) -> dict[str, list[Model]]:
    """Return the models of each family, in the order of the contract."""
    families: dict[str, list[Model]] = {}
    for model, schema in schemas.models.items():
        family = schema.get("x-family", OTHERS)
        families.setdefault(family, []).append(
            Model(model, schema.get("title", ""), list(dict.fromkeys(_kinds(schemas, schema))))
        )
    return families


def _kinds(schemas: Schemas, declared: dict[str, Any], depth: int = 0) -> Iterator[str]:
    schema = schemas.resolve(declared)
    kind = schema.get("x-media", {}).get("kind", [])
    yield from [kind] if isinstance(kind, str) else kind
    parts = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
    for part in parts if depth < MAX_DEPTH else ():
        if isinstance(part, dict):
            yield from _kinds(schemas, part, depth + 1)  # pyright: ignore[reportUnknownArgumentType] - from JSON
