"""The Python interface that inspects and controls a mock in this process, from any thread."""

from __future__ import annotations

import asyncio
import warnings
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

from evolink_mock.controller import Controller

T = TypeVar("T")


class UnusedFaultWarning(UserWarning):
    """A fault rule never applied, so a test did not test what it should. `remove_faults` removes a rule in time."""


class Control(ABC):
    """Base class of `MockServer` and `MockTransport`: inspects and controls the mock. Times are simulated seconds."""

    @property
    @abstractmethod
    def _controller(self) -> Controller:
        """The controller, which must be called in the mock's event loop."""

    @abstractmethod
    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the mock's event loop and return its result."""

    def __reduce__(self) -> NoReturn:
        raise TypeError("a mock cannot be copied or sent to another process; give that process its url and api_key")

    @property
    def state(self) -> dict[str, Any]:
        """A summary of the mock: its clock, settings, fault rules and accounts."""
        return self._run(_call(self._controller.state))

    @property
    def faults(self) -> list[dict[str, Any]]:
        """The fault rules, and how often each one matched and was applied."""
        return self._run(_call(self._controller.faults))

    def _unused_faults(self) -> list[str]:
        """Return a sentence for each fault rule that never applied."""
        return self._run(_call(self._controller.unused_faults))

    def tasks(self, limit: int = 50) -> list[dict[str, Any]]:
        """Return the latest tasks, newest first."""
        return self._run(_call(self._controller.tasks, limit))

    def exchanges(self, limit: int = 100, task_id: str | None = None) -> list[dict[str, Any]]:
        """Return the latest requests with their responses, newest first; only those of one task if it is named."""
        return self._run(_call(self._controller.exchanges, limit, task_id))

    def deliveries(self, task_id: str | None = None) -> list[dict[str, Any]]:
        """Return the latest attempts to deliver callbacks, oldest first."""
        return self._run(_call(self._controller.deliveries, task_id))

    def advance(self, seconds: float) -> None:
        """Move the clock forward; tasks that are due end, in order."""
        self._run(_call(self._controller.advance, seconds))

    def complete(self, task_id: str) -> None:
        """Complete a running task."""
        self._run(_call(self._controller.complete, task_id))

    def fail(self, task_id: str, code: str = "unknown_error") -> None:
        """Fail a running task with a documented error code."""
        self._run(_call(self._controller.fail, task_id, code))

    def cancel(self, task_id: str) -> None:
        """Cancel a running task."""
        self._run(_call(self._controller.cancel, task_id))

    def redeliver(self, task_id: str) -> None:
        """Deliver the callback of an ended task again."""
        self._run(_call(self._controller.redeliver, task_id))

    def add_fault(self, rule: dict[str, Any]) -> dict[str, Any]:
        """Add a fault rule in the format of `/_mock/faults`, and return it.

        Raises:
            ConfigurationError: it is invalid, names something unknown, or there are too many rules.
        """
        return self._run(_call(self._controller.add_fault, rule))

    def remove_faults(self, rule_id: int | None = None) -> None:
        """Remove a fault rule, or all of them."""
        self._run(_call(self._controller.remove_faults, rule_id))

    def reset(self, scenario: str | None = None) -> None:
        """Return to the initial state, or switch to a packaged scenario; `none` ends the current one.

        Raises:
            InvalidOperationError: the scenario does not exist.
        """
        self._run(self._controller.reset(scenario))


def in_loop(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in an event loop of another thread and return its result."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result()


def warn_about_faults(problems: list[str]) -> None:
    """Warn about fault rules that never applied, at the line with the caller's `with` block."""
    if problems:
        warnings.warn("; ".join(problems), UnusedFaultWarning, stacklevel=3)


async def _call(function: Any, *args: Any) -> Any:
    return function(*args)
