"""An invented model with every kind of rule on several fields, for tests of the mechanisms."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

MODEL = "sketch-1"
PAGE = "https://docs.example.com/sketch-1"
IMAGE = "https://media.invalid/1.png"
VIDEO = "https://media.invalid/1.mp4"
SMALLEST: dict[str, Any] = {"model": MODEL, "prompt": "A cat", "image_urls": [IMAGE]}

DURATION, LAST_FRAME, REFERENCE, TOGETHER, SOURCE, DRAFT, MODE = range(7)
"""The positions of the rules in `allOf`."""

_URLS = {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "string", "format": "uri"}}
SCHEMA: dict[str, Any] = {
    "title": "Sketch",
    "description": "Draws a sketch.",
    "type": "object",
    "required": ["model", "prompt"],
    "properties": {
        "model": {"type": "string", "const": MODEL, "default": MODEL},
        "prompt": {"type": "string", "x-cut-after": 20},
        "image_start": {"type": "string", "format": "uri"},
        "image_end": {"type": "string", "format": "uri"},
        "image_urls": _URLS,
        "video_urls": _URLS,
        "quality": {"type": "string", "enum": ["480p", "720p", "1080p"], "default": "720p"},
        "duration": {"type": "integer", "minimum": 2, "maximum": 10, "default": 5},
        "aspect_ratio": {"type": "string"},
        "draft": {"type": "boolean", "default": False},
        "mode": {"type": "string", "enum": ["frames", "continuation"]},
        "model_params": {
            "type": "object",
            "properties": {
                "file_url": {"type": "string"},
                "link_url": {"type": "string"},
                "shot_type": {"type": "string"},
                "size": {
                    "type": "object",
                    "properties": {"width": {"type": "integer"}, "height": {"type": "integer"}},
                    "additionalProperties": False,
                },
                "story": {"type": "string", "x-token-limit": 6},
                "title": {"type": "string", "x-cut-after": 6, "x-cut-after-chinese": 3},
                "lines": {"type": "array", "items": {"type": "string", "x-cut-after": 4}},
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
            "description": "The last frame needs a first frame.",
            "x-fields": ["image_start", "image_end"],
            "x-inferred": "No page shows a request with a last frame alone.",
            "dependentRequired": {"image_end": ["image_start"]},
        },
        {
            "description": "At least one image, video or frame is needed.",
            "x-fields": ["image_urls", "video_urls", "image_start"],
            "anyOf": [{"required": ["image_urls"]}, {"required": ["video_urls"]}, {"required": ["image_start"]}],
        },
        {
            "description": "Images and videos together may be at most three.",
            "x-fields": ["image_urls", "video_urls"],
            "anyOf": [
                {"properties": {"image_urls": {"maxItems": images}, "video_urls": {"maxItems": 3 - images}}}
                for images in range(4)
            ],
        },
        {
            "description": "A file and a link exclude each other.",
            "x-fields": ["model_params.file_url", "model_params.link_url"],
            "not": {
                "required": ["model_params"],
                "properties": {"model_params": {"type": "object", "required": ["file_url", "link_url"]}},
            },
        },
        {
            "description": "A draft has 480p.",
            "x-fields": ["quality", "draft"],
            "if": {"required": ["draft"], "properties": {"draft": {"const": True}}},
            "then": {"required": ["quality"], "properties": {"quality": {"const": "480p"}}},
        },
        {
            "description": "A continuation takes one video, and no frames.",
            "x-fields": ["video_urls", "mode", "image_start", "image_end"],
            "if": {"required": ["mode"], "properties": {"mode": {"const": "continuation"}}},
            "then": {
                "required": ["video_urls"],
                "properties": {"video_urls": {"maxItems": 1}, "image_start": False, "image_end": False},
            },
        },
    ],
    "x-ignored": [
        {
            "field": "aspect_ratio",
            "when": {"required": ["image_start"]},
            "description": "With a first frame, the video has the ratio of that frame.",
        },
        {
            "field": "model_params.shot_type",
            "when": {"not": {"required": ["draft"], "properties": {"draft": {"const": False}}}},
            "description": "Shots are only planned without a draft.",
        },
    ],
    "x-fails-later": [
        {
            "field": "prompt",
            "when": {"required": ["mode"], "properties": {"mode": {"const": "frames"}, "prompt": {"maxLength": 2}}},
            "code": "invalid_parameters",
            "description": "Frames need a longer prompt.",
        },
    ],
    "x-billing": {"reserved-from": "duration", "settled-on": "produced-seconds"},
    "x-edition": "of the fixture",
    "externalDocs": {"url": PAGE},
    "examples": [SMALLEST],
}

BROKEN: dict[int, dict[str, Any]] = {
    DURATION: {"duration": 10, "quality": "1080p"},
    LAST_FRAME: {"image_end": IMAGE},
    REFERENCE: {"image_urls": None},
    TOGETHER: {"image_urls": [IMAGE] * 2, "video_urls": [VIDEO] * 2},
    SOURCE: {"model_params": {"file_url": "a", "link_url": "b"}},
    DRAFT: {"draft": True},
    MODE: {"mode": "continuation", "image_start": IMAGE},
}
"""Changes to the smallest request, each of which breaks one rule on several fields."""
FULFILLED: dict[int, list[dict[str, Any]]] = {
    DURATION: [{"duration": 9, "quality": "1080p"}, {"duration": 10, "quality": "720p"}, {"quality": "1080p"}],
    LAST_FRAME: [{"image_start": IMAGE, "image_end": IMAGE}, {"image_start": IMAGE}],
    REFERENCE: [{"image_urls": None, "video_urls": [VIDEO]}, {"image_urls": None, "image_start": IMAGE}],
    TOGETHER: [{"image_urls": [IMAGE] * 2, "video_urls": [VIDEO]}, {"image_urls": [IMAGE] * 3}],
    SOURCE: [{"model_params": {"file_url": "a"}}, {"model_params": {"link_url": "b"}}],
    DRAFT: [{"draft": True, "quality": "480p"}, {"draft": False}],
    MODE: [{"mode": "continuation", "video_urls": [VIDEO]}, {"mode": "frames", "video_urls": [VIDEO]}],
}
"""Changes to the smallest request that fulfil each of these rules."""


def request(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the smallest request with changes; None removes a field."""
    return {name: value for name, value in {**SMALLEST, **changes}.items() if value is not None}


def with_model(document: Mapping[str, Any], schema: Mapping[str, Any] = SCHEMA) -> dict[str, Any]:
    """Return a bundled contract with a further model."""
    changed = copy.deepcopy(dict(document))
    model = schema["properties"]["model"]["const"]
    reference = "#/components/schemas/" + schema["title"]
    changed["components"]["schemas"][schema["title"]] = copy.deepcopy(dict(schema))
    create = changed["paths"]["/v1/videos/generations"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    create["oneOf"].append({"$ref": reference})
    create["discriminator"]["mapping"][model] = reference
    return changed
