"""What the dashboard asks the mock for, and all that it knows of it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Protocol


class Source(Protocol):
    """The mock, as the dashboard sees it. Times are simulated seconds since the server started, unless they say more.

    A task has `id`, `model`, `status`, `progress`, `created` (Unix seconds), `ended` and `ends_in` (seconds or None),
    `pace`, `account`, `request` (the body of its create, or None), `body` (what a query of it answers), `bill`,
    `deliveries` (attempts, the earliest first, each with `attempt`, `at`, `waited`, `took_ms`, `status`, `error`,
    `delivered`, `url`, `sent_to` and `body`) and `result` (a path on this server, or None).

    An exchange has `number`, `at`, `took_ms`, `method`, `path`, `operation`, `status` (None when the connection was
    dropped), `request` and `response` (texts or None), `task_id`, `account`, `fault` and `violations`: a list of what
    is wrong with the request, each with `rules` (ids), `field` and `message`.
    """

    def state(self) -> dict[str, Any]:
        """Return how the mock stands.

        It has `now`, `speed` (None when time is moved by hand alone), `tasks` and `in_flight` (counts), `scenario`
        (or None), `pace`, `faults` (each with `id`, `when`, `do` and `matched`), `accounts` (each with `name`,
        `balance` or None, `reserved` and `used`), `outcomes`, `error_codes` of failed tasks, and `version`, which
        grows with every change.
        """
        ...

    def tasks(self, limit: int) -> list[dict[str, Any]]:
        """Return the newest tasks, the newest first."""
        ...

    def task(self, task_id: str) -> dict[str, Any] | None:
        """Return a task, or None when there is none with this id."""
        ...

    def exchanges(self, limit: int) -> list[dict[str, Any]]:
        """Return the newest exchanges, the newest first."""
        ...

    async def submit(self, body: dict[str, Any], prefer: str, origin: str) -> tuple[int, dict[str, Any]]:
        """Create a task as the first account, and return the status and the body of the answer.

        Links in the response begin with `origin`.

        Raises:
            InvalidOperationError: a fault replaced the response by something that is not a JSON object.
        """
        ...

    def complete(self, task_id: str) -> None:
        """End a task at once; like all that follow, it raises InvalidOperationError where that is impossible."""
        ...

    def fail(self, task_id: str, code: str) -> None:
        """Fail a task at once with a documented code."""
        ...

    def cancel(self, task_id: str) -> None:
        """Cancel a task at once."""
        ...

    def redeliver(self, task_id: str) -> None:
        """Deliver the callback of an ended task once more."""
        ...

    def advance(self, seconds: float) -> None:
        """Move the simulated time on."""
        ...

    def reset(self) -> Awaitable[None] | None:
        """Forget all tasks, exchanges and faults; what it returns, if anything, is waited for."""
        ...
