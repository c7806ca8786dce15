"""Expands what the page of a model shows of its responses, where they differ from those of other models, into rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contract_suite.rules.words import joined

Row = dict[str, Any]

CREATED = ("created", "id", "model", "object", "progress", "status", "task_info", "type", "usage")
"""The fields of a created task on most pages."""
STATUSES = ("pending", "processing", "completed", "failed")
"""The statuses of a created task on most pages."""
LISTS = {
    "types": ("type", ("text", "image", "audio", "video")),
    "billing_rules": ("usage", ("per_call", "per_token", "per_second")),
}
"""For each key with a list of values: the field of a created task that has the value, and the values on most pages."""
SAMPLE = {"suffix": "id_suffix_length", "estimated_time": "estimated_time", "billing_rule": "billing_rule"}
"""The keys that describe the sample of a page, and their names in the contract's `x-response`, with underscores."""
SUFFIX = "7cvnl5zwk3m9"
ABSENT = {"absent": True}
NOT_REQUIRED = "The page does not mark any response field as required. Its sample has"


def response_rows(model: str, shape: dict[str, Any]) -> Iterator[tuple[str, Row]]:
    """Yield the rows on the responses of a model, with their ids.

    Args:
        model: The model.
        shape: The key `response` of its file.
    """
    sample = _sample(shape)
    common: Row = {"answers": ["created"], "when": {"model": model}}
    if "omits" in shape:
        fields = [field for field in CREATED if field not in shape["omits"]]
        yield (
            "response.fields",
            {
                "says": f"The response to a create request has {joined(fields)}.",
                **_inferred(f"{NOT_REQUIRED} only these."),
                **common,
                "must": {"required": fields},
                "accepts": [sample],
                "rejects": [{**sample, field: ABSENT} for field in fields if field != "model"],
            },
        )
    yield from _status_rows(shape, sample, common)
    for key, (field, known) in LISTS.items():
        if key in shape:
            yield f"response.{key}", _list_row(field, shape[key], known, sample, common)
    if shape.get("video_duration"):
        yield (
            "response.video_duration",
            {
                "says": "The response to a create request shows the length of the video.",
                **_inferred(f"{NOT_REQUIRED} `video_duration`."),
                **common,
                "must": {"properties": {"task_info": {"required": ["video_duration"]}}},
                "accepts": [sample],
                "rejects": [{**sample, "task_info": {"video_duration": ABSENT}}],
            },
        )
    if "result" in shape:
        yield "response.result", _result_row(model, shape["result"])
    shown = {name: shape[key] for key, name in SAMPLE.items() if key in shape}
    if shown:
        text = joined([f"{name} {value}" for name, value in shown.items()])
        yield (
            "response.sample",
            {
                "says": f"The sample of a created task has {text}.",
                "unseen": "a sample binds no server",
                "states": {"model": model, "sample": shown},
            },
        )


def _sample(shape: dict[str, Any]) -> Row:
    """Return the change that turns the sample of most pages into one of this page."""
    sample: Row = dict.fromkeys(shape.get("omits", ()), ABSENT)
    if "suffix" in shape:
        sample["id"] = f"task-unified-1757169743-{SUFFIX[: shape['suffix']]}"
    if "first_status" in shape:
        sample["status"] = shape["first_status"]
    if "types" in shape:
        sample["type"] = shape["types"][0]
    if "billing_rules" in shape:
        sample["usage"] = {"billing_rule": shape["billing_rules"][0]}
    if shape.get("video_duration"):
        sample["task_info"] = {"video_duration": 8}
    return sample


def _status_rows(shape: dict[str, Any], sample: Row, common: Row) -> Iterator[tuple[str, Row]]:
    statuses: list[str] = shape.get("statuses", list(STATUSES))
    if "statuses" in shape:
        begins = statuses.index(shape["first_status"]) if "first_status" in shape else 0
        yield (
            "response.statuses",
            {
                "says": f"The status in the response to a create request is {joined(statuses)}.",
                **common,
                "must": {"properties": {"status": {"type": "string", "enum": statuses}}},
                "accepts": [{**sample, "status": status} for status in statuses[begins:]],
                "rejects": [{**sample, "status": status} for status in ("succeeded", *_others(STATUSES, statuses))],
            },
        )
    if "first_status" in shape:
        first = statuses.index(shape["first_status"])
        yield (
            "response.first-status",
            {
                "says": f"A task begins with the status {shape['first_status']}.",
                **_inferred("The page says and shows this status. Its list has earlier ones, too."),
                **common,
                "must": {"properties": {"status": {"enum": statuses[first:]}}},
                "accepts": [{**sample, "status": status} for status in statuses[first:]],
                "rejects": [{**sample, "status": status} for status in statuses[:first]],
            },
        )


def _list_row(field: str, values: list[str], known: tuple[str, ...], sample: Row, common: Row) -> Row:
    def change(value: str) -> Row:
        return {**sample, field: {"billing_rule": value} if field == "usage" else value}

    schema: Row = {"type": "string", "enum": values}
    what = "billing rule" if field == "usage" else field
    return {
        "says": f"The {what} in the response to a create request is {joined(values)}.",
        **common,
        "must": {"properties": {field: {"properties": {"billing_rule": schema}} if field == "usage" else schema}},
        "accepts": [change(value) for value in values],
        "rejects": [change(value) for value in _others(known, values)],
    }


def _result_row(model: str, name: str) -> Row:
    completed: Row = {"progress": 100, "error": None}
    return {
        "says": f"A completed task has its result in `result_data.{name}`.",
        "answers": ["task", "callback"],
        "when": {"model": model, "status": "completed"},
        "must": {"required": ["result_data"], "properties": {"result_data": {"required": [name]}}},
        "accepts": [
            {**completed, "result_data": {name: "1"}},
            {**completed, "result_data": {name: "1"}, "results": None},
            {"status": "processing"},
        ],
        "rejects": [completed, {**completed, "result_data": {}}],
    }


def _inferred(because: str) -> Row:
    return {"certainty": "inferred", "because": because}


def _others(known: tuple[str, ...], values: list[str]) -> list[str]:
    return [value for value in known if value not in values]
