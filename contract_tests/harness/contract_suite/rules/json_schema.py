"""JSON Schemas: compiled once, and taken out of an OpenAPI document so that each stands by itself."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import jsonschema_rs

import bundle


def validator(schema: Any) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of a schema that refers to nothing; formats are checked."""
    return _compiled(json.dumps(schema, sort_keys=True))


@lru_cache(maxsize=4096)
def _compiled(text: str) -> jsonschema_rs.Draft202012Validator:
    # Masked, because a message must not carry a whole prompt, nor a key that a server echoes.
    return jsonschema_rs.Draft202012Validator(json.loads(text), validate_formats=True, mask="the value")


def inlined(node: Any, document: dict[str, Any]) -> Any:
    """Return a part of `document` with what it refers to in the place of each reference."""
    if "schemas" not in document["components"]:  # there is nothing to refer to any more
        return node
    if bundle.is_array(node):
        return [inlined(item, document) for item in node]
    if not bundle.is_object(node):
        return node
    rest = {key: inlined(value, document) for key, value in node.items() if key not in {"$ref", "discriminator"}}
    if not isinstance(node.get("$ref"), str):
        return rest
    target: Any = document
    for token in node["$ref"].split("/")[1:]:
        target = target[token]
    whole = inlined(target, document)
    return {"allOf": [whole], **rest} if rest else whole
