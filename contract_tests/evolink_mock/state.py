"""The state of one mock server, which a reset replaces."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from evolink_mock.domain.accounts import Accounts
from evolink_mock.domain.background import BackgroundTasks
from evolink_mock.domain.clock import Clock, RequestClock, SystemClock
from evolink_mock.domain.delivery import CallbackSender
from evolink_mock.domain.faults import FaultRule, Faults
from evolink_mock.domain.file_store import FileStore
from evolink_mock.domain.idempotency import IdempotencyKeys
from evolink_mock.domain.journal import Journal
from evolink_mock.domain.tasks import Task, TaskStore
from evolink_mock.http.addresses import is_public
from evolink_mock.http.fetching import Fetcher
from evolink_mock.media.result_videos import ResultFiles
from evolink_mock.settings import ConfigurationError, ResolvedSettings


class State:
    """Everything that a mock server keeps in memory; for use in one event loop.

    Args:
        settings: the settings of the server.
        clock: the clock of tasks and retries; the default follows the settings.
        callbacks: delivers callbacks; the default follows the contract and the settings.
        is_remote: whether other machines can reach the server. Uploads by URL then only come from public addresses.
    """

    def __init__(
        self,
        settings: ResolvedSettings,
        clock: Clock | None = None,
        callbacks: CallbackSender | None = None,
        *,
        is_remote: bool = False,
    ) -> None:
        self.settings = settings
        self.contract = settings.contract
        self.rng = random.Random(settings.seed)  # noqa: S311 - not used for secrets
        default = SystemClock(settings.speed) if settings.seed is None else RequestClock(settings.speed)
        self.clock: Clock = clock or default
        self.accounts = Accounts(settings.balances)
        self.journal = Journal()
        self.faults = Faults(self.clock, self.rng)
        for row in settings.faults:
            self.add_fault(row)
        self.callbacks = callbacks or CallbackSender(self.clock, self.contract.delivery, forward_to=settings.forward_to)
        self.tasks = TaskStore(
            self.clock, self.contract.sample, self.send_callback, self.rng, draft_seconds=self.contract.draft_seconds
        )
        self.idempotency_keys = IdempotencyKeys()
        self.files = FileStore(self.contract.max_upload_bytes, self.contract.upload_kinds, self.rng)
        self.decoding = asyncio.Semaphore(1)  # one large base64 upload at a time
        self.uploads = Fetcher(lambda _: None, is_allowed=is_public if is_remote else lambda _: True)
        # Two fetchers, because a result keeps its slot while it waits to be rendered.
        self.media = Fetcher(self.files.path_of)
        self.results = ResultFiles(Fetcher(self.files.path_of))
        self.background = BackgroundTasks()

    @property
    def version(self) -> int:
        """A number that grows with every change that the dashboard shows."""
        return self.journal.count + self.callbacks.count + self.tasks.changes + self.faults.changes

    def add_fault(self, row: Any) -> FaultRule:
        """Add a fault rule.

        Raises:
            ConfigurationError: it is invalid, names something unknown, or there are too many rules.
        """
        self.settings.check_fault_rule(row)
        when = dict(row.get("when", {}))
        account = self.accounts.find(when.pop("key")) if "key" in when else None
        if account is not None:
            when["account"] = account.name  # the dashboard shows rules, and must not show a key
        try:
            return self.faults.add({**row, "when": when})
        except ValueError as error:
            raise ConfigurationError(f"faults: {error}") from None

    def send_callback(self, task: Task) -> None:
        """Deliver the callback of an ended task, if it has a callback URL."""
        if task.spec.callback_url is not None:
            self.callbacks.start(task.id, task.spec.callback_url, self.tasks.body(task))

    async def aclose(self) -> None:
        """Cancel everything in progress and remove all files."""
        await self.background.aclose()
        await self.callbacks.aclose()
        self.clock.close()
        self.results.close()
        self.files.close()
