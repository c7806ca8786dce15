"""Server-sent events that keep an open dashboard page up to date."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from evolink_mock.dashboard.rendering import Renderer
from evolink_mock.dashboard.source import Source

POLL_SECONDS = 0.25  # in real time
KEEPALIVE_POLLS = 60  # send a comment after so many polls without changes, so that no proxy closes the connection


class ChangeTracker:
    """Remembers what one open page shows, and renders what has changed since."""

    def __init__(self, source: Source, renderer: Renderer) -> None:
        self._source = source
        self._renderer = renderer
        self._version: int | None = None
        self._state: dict[str, Any] | None = None
        self._tasks: dict[str, dict[str, Any]] | None = None
        self._exchanges: dict[str, dict[str, Any]] | None = None

    def changes(self) -> dict[str, Any]:
        """Return the changes since the previous call; the first call returns the whole page.

        `state` is HTML. `tasks` and `exchanges` each have the `order` of all keys, and `changed`: the HTML of new and
        changed items by key. Without changes, the result is empty.
        """
        state = self._source.state()
        changes: dict[str, Any] = {}
        visible = {**state, "now": int(state["now"]), "version": None}
        if visible != self._state:
            self._state = visible
            changes["state"] = self._renderer.render_state(state)
        if state["version"] != self._version or state["in_flight"]:
            self._version = state["version"]
            changes |= self._list_changes(state)
        return changes

    def _list_changes(self, state: dict[str, Any]) -> dict[str, Any]:
        exchanges = self._renderer.exchanges()
        previous = (self._tasks, self._exchanges)
        self._tasks = {str(task["id"]): task for task in self._renderer.tasks(exchanges)}
        self._exchanges = {str(exchange["number"]): exchange for exchange in exchanges}
        changes = {
            "tasks": _compare(previous[0], self._tasks, lambda task: self._renderer.render_task(task, state)),
            "exchanges": _compare(previous[1], self._exchanges, self._renderer.render_exchange),
        }
        return {name: change for name, change in changes.items() if change is not None}


def _compare(
    previous: dict[str, dict[str, Any]] | None,
    current: dict[str, dict[str, Any]],
    render: Callable[[dict[str, Any]], str],
) -> dict[str, Any] | None:
    changed = {key: render(value) for key, value in current.items() if previous is None or previous.get(key) != value}
    same_order = previous is not None and list(previous) == list(current)
    return None if same_order and not changed else {"order": list(current), "changed": changed}


async def events(
    source: Source, renderer: Renderer, is_disconnected: Callable[[], Awaitable[bool]]
) -> AsyncGenerator[str, None]:
    """Yield server-sent events until the client disconnects; the first contains the whole page."""
    tracker = ChangeTracker(source, renderer)
    yield "retry: 1000\n\n"
    yield _event(tracker.changes())
    quiet_polls = 0
    while not await is_disconnected():
        await asyncio.sleep(POLL_SECONDS)
        changes = tracker.changes()
        quiet_polls = 0 if changes else quiet_polls + 1
        if changes:
            yield _event(changes)
        elif quiet_polls % KEEPALIVE_POLLS == 0:
            yield ":\n\n"


def _event(changes: dict[str, Any]) -> str:
    return f"data: {json.dumps(changes)}\n\n"
