"""Checking what a model says about several fields, about files, and about texts that are cut."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import bundle
import lint
from contract_suite.checks.chosen_models import contract_of
from model_findings import field_findings, model_findings

URL = {"type": "string", "format": "uri", "description": "A URL."}
VIDEO = {"kind": "video", "seconds": {"min": 1, "max": 10}}
MODEL: dict[str, Any] = {
    "type": "object",
    "required": ["model"],
    "properties": {
        "model": {"const": "a", "description": "The id."},
        "prompt": {"type": "string", "description": "The prompt.", "x-cut-after": 10},
        "quality": {"type": "string", "description": "The quality."},
        "duration": {"type": "integer", "description": "The length."},
        "first": {"$ref": "#/components/schemas/MediaUrl"},
        "videos": {"type": "array", "description": "Videos.", "items": URL, "x-media": VIDEO},
        "settings": {
            "type": "object",
            "description": "Settings.",
            "properties": {
                "shot": {"type": "string", "description": "The shot."},
                "voices": {
                    "type": "object",
                    "description": "Voices.",
                    "additionalProperties": URL,
                    "x-media": {"kind": "audio", "total-seconds": {"max": 10}},
                },
            },
        },
    },
    "allOf": [
        {
            "description": "10 seconds are not available at 1080p.",
            "x-fields": ["duration", "quality"],
            "if": {"required": ["quality"], "properties": {"quality": {"const": "1080p"}}},
            "then": {"properties": {"duration": {"maximum": 9}}},
        },
        {
            "description": "A shot needs videos.",
            "x-fields": ["settings.shot", "videos"],
            "if": {"required": ["settings"], "properties": {"settings": {"required": ["shot"]}}},
            "then": {"required": ["videos"]},
        },
        {
            "description": "The model takes no sounds.",
            "x-fields": ["sounds", "settings.sound"],
            "properties": {"sounds": False, "settings": {"properties": {"sound": False}}},
        },
        {
            "description": "A prompt needs a first frame.",
            "x-fields": ["first", "prompt"],
            "dependentRequired": {"prompt": ["first"]},
        },
    ],
    "x-ignored": [{"field": "quality", "when": {"required": ["first"]}, "description": "The frame decides."}],
    "x-fails-later": [{"field": "prompt", "when": {"required": ["prompt"]}, "code": "bad", "description": "It fails."}],
    "x-file-limits": [
        {"fields": ["videos"], "plus": "duration", "max-seconds": 30, "description": "At most 30."},
        {"fields": ["settings.voices"], "max-seconds": {"field": "duration"}, "description": "At most the duration."},
    ],
}
SCHEMAS: dict[str, Any] = {
    "A": MODEL,
    "MediaUrl": {"type": "string", "description": "A URL."},
    "TaskErrorCode": {"enum": ["bad", "worse"]},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the model with another value at a path; None removes the value there."""
    model = copy.deepcopy(MODEL)
    *steps, last = (int(step) if step.isdecimal() else step for step in path.split("/"))
    node: Any = model
    for step in steps:
        node = node[step]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return model


def findings(model: dict[str, Any]) -> list[str]:
    """Return what is wrong with a model, with the place inside it."""
    found = list(model_findings("A", model, {**SCHEMAS, "A": model}))
    for place, node in lint.objects(model, ("components", "schemas", "A")):
        found += field_findings(place, node, ["A"])
    return [f"{'.'.join(map(str, place[3:]))}: {text}" for place, text in found]


def test_model_that_uses_every_extension_has_no_findings() -> None:
    assert findings(MODEL) == []


