"""Makes the responses of tasks strict for each model, from the `x-response` of the models.

All models share the schemas of a created task and of a queried one. Where the page of a model shows another response,
the bundler adds a condition on `model` to these schemas, so that a model needs no more than its own file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain
from typing import Any

CREATED, QUERIED = "CreatedTask", "Task"
"""The schemas of a task in the response to a create request, and in that to a query."""
STATUS = "CreatedTaskStatus"
"""The schema of the status of a created task. A model may add values to its list."""
LISTS = {"types": ("type", "TaskType"), "billing-rules": ("usage.billing_rule", "BillingRule")}
"""For each key of `x-response` that shortens a list of values: the field with the value, and the schema of the list."""

JSON = dict[str, Any]
Shapes = dict[str, JSON]
"""The `x-response` of each model that has one, by its id."""


def add_conditions(schemas: dict[str, JSON], models: Collection[str] | None = None) -> None:
    """Add to the schemas of responses what the pages of single models say otherwise, as conditions on `model`.

    Args:
        schemas: All schemas of a bundled contract. Those of responses are changed.
        models: The models to whose tasks responses refer; None for all.
    """
    shapes = {
        model: schemas[name]["x-response"]
        for model, name in model_schemas(schemas).items()
        if "x-response" in schemas[name] and (models is None or model in models)
    }
    if CREATED in schemas:
        _extend(schemas[CREATED], [*_omissions(schemas[CREATED], shapes), *_contents(schemas, shapes)])
    if QUERIED in schemas:
        _extend(schemas[QUERIED], [*_results(schemas[QUERIED], shapes)])


def model_schemas(schemas: dict[str, JSON]) -> dict[str, str]:
    """Return the name of the schema of each model, by the id of the model."""
    tags = {name: schema.get("properties", {}).get("model", {}) for name, schema in schemas.items()}
    return {str(tag["const"]): name for name, tag in tags.items() if "const" in tag}


def shape_findings(schema: JSON, schemas: dict[str, JSON]) -> Iterator[tuple[str, str]]:
    """Yield the mistakes in the `x-response` of a model: the key, and a text.

    Args:
        schema: The schema of the model.
        schemas: All schemas of the contract.
    """
    shape: JSON = schema.get("x-response", {})
    omitted = shape.get("omits", ())
    within = {"estimated-time": "task_info", "video-duration": "task_info", "types": "type"}
    within |= {"billing-rule": "usage", "billing-rules": "usage"}
    for key, field in within.items():
        if key in shape and field in omitted:
            yield key, f"is about {field}, which the response omits; remove one of them"
    for key, (_, name) in LISTS.items():
        for value in shape.get(key, ()):
            if value not in schemas.get(name, {}).get("enum", ()):
                yield key, f"{value} is not a value of {name}"
    statuses = shape.get("statuses", schemas.get(STATUS, {}).get("enum", ()))
    for key, one, known in (
        ("first-status", shape.get("first-status"), statuses),
        ("billing-rule", shape.get("billing-rule"), shape.get("billing-rules", ())),
    ):
        if one and known and one not in known:
            yield key, f"{one} is not in the list of {', '.join(known)}"
    length: Any = shape.get("video-duration", 0)
    named: Any = length if isinstance(length, int | str) else length.get("file")
    if isinstance(named, str) and named not in schema["properties"]:
        yield "video-duration", f"the model has no field {named}"


def reference_findings(schema: JSON, models: dict[str, JSON]) -> Iterator[tuple[str, str]]:
    """Yield the mistakes in the references of a model to tasks: the field, and a text.

    Args:
        schema: The schema of the model.
        models: The schemas of all models, by their ids.
    """
    for name, field in schema["properties"].items():
        reference: JSON = field.get("x-task-reference", {})
        if reference and field.get("type") != "string":
            yield name, "is the id of a task; give the field the type string"
        for model in reference.get("models", ()):
            if model not in models:
                yield name, f"{model} is not a model of the contract"
            elif "draft" in reference and "draft" not in models[model]["properties"]:
                yield name, f"{model} has no field draft"


def _extend(schema: JSON, conditions: list[JSON]) -> None:
    if conditions:
        schema["allOf"] = [*schema.get("allOf", ()), *conditions]


def _omissions(created: JSON, shapes: Shapes) -> Iterator[JSON]:
    """Move the required fields that some models omit into conditions, one for each group of such models."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for field in created["required"]:
        groups.setdefault(_with(shapes, "omits", field), []).append(field)
    created["required"] = groups.pop((), [])
    for models, fields in groups.items():
        yield {
            "description": f"Only the responses of some models lack {' and '.join(fields)}.",
            "if": _of(models),
            "else": {"required": fields},
        }


