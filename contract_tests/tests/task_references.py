"""Two invented models for tests of the mechanisms: one makes drafts, the other makes a video of a draft."""

from __future__ import annotations

from typing import Any

from tests.cross_fields import with_model

DRAFTS, FINALS = "outline-1", "outline-1-final"
REFERENCE = {"models": [DRAFTS], "draft": True}


def with_references(document: dict[str, Any]) -> dict[str, Any]:
    """Return a bundled contract with these models."""
    draft = {"type": "boolean", "default": False}
    duration = {"type": "integer", "minimum": 2, "maximum": 10, "default": 5}
    changed = with_model(document, _schema("Outline1", DRAFTS, {"draft": draft, "duration": duration}))
    source = {"type": "string", "x-task-reference": REFERENCE}
    final = _schema("Outline1Final", FINALS, {"source_task_id": source})
    return with_model(changed, {**final, "x-response": {"video-duration": 0}})


def _schema(title: str, model: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": title,
        "type": "object",
        "required": ["model"],
        "properties": {"model": {"type": "string", "const": model, "default": model}, **fields},
        "x-billing": {"unit": "unknown"},
        "x-edition": "of the fixture",
        "examples": [{"model": model}],
    }
