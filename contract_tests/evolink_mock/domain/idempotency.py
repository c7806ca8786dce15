"""Idempotency keys: a create that repeats a key gets the task of the first one."""

from __future__ import annotations

import hashlib
import json
import re
from collections import OrderedDict
from typing import Any

from evolink_mock.domain.tasks import MAX_TASKS, Task

# The keys that EvoLink's own clients send; no page documents the header.
KEY_PATTERN = re.compile(r"[A-Za-z0-9._-]{16,96}")


class KeyConflictError(Exception):
    """A key was used for another request."""


class IdempotencyKeys:
    """The idempotency keys of the latest creates, separately for each account."""

    def __init__(self, limit: int = MAX_TASKS) -> None:
        self._limit = limit
        self._tasks: OrderedDict[tuple[str, str], tuple[bytes, Task]] = OrderedDict()

    def find(self, account: str, key: str, request: Any) -> Task | None:
        """Return the task that an earlier create with the same key and request has created; None without one.

        Args:
            account: the name of the account.
            key: the key.
            request: the request body as JSON; the order of its members has no meaning.

        Raises:
            KeyConflictError: the earlier create had another request.
        """
        digest, task = self._tasks.get((account, key), (b"", None))
        if task is not None and digest != _digest(request):
            raise KeyConflictError
        return task

    def remember(self, account: str, key: str, request: Any, task: Task) -> None:
        """Remember the task that a create has created."""
        self._tasks[account, key] = _digest(request), task
        if len(self._tasks) > self._limit:
            self._tasks.popitem(last=False)


def _digest(request: Any) -> bytes:
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).digest()
