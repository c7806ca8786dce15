"""Sends what has changed to a page that is open."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from evolink_mock.dashboard.rendering import Renderer
from evolink_mock.dashboard.source import Source

LOOK_SECONDS = 0.25  # real ones, between two looks at the mock
SILENT_LOOKS = 60  # after which something is sent all the same, so that nothing between takes the connection for dead


class Watch:
    """What one open page has been told so far."""

    def __init__(self, source: Source, renderer: Renderer) -> None:
        self._source = source
        self._renderer = renderer
        self._version: int | None = None
        self._state: dict[str, Any] | None = None
        self._tasks: dict[str, dict[str, Any]] | None = None
        self._exchanges: dict[str, dict[str, Any]] | None = None

    def news(self) -> dict[str, Any]:
        """Return what has changed since the last time; empty for nothing.

        It has the HTML of the `state`, and for `tasks` and `exchanges` the `order` in which they stand and the HTML of
        those that have `changed`.
        """
        state = self._source.state()
        news: dict[str, Any] = {}
        shown = {**state, "now": int(state["now"]), "version": None}
        if shown != self._state:
            self._state = shown
            news["state"] = self._renderer.state_part(state)
        if state["version"] != self._version or state["in_flight"]:
            self._version = state["version"]
            news |= self._lists(state)
        return news

    def _lists(self, state: dict[str, Any]) -> dict[str, Any]:
        exchanges = self._renderer.exchanges()
        known = (self._tasks, self._exchanges)
        self._tasks = {str(task["id"]): task for task in self._renderer.tasks(exchanges)}
        self._exchanges = {str(exchange["number"]): exchange for exchange in exchanges}
        tasks = _changes(known[0], self._tasks, lambda task: self._renderer.task_part(task, state))
        rows = _changes(known[1], self._exchanges, self._renderer.exchange_part)
        return {name: part for name, part in (("tasks", tasks), ("exchanges", rows)) if part is not None}


def _changes(
    known: dict[str, dict[str, Any]] | None, now: dict[str, dict[str, Any]], render: Callable[[dict[str, Any]], str]
) -> dict[str, Any] | None:
    changed = {key: render(value) for key, value in now.items() if known is None or known.get(key) != value}
    same = known is not None and list(known) == list(now)
    return None if same and not changed else {"order": list(now), "changed": changed}


async def events(
    source: Source, renderer: Renderer, is_gone: Callable[[], Awaitable[bool]]
) -> AsyncGenerator[str, None]:
    """Yield server-sent events until nobody listens any more; the first tells everything."""
    watch = Watch(source, renderer)
    yield "retry: 1000\n\n"
    yield _event(watch.news())
    silent = 0
    while not await is_gone():
        await asyncio.sleep(LOOK_SECONDS)
        news = watch.news()
        silent = 0 if news else silent + 1
        if news:
            yield _event(news)
        elif silent % SILENT_LOOKS == 0:
            yield ":\n\n"


def _event(news: dict[str, Any]) -> str:
    return f"data: {json.dumps(news)}\n\n"