def _contents(schemas: dict[str, JSON], shapes: Shapes) -> Iterator[JSON]:
    """Yield the conditions on the values of a created task. The list of statuses is extended by those of models."""
    listed: list[str] = schemas.get(STATUS, {}).get("enum", [])
    statuses = {model: _statuses(shape, listed) for model, shape in shapes.items()}
    added = [value for value in dict.fromkeys(chain(*statuses.values())) if value not in listed]
    if added:
        schemas[STATUS] = {**schemas[STATUS], "enum": [*listed, *added]}
        others = {"properties": {"status": {"enum": listed}}}
        models = [model for model, values in statuses.items() if set(added) & {*values}]
        yield {"description": "The statuses of all other models.", "if": _of(models), "else": others}
    known = (listed, [*listed, *added])
    yield from _values("status", {model: values for model, values in statuses.items() if values not in known})
    for key, (field, _) in LISTS.items():
        yield from _values(field, {model: shape[key] for model, shape in shapes.items() if key in shape})
    if models := [model for model, shape in shapes.items() if "video-duration" in shape]:
        yield {
            "description": "The responses of some models show the length of the video.",
            "if": _others(models),
            "else": {"properties": {"task_info": {"required": ["video_duration"]}}},
        }


def _statuses(shape: JSON, listed: list[str]) -> list[str]:
    """Return the statuses that a created task may have: those from the first status on."""
    values: list[str] = shape.get("statuses", listed)
    first = shape.get("first-status")
    return values[values.index(first) :] if first in values else values


def _values(field: str, by_model: dict[str, list[str]]) -> Iterator[JSON]:
    """Yield a condition for each list of values that a field of some models has."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for model, listed in by_model.items():
        groups.setdefault(tuple(listed), []).append(model)
    for values, models in groups.items():
        schema: JSON = {"enum": [*values]}
        for name in reversed(field.split(".")):
            schema = {"properties": {name: schema}}
        yield {"description": f"The values of {field} of some models.", "if": _others(models), "else": schema}


def _results(queried: JSON, shapes: Shapes) -> Iterator[JSON]:
    """Move the demand for links into a condition, and yield one for each other result."""
    names = dict.fromkeys(shape["result"] for shape in shapes.values() if "result" in shape)
    if not names:
        return
    completed, then = queried["if"], queried["then"]
    links = {"required": then["required"], "properties": {"results": then["properties"]["results"]}}
    rest = {name: part for name, part in then["properties"].items() if name != "results"}
    queried["then"] = {"properties": rest}
    yield {
        "description": "Completed tasks of all other models have links.",
        "if": _of([model for name in names for model in _with(shapes, "result", name)]),
        "else": {"if": completed, "then": links},
    }
    for name in names:
        needed = {"required": ["result_data"], "properties": {"result_data": {"required": [name]}}}
        yield {
            "description": f"Completed tasks of some models have result_data.{name}.",
            "if": _others(_with(shapes, "result", name)),
            "else": {"if": completed, "then": needed},
        }


def _with(shapes: Shapes, key: str, value: str) -> tuple[str, ...]:
    """Return the models whose key is a value, or lists it."""
    return tuple(model for model, shape in shapes.items() if value in (shape.get(key), *(shape.get(key) or ())))


def _of(models: tuple[str, ...] | list[str]) -> JSON:
    return {"properties": {"model": {"enum": [*models]}}}


def _others(models: tuple[str, ...] | list[str]) -> JSON:
    """Return the schema of all other models. A response without a model fits it, too, so that it lacks only that."""
    return {"properties": {"model": {"not": {"enum": [*models]}}}}
