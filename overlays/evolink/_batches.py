"""Submit many requests at once, so that a rate limit slows all of them down together, and no task id gets lost.

`Pace` and `Batch` decide without I/O. `BatchThreads` runs the flows of a batch, and the caller performs their steps.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

from evolink._flows import run
from evolink._log import logger
from evolink._retries import MAX_RETRY_AFTER, Pause, pause
from evolink.errors import EvoLinkError, RateLimited, Unavailable

if TYPE_CHECKING:
    from evolink._views import Task

# The time between two starts shrinks by this factor with every accepted request.
SPEED_UP = 0.8
# An interrupted batch waits this long for the requests that are being sent, because their tasks cost money.
LAST_SECONDS = 10.0

OnCreated = Callable[[int, "Task"], Any]
"""Called with the position of a request and its new task."""


class CheckMedia(NamedTuple):
    """A step of a submission: check the files of the request."""


class Send(NamedTuple):
    """A step of a submission: send the request once. Its result is the task; a failure is thrown."""


Flow = Generator[CheckMedia | Send | Pause, Any, "Task"]


class Pace:
    """The pace of a batch, which all its requests share. It is thread-safe.

    After a 429, or a 503 with the documented body, no request starts for the time that the server asks for. Then they
    start one after another: at first as many in that time as were accepted before the refusal, then faster with every
    accepted one. A request is given up after `max_retries` refusals in a row in which no request was accepted.

    Args:
        max_retries: how many refusals in a row are waited for.
        random: returns a number from 0 to 1, for the pauses.
        clock: returns monotonic seconds.
    """

    def __init__(
        self, max_retries: int, random: Callable[[], float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_retries, self._random, self._clock = max_retries, random, clock
        self._lock = threading.Lock()
        self._next = clock()
        self._waited = 0.0  # the latest pause, in seconds
        self._accepted = 0  # since the latest refusal but one
        self._interval: float | None = 0.0  # between two starts; None until the first start after a refusal
        self._refusals = 0  # in a row without an accepted request
        self._round = 0

    def delay(self) -> float:
        """Return the seconds until the next request may start. If it may start now, return 0 and count it."""
        with self._lock:
            now = self._clock()
            if now < self._next:
                return self._next - now
            if self._interval is None:
                self._interval = self._waited / max(1, self._accepted)
                self._accepted = 0
            self._next = now + self._interval
            return 0.0

    @property
    def round(self) -> int:
        """The number of the round, which every refusal ends. Requests that are sent together belong to one round."""
        return self._round

    def accept(self) -> None:
        """Count an accepted request."""
        with self._lock:
            self._refusals = 0
            self._accepted += 1
            if self._interval is not None:
                self._interval *= SPEED_UP

    def refuse(self, retry_after: float | None, sent_in: int) -> bool:
        """Slow all requests down after a refusal; return whether to send the refused request again.

        Args:
            retry_after: the seconds that the server asks to wait, if it does.
            sent_in: the round in which the request was sent.
        """
        if retry_after is not None and retry_after > MAX_RETRY_AFTER:
            return False
        with self._lock:
            now = self._clock()
            if sent_in == self._round:
                self._round += 1
                self._refusals += 1
                self._interval = None
            if self._refusals <= max(1, self._max_retries):
                self._waited = pause(self._refusals - 1, retry_after, self._random)
                self._next = max(self._next, now + self._waited)
            else:  # waiting has not helped; each of the other requests is sent once
                self._next, self._interval = now, 0.0
            return self._refusals <= self._max_retries


class Batch:
    """The requests of one `submit_all`, and what became of them.

    Args:
        results: the errors of the requests that are not sent, by position.
        count: the number of requests.
        pace: their pace.
        check_media: whether the files of each request are checked first.

    Attributes:
        results: the new task or the error of each request that has ended, by position.
        waiting: the positions of the requests that have not begun.
    """

    def __init__(
        self, results: Mapping[int, Task | EvoLinkError], count: int, pace: Pace, *, check_media: bool
    ) -> None:
        self.results = dict(results)
        self.waiting = deque(index for index in range(count) if index not in self.results)
        self._count, self._pace, self._check_media = count, pace, check_media
        self._sending: set[int] = set()
        self._lock = threading.Lock()
        self._is_reported = False

    def flow(self, index: int) -> Flow:
        """Yield the steps that submit one request; return the new task."""
        if self._check_media:
            yield CheckMedia()
        while True:
            while (seconds := self._pace.delay()) > 0:
                yield Pause(seconds)
            sent_in = self._pace.round
            self._sending.add(index)
            try:
                task: Task = yield Send()
            except (RateLimited, Unavailable) as error:
                self._sending.discard(index)
                if not self._pace.refuse(error.retry_after, sent_in):
                    raise
            else:
                self._pace.accept()
                return task

    def end(self, index: int, result: Task | BaseException) -> None:
        """Store the result of a request. If the batch has been interrupted, log it, because nobody else gets it."""
        with self._lock:
            if not isinstance(result, BaseException) or isinstance(result, EvoLinkError):
                self.results[index] = result
                self._sending.discard(index)
            if self._is_reported:
                self._log(index)

    def in_order(self) -> list[Task | EvoLinkError]:
        """Return all results in the order of the requests."""
        return [self.results[index] for index in range(self._count)]

    def report(self, interruption: BaseException) -> None:
        """Log and add to an interruption which tasks were created, and which requests have no result yet."""
        with self._lock:
            self._is_reported = True
            ids = [result.id for _, result in sorted(self.results.items()) if not isinstance(result, EvoLinkError)]
            unknown = sorted(self._sending)
            for index in sorted({*self.results, *unknown}):
                self._log(index)
        if ids:
            interruption.add_note(f"These tasks were created and continue on the server: {', '.join(ids)}.")
        if unknown:
            positions = ", ".join(map(str, unknown))
            interruption.add_note(f"These requests may have been accepted and charged, too: {positions}.")

    def _log(self, index: int) -> None:
        result = self.results.get(index)
        if result is None:
            if index in self._sending:
                logger.warning("request %d of an interrupted submit_all may have been accepted and charged", index)
        elif not isinstance(result, EvoLinkError):
            logger.warning("%s lives on: it was created by request %d of an interrupted submit_all", result.id, index)
        else:
            logger.info("request %d of an interrupted submit_all has failed: %s", index, result)


class StoppedError(Exception):
    """The batch was interrupted during a pause. Never leaves the SDK."""


class BatchThreads:
    """Submits the requests of a batch in other threads.

    Args:
        batch: the batch.
        perform: performs a step of the request at a position; called in the other threads.
        on_created: called in the calling thread.
    """

    def __init__(
        self, batch: Batch, perform: Callable[[int, CheckMedia | Send], Task | None], on_created: OnCreated | None
    ) -> None:
        self._batch, self._perform, self._on_created = batch, perform, on_created
        self._is_over = threading.Event()
        self._ended: SimpleQueue[tuple[int, Task | BaseException]] = SimpleQueue()

    def run(self, concurrency: int) -> list[Task | EvoLinkError]:
        """Submit every request; return the results in the order of the requests."""
        pending = len(self._batch.waiting)
        # Daemon threads: an interrupted program does not wait for a response.
        threads = [
            threading.Thread(target=self._work, name="evolink", daemon=True) for _ in range(min(concurrency, pending))
        ]
        try:
            for thread in threads:
                thread.start()
            for _ in range(pending):
                hand_over(*self._ended.get(), self._on_created)
        except BaseException as interruption:
            self._is_over.set()
            try:
                _join(threads)
            except BaseException as second:
                self._batch.report(second)
                raise
            self._batch.report(interruption)
            raise
        return self._batch.in_order()

    def _work(self) -> None:
        """Submit requests until none is waiting; runs in each of the other threads."""
        while not self._is_over.is_set():
            try:
                index = self._batch.waiting.popleft()
            except IndexError:
                return
            result = self._submit(index)
            self._batch.end(index, result)
            self._ended.put((index, result))

    def _submit(self, index: int) -> Task | BaseException:
        def perform(step: CheckMedia | Send | Pause) -> Task | None:
            if not isinstance(step, Pause):
                return self._perform(index, step)
            if self._is_over.wait(step.seconds):
                raise StoppedError
            return None

        try:
            return run(self._batch.flow(index), perform)
        except BaseException as error:  # noqa: BLE001 - raised again in the calling thread
            return error


def _join(threads: list[threading.Thread]) -> None:
    last = time.monotonic() + LAST_SECONDS
    for thread in threads:
        if thread.is_alive():
            thread.join(max(0.0, last - time.monotonic()))


def hand_over(index: int, result: Task | BaseException, on_created: OnCreated | None) -> None:
    """Pass a new task on to the caller.

    Raises:
        BaseException: the request ended with another error than those of the SDK.
    """
    if not isinstance(result, BaseException):
        if on_created is not None:
            on_created(index, result)
    elif not isinstance(result, EvoLinkError):
        raise result
