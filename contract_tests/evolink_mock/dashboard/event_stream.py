"""Server-sent events that keep open dashboard pages up to date. All pages share what was rendered."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import cached_property
from typing import Any

from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from evolink_mock.dashboard.rendering import Renderer
from evolink_mock.dashboard.source import Source
from evolink_mock.notices import NOTICES

POLL_SECONDS = 0.25  # in real time
KEEPALIVE_POLLS = 60  # send a comment after so many polls without changes, so that no proxy closes the connection
MAX_STREAMS = 100


class _Item:
    """A task or an exchange, which is rendered once for all pages."""

    def __init__(self, data: dict[str, Any], render: Callable[[dict[str, Any]], str]) -> None:
        self.data = data
        self._render = render

    @cached_property
    def html(self) -> str:
        """The item as HTML."""
        return self._render(self.data)


Items = dict[str, _Item]


class Snapshot:
    """The content of every page at one time.

    Attributes:
        visible: the part of the mock's state whose changes are shown.
        state: it as HTML.
        version: the version of the mock.
        tasks: the tasks by id.
        exchanges: the exchanges by number.
    """

    def __init__(self, visible: dict[str, Any], state: str, version: int, tasks: Items, exchanges: Items) -> None:
        self.visible, self.state, self.version, self.tasks, self.exchanges = visible, state, version, tasks, exchanges
        self._latest: tuple[Snapshot | None, dict[str, Any], str] | None = None

    def changes_since(self, previous: Snapshot | None) -> tuple[dict[str, Any], str]:
        """Return the changes since an earlier snapshot, as `ChangeTracker.changes` does, and the event with them."""
        if self._latest is None or self._latest[0] is not previous:
            changes: dict[str, Any] = {}
            if previous is None or self.visible != previous.visible:
                changes["state"] = self.state
            for name in ("tasks", "exchanges"):
                change = _compare(getattr(previous, name, None), getattr(self, name))
                changes |= {} if change is None else {name: change}
            self._latest = previous, changes, f"data: {json.dumps(changes)}\n\n" if changes else ""
        return self._latest[1:]


class Feed:
    """The latest snapshot of a mock, at most `POLL_SECONDS` old.

    Args:
        source: the mock.
        renderer: renders its data.
        clock: returns seconds.
    """

    def __init__(self, source: Source, renderer: Renderer, clock: Callable[[], float] = time.monotonic) -> None:
        self._source, self._renderer, self._clock = source, renderer, clock
        self._latest: Snapshot | None = None
        self._taken = 0.0
        self.streams = 0

    def snapshot(self) -> Snapshot:
        """Return the latest snapshot; take one if it is too old."""
        now = self._clock()
        if self._latest is None or now - self._taken >= POLL_SECONDS:
            self._latest, self._taken = self._take(self._latest), now
        return self._latest

    def _take(self, previous: Snapshot | None) -> Snapshot:
        state = self._source.state()
        visible = {**state, "now": int(state["now"]), "version": None}
        is_same = previous is not None and previous.visible == visible
        html = previous.state if previous is not None and is_same else self._renderer.render_state(state)
        if previous is not None and state["version"] == previous.version and not state["in_flight"]:
            if is_same:
                return previous
            return Snapshot(visible, html, previous.version, previous.tasks, previous.exchanges)
        exchanges = self._renderer.exchanges()
        tasks = {str(task["id"]): task for task in self._renderer.tasks(exchanges)}
        old = (None, None) if previous is None else (previous.tasks, previous.exchanges)
        return Snapshot(
            visible,
            html,
            state["version"],
            _items(tasks, old[0], lambda task: self._renderer.render_task(task, state)),
            _items(
                {str(exchange["number"]): exchange for exchange in exchanges},
                old[1],
                self._renderer.render_exchange,
            ),
        )


class ChangeTracker:
    """Remembers what one open page shows."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._previous: Snapshot | None = None

    def changes(self) -> dict[str, Any]:
        """Return the changes since the previous call; the first call returns the whole page.

        `state` is HTML. `tasks` and `exchanges` each have the `order` of all keys, and `changed`: the HTML of new and
        changed items by key. Without changes, the result is empty.
        """
        return self._next()[0]

    def event(self) -> str:
        """Return the event with these changes; empty without changes."""
        return self._next()[1]

    def _next(self) -> tuple[dict[str, Any], str]:
        previous, self._previous = self._previous, self._feed.snapshot()
        return ({}, "") if self._previous is previous else self._previous.changes_since(previous)


def _items(
    current: dict[str, dict[str, Any]], previous: Items | None, render: Callable[[dict[str, Any]], str]
) -> Items:
    """Return an item for each value, that of the previous snapshot for an unchanged one."""
    old = previous or {}
    return {
        key: item if (item := old.get(key)) is not None and item.data == data else _Item(data, render)
        for key, data in current.items()
    }


def _compare(previous: Items | None, current: Items) -> dict[str, Any] | None:
    old = previous or {}
    changed = {key: item.html for key, item in current.items() if old.get(key) is not item}
    same_order = previous is not None and list(previous) == list(current)
    return None if same_order and not changed else {"order": list(current), "changed": changed}


async def events(feed: Feed, is_disconnected: Callable[[], Awaitable[bool]]) -> AsyncGenerator[str, None]:
    """Yield server-sent events until the client disconnects; the first contains the whole page."""
    tracker = ChangeTracker(feed)
    yield "retry: 1000\n\n"
    yield tracker.event()
    quiet_polls = 0
    while not await is_disconnected():
        await asyncio.sleep(POLL_SECONDS)
        event = tracker.event()
        quiet_polls = 0 if event else quiet_polls + 1
        if event:
            yield event
        elif quiet_polls % KEEPALIVE_POLLS == 0:
            yield ":\n\n"


class EventResponse(StreamingResponse):
    """A response with events, or a 503 if there are `MAX_STREAMS` others."""

    def __init__(self, feed: Feed, is_disconnected: Callable[[], Awaitable[bool]], headers: dict[str, str]) -> None:
        super().__init__(events(feed, is_disconnected), 200, headers, "text/event-stream")
        self._feed = feed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        if self._feed.streams >= MAX_STREAMS:
            message = f"{MAX_STREAMS} dashboard pages are open, which is the limit."
            NOTICES.warn(message)
            await PlainTextResponse(f"{message}\n", 503)(scope, receive, send)
            return
        self._feed.streams += 1
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._feed.streams -= 1
