"""Run flows: generators that yield steps, such as a request or a pause, and receive the result of each.

The decisions of the SDK (to retry a request, read a task again, resume a download) are written once, as generators
without I/O. `run` and `arun` perform the steps, and send each result, or throw each error, back into the generator.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeVar


class UserFunctionError(Exception):
    """Wraps an error raised by a function of the user, to distinguish it from an error of the flow itself."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


Step = TypeVar("Step")
Result = TypeVar("Result")


def run(flow: Generator[Step, Any, Result], perform: Callable[[Step], Any]) -> Result:
    """Run a flow to its end; return its result, or raise the exception it raises."""
    try:
        step = next(flow)
        while True:
            try:
                value = perform(step)
            except BaseException as error:  # noqa: BLE001 - the flow handles it, or adds a note and raises it again
                step = flow.throw(error)
            else:
                step = flow.send(value)
    except StopIteration as end:
        result: Result = end.value
        return result


async def arun(flow: Generator[Step, Any, Result], perform: Callable[[Step], Awaitable[Any]]) -> Result:
    """Run a flow to its end; return its result, or raise the exception it raises."""
    try:
        step = next(flow)
        while True:
            try:
                value = await perform(step)
            except BaseException as error:  # noqa: BLE001 - the flow handles it, or adds a note and raises it again
                step = flow.throw(error)
            else:
                step = flow.send(value)
    except StopIteration as end:
        result: Result = end.value
        return result
