"""Warnings that an attacker cannot multiply."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

# The seconds within which the same warning is logged once.
PERIOD_SECONDS = 60.0
# The number of different warnings that are remembered.
MAX_REMEMBERED = 100


class Notices:
    """Logs each warning as one line, and at most once in `PERIOD_SECONDS`; for use in any thread.

    Args:
        logger: gets the warnings.
        clock: returns seconds.
    """

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger, self._clock = logger, clock
        self._lock = threading.Lock()
        self._logged: dict[str, tuple[float, int]] = {}

    def warn(self, message: str) -> None:
        """Log a warning, with the number of times that it was left out since the last time."""
        now = self._clock()
        with self._lock:
            last, left_out = self._logged.get(message, (now - PERIOD_SECONDS, 0))
            is_due = now - last >= PERIOD_SECONDS
            if message not in self._logged and len(self._logged) >= MAX_REMEMBERED:
                self._logged.clear()
            self._logged[message] = (now, 0) if is_due else (last, left_out + 1)
        if is_due:
            self._logger.warning("%s%s", message, f" (and {left_out} times before)" if left_out else "")
