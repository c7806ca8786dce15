"""Read how a task has ended: its status in any case or synonym, and its links in whichever shape they come.

The documentation has five statuses, and results that are a list of links. Programs that call the API report other
spellings and shapes, so this module recognises everything that has one meaning only. Performs no I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from evolink._contract import packaged_contract
from evolink._json import is_array, is_object, parse_json
from evolink._text import printable

if TYPE_CHECKING:
    from evolink_client.models import CreatedTask, Task

Outcome = Literal["completed", "failed", "cancelled", "expired"]

_SYNONYMS: dict[Outcome, str] = {
    "completed": "completed complete succeeded succeed success successful finished done",
    "failed": "failed fail failure unsuccessful error errored rejected blocked crashed dead timeout timedout",
    "cancelled": "cancelled canceled cancel aborted abort revoked terminated stopped killed",
    "expired": "expired deleted purged",
}
_OUTCOMES: dict[str, Outcome] = {word: outcome for outcome, words in _SYNONYMS.items() for word in words.split()}
# Deeper values have no meaning that this module could know.
MAX_DEPTH = 6
_PREFIXES = {"task", "job", "state", "status"}
# The fields in which other video APIs, and programs that call this one, have the link to a video.
_LINK_FIELDS = ("url", "video_url", "videourl", "file_url", "fileurl", "download_url", "downloadurl", "link", "video")
# The ids of results that tasks may have beside their status. No page documents them.
_ID_FIELDS = {"element_id", "character_id", "voice_id", "persona_id", "result_id"}
# Between links in one string. A comma inside a link is not followed by another scheme.
_BETWEEN_LINKS = re.compile(r"[\s,;|]+(?=https?://)", re.IGNORECASE)


def outcome_of(task: CreatedTask | Task) -> Outcome | None:
    """Return how a task has ended; None if it has not, or if its status has no certain meaning."""
    words = re.findall("[a-z]+", str(task.status).casefold())
    return _OUTCOMES.get("".join(word for word in words if word not in _PREFIXES))


def is_documented(task: Task) -> bool:
    """Return whether a page names the status of a task, in whatever case."""
    return str(task.status).strip().casefold() in packaged_contract().schemas["TaskStatus"]["enum"]


def has_results(task: Task) -> bool:
    """Return whether a completed task has any result. Some models return `result_data` instead of links."""
    return not (_is_blank(task.results) and _is_blank(_result_data(task))) or bool(result_ids(task))


def result_links(task: Task) -> list[str]:
    """Return the link of each result; an empty string for a result without an unmistakable link.

    The links in `result_data` count if there are no results.
    """
    if not _is_blank(task.results):
        return [_link_of(entry) for entry in _entries(task.results)]
    return [link for link in map(_link_of, _entries(_result_data(task))) if _is_link(link)]


def result_ids(task: Task) -> dict[str, str]:
    """Return the ids of what a task has created, such as an element or a voice, by the names of their fields.

    They are in `result_data`, as in `songs[1].result_id`, or beside the status of the task.
    """
    beside = {name: value for name, value in task.additional_properties.items() if name in _ID_FIELDS}
    return dict(_ids(beside)) | dict(_ids(_result_data(task)))


def created_text(task: Task) -> str:
    """Return the ids of what a task has created as text, as in `element_id 123`; empty if there are none."""
    return ", ".join(f"{printable(name, 80)} {printable(value, 80)}" for name, value in result_ids(task).items())


def shape_of_results(task: Task) -> str:
    """Describe the results of a task in a few words, for a message about results that are not a list of links."""
    return _shape(task.results)


def _result_data(task: Task) -> Any:
    """Return the field `result_data` as a JSON value; None if it is absent."""
    data: Any = task.result_data
    return data.to_dict() if hasattr(data, "to_dict") else data or None


def _ids(value: Any, path: str = "", depth: int = MAX_DEPTH) -> Iterator[tuple[str, str]]:
    """Yield each id in a JSON value with its name; an id of a request or of a task is not a result."""
    if is_array(value) and depth:
        for index, item in enumerate(value):
            yield from _ids(item, f"{path}[{index}]", depth - 1)
    elif is_object(value) and depth:
        for name, item in value.items():
            yield from _ids(item, f"{path}.{name}" if path else name, depth - 1)
    elif _is_id(path, value):
        yield path, str(value)


def _is_id(path: str, value: Any) -> bool:
    if not isinstance(value, str | int) or isinstance(value, bool) or not str(value).strip():
        return False
    is_named = re.search(r"(^|[._])id(\[[0-9]+\])?$", path, re.IGNORECASE) is not None
    return is_named and not path.endswith(("task_id", "request_id"))


def _is_blank(value: Any, depth: int = MAX_DEPTH) -> bool:
    if isinstance(value, str):
        return not value.strip()
    if not depth or not value:
        return not value
    if is_array(value):
        return all(_is_blank(item, depth - 1) for item in value)
    if is_object(value):
        links = [item for name, item in value.items() if name.lower() in _LINK_FIELDS]
        return all(_is_blank(item, depth - 1) for item in links or value.values())
    return False


def _entries(value: Any, depth: int = MAX_DEPTH) -> list[Any]:
    """Return the single results, which may be in a list, an object or a string."""
    if is_array(value):
        return value
    if is_object(value):
        inner = [item for item in value.values() if is_array(item) or is_object(item)]
        if depth and len(inner) == 1 and not _link_of(value):
            return _entries(inner[0], depth - 1)
        return [value] if value else []
    if not isinstance(value, str) or not value.strip():
        return []
    if depth and value.lstrip().startswith(("[", "{")):
        try:
            return _entries(parse_json(value), depth - 1)
        except ValueError:
            return [{}]
    return _BETWEEN_LINKS.split(value.strip())


def _link_of(entry: Any) -> str:
    """Return the link of one result; an empty string unless there is exactly one candidate."""
    if isinstance(entry, str):
        return entry
    if not is_object(entry):
        return ""
    links = {name.lower(): item for name, item in entry.items() if _is_link(item)}
    named = {links[name] for name in _LINK_FIELDS if name in links}
    found = named or set(links.values())
    return found.pop() if len(found) == 1 and (named or not _is_picture(*links)) else ""


def _is_link(value: Any) -> bool:
    return isinstance(value, str) and value.lower().startswith(("http://", "https://"))


def _is_picture(name: str) -> bool:
    """Return whether a field with this name has a still picture, such as a preview of the video."""
    return re.search("thumb|cover|poster|preview|image|picture|frame|avatar", name) is not None


def _shape(value: Any, depth: int = MAX_DEPTH) -> str:
    if is_array(value):
        return f"a list of {_shape(value[0], depth - 1)}" if value and depth else "a list" if value else "an empty list"
    if is_object(value):
        return f"an object with the fields {printable(', '.join(sorted(value)), 200)}" if value else "an empty object"
    if isinstance(value, str):
        return "a string" if value.strip() else "an empty string"
    if isinstance(value, bool):
        return "a boolean"
    return "a number" if isinstance(value, int | float) else "missing"