@pytest.mark.parametrize(
    ("path", "value", "finding"),
    [
        ("properties/quality/description", None, "properties.quality: needs a description, which callers read"),
        (
            "properties/settings/properties/shot/description",
            None,
            "properties.settings.properties.shot: needs a description, which callers read",
        ),
        ("allOf/0", True, "allOf.0: a rule on several fields is an object with description and x-fields"),
        (
            "allOf/0/description",
            None,
            "allOf.0: a rule on several fields needs a description: the sentence that callers read",
        ),
        (
            "allOf/0/x-fields",
            None,
            "allOf.0: a rule on several fields needs x-fields: the fields that it is about, first the one to blame",
        ),
        ("allOf/0/x-fields", ["duration"], "allOf.0.x-fields: the rule is also about quality; add it here"),
        (
            "allOf/0/x-fields",
            ["duration", "quality", "prompt"],
            "allOf.0.x-fields: prompt does not occur in the rule; remove it here, or use it there",
        ),
        (
            "allOf/0/then",
            {"properties": {"duratoin": {"maximum": 9}}},
            "allOf.0: the model has no field duratoin; did you mean duration?",
        ),
        (
            "allOf/1/if/properties/settings",
            {"required": ["shots"]},
            "allOf.1: the model has no field settings.shots; did you mean settings.shot?",
        ),
        (
            "allOf/3/dependentRequired",
            {"prompt": ["frist"]},
            "allOf.3: the model has no field frist; did you mean first?",
        ),
        ("x-ignored/0/field", "qality", "x-ignored.0.field: the model has no field qality; did you mean quality?"),
        (
            "x-ignored/0/when",
            {"required": ["frist"]},
            "x-ignored.0.when: the model has no field frist; did you mean first?",
        ),
        (
            "x-fails-later/0/code",
            "wors",
            "x-fails-later.0.code: is not a code in TaskErrorCode; did you mean worse?",
        ),
        (
            "x-fails-later/0/field",
            "promt",
            "x-fails-later.0.field: the model has no field promt; did you mean prompt?",
        ),
        (
            "x-file-limits/0/fields",
            ["video"],
            "x-file-limits.0.fields: the model has no field video; did you mean videos?",
        ),
        (
            "x-file-limits/0/fields",
            ["quality"],
            "x-file-limits.0.fields: quality holds no files with a length; give it an x-media of a video or a sound",
        ),
        ("x-file-limits/0/plus", "quality", "x-file-limits.0.plus: quality is not a number of seconds"),
        (
            "x-file-limits/1/max-seconds",
            {"field": "durations"},
            "x-file-limits.1.max-seconds: the model has no field durations; did you mean duration?",
        ),
        (
            "properties/prompt/maxLength",
            20,
            "properties.prompt.x-cut-after: stands beside maxLength; remove one: a longer text is cut or refused",
        ),
        (
            "properties/quality/x-cut-after-chinese",
            5,
            "properties.quality.x-cut-after-chinese: needs x-cut-after, the number of other characters",
        ),
        (
            "properties/videos/x-media/fps",
            {"min": 9, "over": 8},
            "properties.videos.x-media.fps: has a min and an over; remove one",
        ),
        (
            "properties/duration/x-token-limit",
            5,
            "properties.duration.x-token-limit: stands on a text; give the field the type string",
        ),
        (
            "properties/prompt/type",
            "array",
            "properties.prompt.x-cut-after: stands on a text; give the field the type string",
        ),
        (
            "properties/duration/x-media",
            VIDEO,
            "properties.duration.x-media: stands on a URL, a list of URLs or a map of URLs; the field is none of them",
        ),
        (
            "properties/first/x-media",
            {"kind": "video", "total-seconds": {"max": 9}},
            "properties.first.x-media.total-seconds: needs a list or a map of URLs; use seconds for a single file",
        ),
        (
            "properties/videos/x-media",
            {"kind": ["image", "document"], "fps": {"max": 30}},
            "properties.videos.x-media.fps: does not apply to files of kind document or image; remove it",
        ),
        (
            "properties/videos/x-media/seconds",
            {"min": 3, "max": 2},
            "properties.videos.x-media.seconds: has a min above its max",
        ),
        (
            "properties/settings/x-ignored",
            [],
            "properties.settings.x-ignored: stands on a model; move it beside the `properties` of the model",
        ),
        (
            "properties/quality/x-fields",
            ["quality"],
            "properties.quality.x-fields: stands in an item of the `allOf` of a model; move it there",
        ),
    ],
)
def test_each_mistake_in_a_model_is_reported_with_the_way_out(path: str, value: Any, finding: str) -> None:
    assert finding in findings(changed(path, value))


@pytest.mark.parametrize("field", ["prompt", "settings.voices", "first", "videos"])
def test_media_limits_may_stand_on_a_url_a_list_or_a_map_at_any_depth(field: str) -> None:
    model = copy.deepcopy(MODEL)
    node = model
    for name in field.split("."):
        node = node["properties"][name]
    node["x-media"] = {"kind": "audio", "formats": ["mp3"], "max-bytes": 10}
    assert [finding for finding in findings(model) if "x-media:" in finding] == []


def test_malformed_extension_is_the_only_finding_about_it() -> None:
    every = bundle.bundle()
    name, model = next(
        (name, schema) for name, schema in every["components"]["schemas"].items() if "x-ignored" in schema
    )
    document = contract_of(every, [model["properties"]["model"]["const"]])
    model["x-ignored"] = [{"field": "model", "description": "It has no condition."}]
    assert list(lint.findings(document)) == [f'components.schemas.{name}.x-ignored.0: "when" is a required property']
    model["x-ignored"] = [{"field": "model", "when": {"type": "text"}, "description": "It has no schema."}]
    assert [finding.partition(": ")[0] for finding in lint.findings(document)] == [
        f"components.schemas.{name}.x-ignored.0.when.type"
    ]
