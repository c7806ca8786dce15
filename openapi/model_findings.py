"""Finds mistakes in what a model says about several fields, about files, and about texts that are cut. Used by `lint`.

A field of a model is named by its place in a request, with dots: `model_params.shot_type`.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from typing import Any

from bundle import SCHEMAS, Place, is_array, is_object

Finding = tuple[Place, str]
"""A mistake: its place in the bundled contract, and a text."""

MODEL_KEYS = ("x-ignored", "x-fails-later", "x-file-limits", "x-tasks")
"""The extensions that stand on a model."""
CHECKED_BY_KIND = {
    "alpha": {"image"},
    "fps": {"video"},
    "max-pages": {"document"},
    "pixels": {"image", "video"},
    "ratio": {"image", "video"},
    "seconds": {"audio", "video"},
    "short-side-pixels": {"image", "video"},
    "side-pixels": {"image", "video"},
    "total-seconds": {"audio", "video"},
    "width-pixels": {"image", "video"},
}
"""The kinds of file that have the property which a member of `x-media` limits."""


def model_findings(name: str, schema: dict[str, Any], schemas: dict[str, Any]) -> Iterator[Finding]:
    """Yield the mistakes of a model.

    Args:
        name: The name of its schema.
        schema: The schema.
        schemas: All schemas of the contract.
    """
    place: Place = ("components", "schemas", name)
    fields = dict(_fields(schema, schemas))
    for field, node in fields.items():
        if not _described(node, schemas):
            inside = tuple(step for part in field.split(".") for step in ("properties", part))
            yield (*place, *inside), "needs a description, which callers read"
    for index, rule in enumerate(schema.get("allOf", ())):
        yield from _rule_findings((*place, "allOf", index), rule, fields)
    for key in ("x-ignored", "x-fails-later"):
        for index, entry in enumerate(schema.get(key, ())):
            here = (*place, key, index)
            yield from _unknown((*here, "field"), [entry["field"]], fields)
            yield from _unknown((*here, "when"), _mentioned(entry["when"]), fields)
    codes = schemas.get("TaskErrorCode", {}).get("enum", ())
    for index, entry in enumerate(schema.get("x-fails-later", ())):
        if entry["code"] not in codes:
            near = _nearest(entry["code"], codes)
            yield (*place, "x-fails-later", index, "code"), f"is not a code in TaskErrorCode{near}"
    for index, limit in enumerate(schema.get("x-file-limits", ())):
        yield from _file_limit_findings((*place, "x-file-limits", index), limit, fields)
    yield from _unknown((*place, "x-billing"), list(_billed(schema.get("x-billing", {}))), fields)


def field_findings(place: Place, node: dict[str, Any], models: Collection[str]) -> Iterator[Finding]:
    """Yield the mistakes in extensions of one object of the contract, wherever it is.

    Args:
        place: The place of the object.
        node: The object.
        models: The names of the schemas of models.
    """
    is_model = place[:2] == ("components", "schemas") and len(place) == 3 and place[2] in models
    in_rule = place[:2] == ("components", "schemas") and len(place) == 5 and place[2] in models and place[3] == "allOf"
    for key in MODEL_KEYS:
        if key in node and not is_model:
            yield (*place, key), "stands on a model; move it beside the `properties` of the model"
    if "x-fields" in node and not in_rule:
        yield (*place, "x-fields"), "stands in an item of the `allOf` of a model; move it there"
    for key, effect in (
        ("x-cut-after", "a longer text is cut or refused"),
        ("x-token-limit", "tokens or characters count"),
    ):
        if key in node:
            yield from _text_findings((*place, key), node, effect)
    if "x-cut-after-chinese" in node and "x-cut-after" not in node:
        yield (*place, "x-cut-after-chinese"), "needs x-cut-after, the number of other characters"
    if is_object(node.get("x-media")):
        yield from _media_findings((*place, "x-media"), node)


def _billed(billing: dict[str, Any]) -> Iterator[str]:
    """Yield the fields that an `x-billing` names."""
    yield from _measured(billing.get("reserved-from", []))
    yield from [billing["input"]["field"]] if "input" in billing else []
    yield from billing.get("dearer", {})


def _measured(reserved: Any) -> Iterator[str]:
    """Yield the fields that a length names: with a number, with files, or with a value for each of which it has one."""
    if is_object(reserved) and "file" not in reserved:
        for name, choices in reserved.items():
            yield name
            for choice in choices.values():
                yield from _measured(choice)
        return
    names: Any = reserved["file"] if is_object(reserved) else reserved
    yield from names if is_array(names) else [names]


def _rule_findings(place: Place, rule: Any, fields: dict[str, Any]) -> Iterator[Finding]:
    if not is_object(rule):
        yield place, "a rule on several fields is an object with description and x-fields"
        return
    if not isinstance(rule.get("description"), str):
        yield place, "a rule on several fields needs a description: the sentence that callers read"
    if not is_array(rule.get("x-fields")):
        yield place, "a rule on several fields needs x-fields: the fields that it is about, first the one to blame"
        return
    mentioned, excluded = set(_mentioned(rule)), set(_excluded(rule))
    yield from _unknown((*place, "x-fields"), [name for name in rule["x-fields"] if name not in excluded], fields)
    yield from _unknown(place, sorted(mentioned - excluded), fields)
    for name in rule["x-fields"]:
        if not any(_overlap(name, other) for other in mentioned):
            yield (*place, "x-fields"), f"{name} does not occur in the rule; remove it here, or use it there"
    for name in sorted(mentioned):
        if name in fields and not any(_overlap(name, other) for other in rule["x-fields"]):
            yield (*place, "x-fields"), f"the rule is also about {name}; add it here"


def _file_limit_findings(place: Place, limit: dict[str, Any], fields: dict[str, Any]) -> Iterator[Finding]:
    yield from _unknown((*place, "fields"), limit["fields"], fields)
    for name in limit["fields"]:
        if name in fields and not {"audio", "video"} & _kinds(fields[name].get("x-media")):
            yield (*place, "fields"), f"{name} holds no files with a length; give it an x-media of a video or a sound"
    most = limit["max-seconds"]
    for key, name in (("plus", limit.get("plus")), ("max-seconds", most["field"] if is_object(most) else None)):
        if name is not None:
            yield from _unknown((*place, key), [name], fields)
            if is_object(most) and "values" in most and key == "max-seconds":
                for value in sorted(most["values"].keys() - fields.get(name, {}).get("enum", most["values"])):
                    yield (*place, key, "values", value), f"{name} has no such value"
            elif name in fields and fields[name].get("type") not in ("integer", "number"):
                yield (*place, key), f"{name} is not a number of seconds"


def _text_findings(place: Place, node: dict[str, Any], effect: str) -> Iterator[Finding]:
    if node.get("type") != "string":
        yield place, "stands on a text; give the field the type string"
    if "maxLength" in node:
        yield place, f"stands beside maxLength; remove one: {effect}"


def _media_findings(place: Place, node: dict[str, Any]) -> Iterator[Finding]:
    limits, kinds = node["x-media"], _kinds(node["x-media"])
    several = "items" in node or is_object(node.get("additionalProperties"))
    if not several and node.get("type") != "string" and not node.keys() & {"$ref", "anyOf"}:
        yield place, "stands on a URL, a list of URLs or a map of URLs; the field is none of them"
    if "total-seconds" in limits and not several:
        yield (*place, "total-seconds"), "needs a list or a map of URLs; use seconds for a single file"
    for key, value in limits.items():
        suitable = CHECKED_BY_KIND.get(key)
        if suitable and kinds and not suitable & kinds:
            yield (*place, key), f"does not apply to files of kind {' or '.join(sorted(kinds))}; remove it"
        if is_object(value) and {"min", "over"} <= value.keys():
            yield (*place, key), "has a min and an over; remove one"
        if is_object(value) and value.get("min", 0) > value.get("max", value.get("min", 0)):
            yield (*place, key), "has a min above its max"


def _kinds(limits: Any) -> set[str]:
    kind: Any = limits.get("kind", []) if is_object(limits) else []
    return {kind} if isinstance(kind, str) else {str(one) for one in kind}


def _unknown(place: Place, names: list[str], fields: dict[str, Any]) -> Iterator[Finding]:
    for name in names:
        if name not in fields:
            yield place, f"the model has no field {name}{_nearest(name, fields)}"


def _nearest(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean {near[0]}?" if near else f"; it has {', '.join(known)}"


def _overlap(one: str, other: str) -> bool:
    """Return whether two fields are the same, or one is inside the other."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _fields(schema: dict[str, Any], schemas: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each field of an object with its schema, fields of inner objects included."""
    for name, part in schema.get("properties", {}).items():
        node = schemas.get(str(part["$ref"]).removeprefix(SCHEMAS), part) if "$ref" in part else part
        yield f"{prefix}{name}", node
        yield from _fields(node, schemas, f"{prefix}{name}.")


