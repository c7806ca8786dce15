"""The tasks and credits that the SDK returns: the generated classes, with typed properties for their optional fields.

Every field of a response may be missing or null, and may hold a value of another type than documented. The fields of
the generated classes keep whatever came. The properties here have one type, and None for everything else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

from evolink._outcomes import result_ids, result_links
from evolink._polling import Failure, failure_of, number_of
from evolink_client import models
from evolink_client.types import Unset

T = TypeVar("T")


def given(value: T | Unset | None) -> T | None:
    """Return the value of an optional field; None if the response does not have the field."""
    return None if isinstance(value, Unset) else value


def _time_of(value: Any) -> datetime | None:
    """Return a time that is given in Unix seconds or in the format of ISO 8601; None for any other value."""
    seconds = number_of(value)
    try:
        if seconds is not None:
            return datetime.fromtimestamp(seconds, UTC)
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
        return time if time is None else time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, OSError):  # beyond the years that Python knows
        return None


class Task(models.Task):
    """A task, as it was read from the API or a callback.

    It has every field of `evolink_client.models.Task`, and undocumented fields as `task["name"]`.
    """

    __slots__ = ()

    @classmethod
    def of(cls, task: models.Task) -> Task:
        """Return a task of the generated client with the properties of this class."""
        return task if isinstance(task, Task) else Task.from_dict(task.to_dict())

    @property
    def links(self) -> list[str]:
        """The links to the produced files; empty if there are none. They stay valid for 24 hours."""
        return [link for link in result_links(self) if link]

    @property
    def result_ids(self) -> dict[str, str]:
        """The ids of what the task has created in place of files, by their names, as in `element_id`; empty if none."""
        return result_ids(self)

    @property
    def video_seconds(self) -> float | None:
        """The length of the video in seconds, which only tasks of some models show. 0 if it is not yet known."""
        at_the_end = number_of(self.video_duration)
        return number_of(getattr(self.task_info, "video_duration", None)) if at_the_end is None else at_the_end

    @property
    def draft_expiry(self) -> datetime | None:
        """The time in UTC until which a completed draft can be made a video; None for any other task."""
        return _time_of(self.draft_expires_at)

    @property
    def failure(self) -> Failure | None:
        """The reason why the task failed; None if it did not fail."""
        return failure_of(self)

    @property
    def percent(self) -> float | None:
        """The progress in percent."""
        return number_of(self.progress)

    @property
    def created_at(self) -> datetime | None:
        """The time at which the task was created, in UTC."""
        return _time_of(self.created)

    @property
    def estimated_seconds(self) -> float | None:
        """The estimated duration of the task in seconds."""
        return number_of(getattr(self.task_info, "estimated_time", None))

    @property
    def credits_reserved(self) -> float | None:
        """The credits that were reserved for the task."""
        return number_of(getattr(self.usage, "credits_reserved", None))

    @property
    def credits_used(self) -> float | None:
        """The credits that the task has cost, from the field `usage.credits_used`, which no page documents."""
        usage = self.usage
        return number_of(usage.additional_properties.get("credits_used")) if isinstance(usage, models.Usage) else None

    def __eq__(self, other: object) -> bool:
        """Return whether the other task has the same fields; it may be one of the generated client."""
        return isinstance(other, models.Task) and self.to_dict() == other.to_dict()

    __hash__ = None  # as of every generated class, because the fields can change


class CreditsData(models.CreditsData):
    """The credits of the account (`user`) and of the API key (`token`)."""

    __slots__ = ()

    @property
    def remaining(self) -> float | None:
        """The credits that the account can still use."""
        return number_of(getattr(self.user, "remaining_credits", None))

    @property
    def used(self) -> float | None:
        """The credits that the account has used."""
        return number_of(getattr(self.user, "used_credits", None))

    @property
    def key_remaining(self) -> float | None:
        """The credits that the API key can still use; None if it has no limit of its own."""
        return None if self.key_is_unlimited else number_of(getattr(self.token, "remaining_credits", None))

    @property
    def key_used(self) -> float | None:
        """The credits that were used with the API key."""
        return number_of(getattr(self.token, "used_credits", None))

    @property
    def key_is_unlimited(self) -> bool:
        """True if the API key has no limit of its own."""
        return getattr(self.token, "unlimited_credits", None) is True


TaskOrId = models.CreatedTask | models.Task | str
