"""Submits with and without a ledger, and measures the time of a call.

    python ledger_process.py URL KEY BODY FOLDER

BODY is the request as JSON; the ledger is a file in FOLDER. Each line of the input is a number of calls; each line of
the output has the microseconds per call as JSON, of each kind in turn.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from evolink import EvoLink
from evolink.ledger import Ledger


def committed_twice(path: Path, text: str) -> Callable[[int], object]:
    """Return a function that stores a row and changes it, each in a transaction, with nothing but SQLite."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE jobs (key TEXT PRIMARY KEY, status TEXT, request TEXT)")

    def store(number: int) -> None:
        database.execute("INSERT INTO jobs VALUES (?, 'sending', ?)", (str(number), text))
        database.execute("UPDATE jobs SET status = 'submitted' WHERE key = ?", (str(number),))

    return store


def cost(call: Callable[[int], object], numbers: range) -> dict[str, float]:
    """Return the microseconds per call."""
    wall, processor = time.perf_counter(), time.process_time()
    for number in numbers:
        call(number)
    return {
        "CPU": (time.process_time() - processor) / len(numbers) * 1e6,
        "wall": (time.perf_counter() - wall) / len(numbers) * 1e6,
    }


def main(url: str, key: str, body: str, folder: str) -> None:
    """Measure once for each line of the input."""
    request = json.loads(body)
    with EvoLink(key, base_url=url) as api, Ledger(f"sqlite:///{folder}/jobs.db") as ledger:
        calls: dict[str, Callable[[int], object]] = {
            "ledger": lambda number: ledger.submit(api, request, key=f"order-{number}"),
            "bare": lambda _: api.submit(request),
            "SQLite": committed_twice(Path(folder) / "bare.db", body),
        }
        first = count(step=1_000_000)
        for line in sys.stdin:
            start = next(first)
            figures = {kind: cost(call, range(start, start + int(line))) for kind, call in calls.items()}
            sys.stdout.write(json.dumps(figures) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
