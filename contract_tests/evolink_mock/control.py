"""The mock from within Python: everything that can be seen of it and done to it, from any thread."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any, TypeVar

from evolink_mock.controller import Controller

T = TypeVar("T")


class Control(ABC):
    """What a mock in this process can be asked and told, beside what is documented. Times are simulated seconds."""

    @property
    @abstractmethod
    def _sandbox(self) -> Controller:
        """What is asked and told, in its event loop."""

    @abstractmethod
    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the mock's event loop, and return its result."""

    @property
    def state(self) -> dict[str, Any]:
        """How the mock stands: its time, its settings, its rules for faults, its accounts."""
        return self._run(_now(self._sandbox.state))

    @property
    def faults(self) -> list[dict[str, Any]]:
        """The rules for faults, and how often each was met."""
        return self._run(_now(self._sandbox.faults))

    def tasks(self, limit: int = 50) -> list[dict[str, Any]]:
        """Return the latest tasks, newest first."""
        return self._run(_now(self._sandbox.tasks, limit))

    def exchanges(self, limit: int = 100, task_id: str | None = None) -> list[dict[str, Any]]:
        """Return the latest requests to documented operations and their answers, newest first."""
        return self._run(_now(self._sandbox.exchanges, limit, task_id))

    def deliveries(self, task_id: str | None = None) -> list[dict[str, Any]]:
        """Return the latest attempts to deliver callbacks, oldest first."""
        return self._run(_now(self._sandbox.deliveries, task_id))

    def advance(self, seconds: float) -> None:
        """Move the clock; tasks whose time has come end, in order."""
        self._run(_now(self._sandbox.advance, seconds))

    def complete(self, task_id: str) -> None:
        """End a task that is under way, as completed."""
        self._run(_now(self._sandbox.complete, task_id))

    def fail(self, task_id: str, code: str = "unknown_error") -> None:
        """End a task that is under way, as failed with a documented code."""
        self._run(_now(self._sandbox.fail, task_id, code))

    def cancel(self, task_id: str) -> None:
        """End a task that is under way, as cancelled."""
        self._run(_now(self._sandbox.cancel, task_id))

    def redeliver(self, task_id: str) -> None:
        """Deliver the callback of a task that has ended once more."""
        self._run(_now(self._sandbox.redeliver, task_id))

    def add_fault(self, rule: dict[str, Any]) -> dict[str, Any]:
        """Add a rule for faults, as at `/_mock/faults`, and return it.

        Raises:
            ConfigurationError: it has another form, names what is not there, or there are too many.
        """
        return self._run(_now(self._sandbox.add_fault, rule))

    def remove_faults(self, rule_id: int | None = None) -> None:
        """Remove a rule for faults, or all of them."""
        self._run(_now(self._sandbox.remove_faults, rule_id))

    def reset(self, scenario: str | None = None) -> None:
        """Forget everything, and begin as at the start, or as a scenario says.

        Raises:
            ConfigurationError: there is no such scenario.
        """
        self._run(self._sandbox.reset(scenario))


def in_loop(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    """Do something in an event loop that runs in another thread, and return its result."""
    return asyncio.run_coroutine_threadsafe(work, loop).result()


async def _now(ask: Any, *arguments: Any) -> Any:
    return ask(*arguments)
