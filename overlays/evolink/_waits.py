"""The waits of one `wait_all`, in the order in which their tasks are read. Performs no I/O."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

import httpx

from evolink._flows import UserFunctionError
from evolink._polling import Read, Waiting
from evolink.errors import EvoLinkError, OnUpdateError

if TYPE_CHECKING:
    from evolink._views import Task


class Waits:
    """The waits of one `wait_all`.

    Args:
        ids: the ids of the tasks.
        flows: the generators of the waits.
        url_of: returns the URL at which a task is read.

    Attributes:
        ids: the ids of the tasks.
        ends: the completed task or the error of each wait that has ended, by its position.
    """

    def __init__(self, ids: list[str], flows: list[Waiting], url_of: Callable[[str], httpx.URL]) -> None:
        self.ids = ids
        self.ends: dict[int, Task | EvoLinkError] = {}
        self._flows, self._url_of = flows, url_of
        self._urls: dict[int, httpx.URL] = {}
        self._due = [(0.0, index) for index in range(len(flows))]

    def __len__(self) -> int:
        return len(self.ids)

    def url(self, index: int) -> httpx.URL:
        """Return the URL at which the task of a wait is read; it is parsed once."""
        url = self._urls.get(index)
        if url is None:
            url = self._urls[index] = self._url_of(self.ids[index])
        return url

    @property
    def are_pausing(self) -> bool:
        """Whether any wait is pausing. The others are being read, or have ended."""
        return bool(self._due)

    @property
    def rest(self) -> float:
        """The seconds until the first of the pauses is over; 0 or less if it is."""
        return self._due[0][0] - monotonic()

    def take(self) -> int:
        """Remove the wait whose pause is over first; return its position."""
        return heapq.heappop(self._due)[1]

    def advance(self, index: int, result: Task | BaseException | None = None) -> Read | None:
        """Advance one wait; return its next read, or None if it pauses or has ended.

        Args:
            index: the position of the wait.
            result: the result of its read; None after a pause.
        """
        flow = self._flows[index]
        try:
            step = flow.throw(result) if isinstance(result, BaseException) else flow.send(result)
        except StopIteration as end:
            self.ends[index] = end.value
        except EvoLinkError as failure:
            self.ends[index] = failure
        except UserFunctionError as raised:
            error = raised.error
            self.ends[index] = error if isinstance(error, EvoLinkError) else OnUpdateError(self.ids[index], error)
        else:
            if isinstance(step, Read):
                return step
            heapq.heappush(self._due, (monotonic() + step.seconds, index))
            return None
        self._urls.pop(index, None)
        return None

    def in_order(self) -> list[Task | EvoLinkError]:
        """Return the results and errors in the order of the waits."""
        return [self.ends[index] for index in range(len(self))]
