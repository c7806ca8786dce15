"""Invented models whose pages show other responses than most, for tests of the mechanisms."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import bundle
from contract_suite.checks.chosen_models import contract_of
from response_shapes import add_conditions
from tests.cross_fields import with_model

SHAPES: dict[str, dict[str, Any]] = {
    "short-1": {"omits": ["task_info", "type", "usage"]},
    "bare-1": {"omits": ["object", "progress", "task_info", "type", "usage"]},
    "early-1": {
        "first-status": "processing",
        "video-duration": "duration",
        "id-suffix-length": 6,
        "estimated-time": 165,
        "billing-rule": "per_second",
    },
    "stoppable-1": {
        "statuses": ["pending", "processing", "completed", "failed", "cancelled"],
        "types": ["video"],
        "video-duration": 0,
    },
    "element-1": {"billing-rules": ["per_call"], "billing-rule": "per_call", "result": "element_id"},
}
"""The `x-response` of each model."""
BLOCKS: dict[str, dict[str, Any]] = {
    "short-1": {"omits": ["task_info", "type", "usage"]},
    "bare-1": {"omits": ["object", "progress", "task_info", "type", "usage"]},
    "early-1": {
        "first_status": "processing",
        "video_duration": True,
        "suffix": 6,
        "estimated_time": 165,
        "billing_rule": "per_second",
    },
    "stoppable-1": {
        "statuses": ["pending", "processing", "completed", "failed", "cancelled"],
        "types": ["video"],
        "video_duration": True,
    },
    "element-1": {"billing_rules": ["per_call"], "billing_rule": "per_call", "result": "element_id"},
}
"""The key `response` in the documented file of each model: the second reading of the same pages."""


def request(model: str) -> dict[str, Any]:
    """Return the smallest request for a model."""
    return {"model": model, "prompt": "A cat"}


def with_shapes(shapes: Mapping[str, dict[str, Any]] = SHAPES) -> dict[str, Any]:
    """Return a bundled contract with these models alone, and the conditions that the bundler derives from them."""
    changed = contract_of(bundle.bundle(models=[]), [])
    for model, shape in shapes.items():
        changed = with_model(changed, _schema(model, shape))
    schemas = changed["components"]["schemas"] = copy.deepcopy(changed["components"]["schemas"])
    add_conditions(schemas)
    return changed


def _schema(model: str, shape: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": model.title().replace("-", ""),
        "description": "Draws.",
        "type": "object",
        "required": ["model", "prompt"],
        "properties": {
            "model": {"type": "string", "const": model, "default": model},
            "prompt": {"type": "string"},
            "duration": {"type": "integer", "minimum": 2, "maximum": 10, "default": 5},
        },
        "x-response": copy.deepcopy(shape),
        "x-billing": {"reserved-from": "duration", "settled-on": "produced-seconds"},
        "x-edition": "of the fixture",
        "examples": [request(model)],
    }
