"""The interface through which the dashboard reads and controls the mock."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Protocol


class Source(Protocol):
    """The part of the mock that the dashboard uses.

    Times are simulated seconds since the server started, except where noted.

    A task has these keys:

    * `id`, `model`, `status`, `progress`, `pace`, `account` and `bill`;
    * `created` in Unix seconds, `ended` and `ends_in` in seconds or None;
    * `request`, the body of its create or None, and `body`, the body that a read of it returns;
    * `deliveries`, the attempts, oldest first, each with `attempt`, `at`, `waited`, `took_ms`, `status`, `error`,
      `delivered`, `url`, `sent_to` and `body`;
    * `result`, a path on this server or None.

    An exchange has these keys:

    * `number`, `at`, `took_ms`, `method`, `path`, `operation`, `task_id`, `account` and `fault`;
    * `status`, None if the connection was dropped;
    * `request` and `response`, the bodies as text or None;
    * `violations`, the documented rules that the request violates, each with `rules` (ids), `field` and `message`.
    """

    def state(self) -> dict[str, Any]:
        """Return the state of the mock.

        It has these keys:

        * `now`, and `speed`, None if only requests move the clock;
        * `tasks` and `in_flight`, numbers of tasks;
        * `scenario` or None, `edition`, and `pace`;
        * `faults`, each with `id`, `when`, `do` and `matched`;
        * `accounts`, each with `name`, `balance` or None, `reserved` and `used`;
        * `outcomes`, and the `error_codes` of failed tasks;
        * `version`, which grows with every change.
        """
        ...

    def tasks(self, limit: int) -> list[dict[str, Any]]:
        """Return the newest tasks, newest first."""
        ...

    def task(self, task_id: str) -> dict[str, Any] | None:
        """Return a task; None for an unknown id."""
        ...

    def exchanges(self, limit: int) -> list[dict[str, Any]]:
        """Return the newest exchanges, newest first."""
        ...

    async def submit(self, body: dict[str, Any], prefer: str, origin: str) -> tuple[int, dict[str, Any]]:
        """Create a task as the first account, and return the status and the body of the response.

        Links in the response begin with `origin`.

        Raises:
            InvalidOperationError: a fault replaced the response by something that is not a JSON object.
        """
        ...

    def complete(self, task_id: str) -> None:
        """Complete a task at once.

        Raises:
            InvalidOperationError: the operation is impossible. The same holds for all methods below.
        """
        ...

    def fail(self, task_id: str, code: str) -> None:
        """Fail a task at once with a documented code."""
        ...

    def cancel(self, task_id: str) -> None:
        """Cancel a task at once."""
        ...

    def redeliver(self, task_id: str) -> None:
        """Deliver the callback of an ended task again."""
        ...

    def advance(self, seconds: float) -> None:
        """Advance the simulated time."""
        ...

    def reset(self) -> Awaitable[None] | None:
        """Remove all tasks, exchanges and faults. The caller awaits the result, if there is one."""
        ...
