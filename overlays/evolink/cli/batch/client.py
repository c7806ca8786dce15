"""`BatchClient`, which waits for thousands of tasks at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from evolink._async_client import AsyncEvoLink
from evolink._network import LIMITS

if TYPE_CHECKING:
    from pathlib import Path

    from evolink._views import Task


class BatchClient(AsyncEvoLink):
    """An `AsyncEvoLink` with as many reads and downloads at a time as it has connections.

    Others wait here. In httpx, each end of a request would look through all that wait, and with 1,400 jobs in progress
    that took all the time of a processor. It must be made in the event loop that uses it.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        half = max(1, (LIMITS.max_connections or 100) // 2)
        self._reads, self._downloads = asyncio.Semaphore(half), asyncio.Semaphore(half)

    async def _read(self, *arguments: Any, **options: Any) -> Task | None:
        async with self._reads:
            return await super()._read(*arguments, **options)

    async def download(self, *arguments: Any, **options: Any) -> Path:  # type: ignore[override] # the same, untyped
        """See `AsyncEvoLink.download`."""
        async with self._downloads:
            saved: Path = await super().download(*arguments, **options)
            return saved
