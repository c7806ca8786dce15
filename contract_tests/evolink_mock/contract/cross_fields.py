"""Rules on several fields of a request, and requests that are accepted although their task fails."""

from __future__ import annotations

from typing import Any, NamedTuple

import jsonschema_rs


class BrokenRule(NamedTuple):
    """A rule on several fields that a request breaks.

    Attributes:
        field: the field that the refusal names.
        keyword: `allOf` and the position of the rule in it.
        message: the field and the description of the rule.
    """

    field: str
    keyword: str
    message: str


def broken_rule(error: jsonschema_rs.ValidationError, schema: dict[str, Any]) -> BrokenRule | None:
    """Return the rule on several fields that an error breaks; None if the error concerns one field.

    Args:
        error: an error of the validator of a model.
        schema: the schema of the model.
    """
    steps = [step for step in error.evaluation_path[:3] if step != "$ref"]
    if steps[:1] != ["allOf"]:
        return None
    index = steps[1]
    rule: dict[str, Any] = schema["allOf"][index]
    if "x-fields" not in rule:
        return None
    field: str = rule["x-fields"][0]
    return BrokenRule(field, f"allOf {index}", f"{field}: {' '.join(rule['description'].split())}")


def single_fields(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a model with its rules on several fields replaced by empty ones."""
    return {**schema, "allOf": [{} if "x-fields" in rule else rule for rule in schema.get("allOf", ())]}
