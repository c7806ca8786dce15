"""JSON Schemas: compiled validators with a cache, and schemas inlined from an OpenAPI document."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import jsonschema_rs

import bundle


def validator(schema: Any) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of a schema without references. It checks formats."""
    return _compiled(json.dumps(schema, sort_keys=True))


@lru_cache(maxsize=16384)
def _compiled(text: str) -> jsonschema_rs.Draft202012Validator:
    # Values are masked, because a message must not hold a whole prompt, or a key that a server returns.
    return jsonschema_rs.Draft202012Validator(json.loads(text), validate_formats=True, mask="the value")


def inlined(node: Any, document: dict[str, Any], known: dict[str, Any] | None = None) -> Any:
    """Return a part of `document` with every reference replaced by its target.

    Args:
        node: The part.
        document: The document.
        known: The targets that other parts of the document refer to, already without references, for the next part.
    """
    if "schemas" not in document["components"]:  # nothing is left that a reference could lead to
        return node
    known = {} if known is None else known
    if bundle.is_array(node):
        return [inlined(item, document, known) for item in node]
    if not bundle.is_object(node):
        return node
    rest = {key: inlined(value, document, known) for key, value in node.items() if key not in {"$ref", "discriminator"}}
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return rest
    if reference not in known:
        target: Any = document
        for token in reference.split("/")[1:]:
            target = target[token]
        known[reference] = inlined(target, document, known)
    resolved = known[reference]
    return {"allOf": [resolved], **rest} if rest else resolved
