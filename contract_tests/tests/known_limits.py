"""The limits of EvoLink's models as the contract states them today, for tests that must hold after a page changes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import evolink_client

_PACKAGE = Path(evolink_client.__path__[0])
EDITIONS = sorted(path.stem for path in (_PACKAGE / "editions").glob("*.json"))
"""The names of the editions, from the oldest to the newest, without the base."""


@cache
def _schemas(edition: str) -> dict[str, dict[str, Any]]:
    path = _PACKAGE / ("openapi.json" if edition == "base" else f"editions/{edition}.json")
    schemas = json.loads(path.read_text(encoding="utf-8"))["components"]["schemas"].values()
    return {
        schema["properties"]["model"]["const"]: schema
        for schema in schemas
        if "const" in schema.get("properties", {}).get("model", {})
    }


def limit(model: str, field: str, keyword: str, edition: str = "base") -> Any:
    """Return the value of a keyword of a field, such as `maxLength`, in an edition."""
    return _schemas(edition)[model]["properties"][field][keyword]


def highest(model: str, field: str, keyword: str) -> Any:
    """Return the greatest value of a keyword of a field in any edition. Beyond it, no edition allows a value."""
    return max(limit(model, field, keyword, name) for name in ("base", *EDITIONS))