def _described(node: dict[str, Any], schemas: dict[str, Any]) -> bool:
    if "description" in node:
        return True
    target = schemas.get(str(node.get("$ref", "")).removeprefix(SCHEMAS))
    return is_object(target) and "description" in target


def _mentioned(node: Any, prefix: str = "") -> list[str]:
    """Return each field that a condition is about, without the objects around it, each once and sorted."""
    names: set[str] = set()
    if is_object(node):
        inner = node.get("properties", {})
        names.update(f"{prefix}{name}" for name in node.get("required", ()))
        for name, needed in node.get("dependentRequired", {}).items():
            names.update(f"{prefix}{one}" for one in (name, *needed))
        for name, part in inner.items():
            deeper = _mentioned(part, f"{prefix}{name}.")
            names.update(deeper or [f"{prefix}{name}"])
        for key in ("if", "then", "else", "not"):
            names.update(_mentioned(node.get(key), prefix))
        for key in ("allOf", "anyOf", "oneOf"):
            names.update(name for part in node.get(key, ()) for name in _mentioned(part, prefix))
    return sorted(name for name in names if not any(other.startswith(f"{name}.") for other in names))


def _excluded(node: Any, prefix: str = "") -> Iterator[str]:
    """Yield each field that a rule excludes by `false`, which the model need not have."""
    if is_object(node):
        for name, part in node.get("properties", {}).items():
            if part is False:
                yield f"{prefix}{name}"
            yield from _excluded(part, f"{prefix}{name}.")
        for key in ("then", "else"):
            yield from _excluded(node.get(key), prefix)
        for key in ("allOf", "anyOf", "oneOf"):
            for part in node.get(key, ()):
                yield from _excluded(part, prefix)
