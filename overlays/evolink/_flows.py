"""Runs a flow: a generator that decides, step by step, while somebody else does what takes time.

What the SDK decides (to repeat a request, to read a task again, to resume a download) is written once, as a generator
of steps. These two perform the steps, one blocking and one not, and hand each result, or error, back to the generator.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeVar


class UserFunctionError(Exception):
    """An error that a function of the caller's has raised, and that would be taken for one of the flow's own."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


Step = TypeVar("Step")
Result = TypeVar("Result")


def run(flow: Generator[Step, Any, Result], perform: Callable[[Step], Any]) -> Result:
    """Run a flow to its end and return its result, or raise what it raises."""
    try:
        step = next(flow)
        while True:
            try:
                value = perform(step)
            except BaseException as error:  # noqa: BLE001 - the flow decides, and adds what it knows to the others
                step = flow.throw(error)
            else:
                step = flow.send(value)
    except StopIteration as end:
        result: Result = end.value
        return result


async def arun(flow: Generator[Step, Any, Result], perform: Callable[[Step], Awaitable[Any]]) -> Result:
    """Run a flow to its end and return its result, or raise what it raises."""
    try:
        step = next(flow)
        while True:
            try:
                value = await perform(step)
            except BaseException as error:  # noqa: BLE001 - the flow decides, and adds what it knows to the others
                step = flow.throw(error)
            else:
                step = flow.send(value)
    except StopIteration as end:
        result: Result = end.value
        return result
