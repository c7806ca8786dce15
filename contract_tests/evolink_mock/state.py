"""Everything that one mock server remembers, and that a reset forgets."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

from evolink_mock.domain.accounts import Accounts
from evolink_mock.domain.clock import Clock, RequestClock, SystemClock
from evolink_mock.domain.delivery import Deliveries
from evolink_mock.domain.faults import FaultRule, Faults
from evolink_mock.domain.file_store import KeptFiles
from evolink_mock.domain.journal import Journal
from evolink_mock.domain.tasks import Task, TaskStore
from evolink_mock.http.fetching import Fetcher
from evolink_mock.media.result_videos import ResultFiles
from evolink_mock.settings import ConfigurationError, ResolvedSettings


class State:
    """What a mock server remembers; for use in one event loop.

    Args:
        settings: what the server was told.
        clock: the time tasks and retries go by; the default follows the settings.
        deliveries: delivers callbacks; the default follows the contract and the settings.
    """

    def __init__(
        self, settings: ResolvedSettings, clock: Clock | None = None, deliveries: Deliveries | None = None
    ) -> None:
        self.settings = settings
        self.contract = settings.contract
        self.chance = random.Random(settings.seed)  # noqa: S311 - no secret
        usual = SystemClock(settings.speed) if settings.seed is None else RequestClock(settings.speed)
        self.clock: Clock = clock or usual
        self.accounts = Accounts(settings.balances)
        self.journal = Journal()
        self.faults = Faults(self.clock, self.chance)
        for row in settings.faults:
            self.add_fault(row)
        self.deliveries = deliveries or Deliveries(self.clock, self.contract.delivery, forward_to=settings.forward_to)
        self.tasks = TaskStore(self.clock, self.contract.sample, self.announce, self.chance)
        self.files = KeptFiles(self.contract.max_upload_bytes, self.contract.upload_kinds, self.chance)
        # Two, as a result keeps its place while it waits to be rendered.
        self.media = Fetcher(self.files.behind)
        self.results = ResultFiles(Fetcher(self.files.behind))
        self._running: set[asyncio.Task[None]] = set()

    @property
    def version(self) -> int:
        """A number that grows with every change that is worth being shown."""
        return self.journal.count + self.deliveries.count + self.tasks.changes + self.faults.changes

    def add_fault(self, row: Any) -> FaultRule:
        """Add a rule for faults.

        Raises:
            ConfigurationError: it has another form, names what is not there, or there are too many.
        """
        self.settings.check_rule(row)
        when = dict(row.get("when", {}))
        account = self.accounts.of(when.pop("key")) if "key" in when else None
        if account is not None:
            when["account"] = account.name  # a key is not to be shown, and rules are
        try:
            return self.faults.add({**row, "when": when})
        except ValueError as error:
            raise ConfigurationError(f"faults: {error}") from None

    def announce(self, task: Task) -> None:
        """Deliver the callback of a task that has ended, if it has one."""
        if task.order.callback_url is not None:
            self.deliveries.start(task.id, task.order.callback_url, self.tasks.body(task))

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the background, for as long as this world lasts."""
        running = asyncio.get_running_loop().create_task(work)
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    async def aclose(self) -> None:
        """Give up what is under way, and remove all files."""
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self.deliveries.aclose()
        self.clock.close()
        self.results.close()
        self.files.close()
