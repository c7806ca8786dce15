"""Differences between the responses about tasks of one model and those of others."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

PENDING = "pending"


class ResponseShape(NamedTuple):
    """The responses about the tasks of a model, by the `x-response` of the contract. The defaults are those of most.

    Attributes:
        omits: the fields that the response to a create request lacks.
        first_status: the status with which a task begins.
        suffix_length: the number of characters at the end of an id.
        estimated_time: the documented estimate in seconds; None for that of most models.
        billing_rule: the documented billing rule; None for that of most models.
        shows_length: whether the response to a create request shows the length of the video.
        length: the number of seconds that it shows for every video; None for the length of the video.
        result: the field of `result_data` that a completed task has instead of links; empty if it has links.
    """

    omits: frozenset[str] = frozenset()
    first_status: str = PENDING
    suffix_length: int = 8
    estimated_time: int | None = None
    billing_rule: str | None = None
    shows_length: bool = False
    length: int | None = None
    result: str = ""

    @classmethod
    def parse(cls, shape: dict[str, Any]) -> Self:
        """Read an `x-response`, which may be empty."""
        length = shape.get("video-duration")
        return cls(
            frozenset(shape.get("omits", ())),
            shape.get("first-status", PENDING),
            shape.get("id-suffix-length", cls().suffix_length),
            shape.get("estimated-time"),
            shape.get("billing-rule"),
            "video-duration" in shape,
            length if isinstance(length, int) else None,
            shape.get("result", ""),
        )


MOST_MODELS = ResponseShape()
