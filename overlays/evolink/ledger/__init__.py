"""A ledger of jobs: it remembers every submission in a database, so that a crash neither loses nor repeats one.

Needs the extra `batch`; a ledger in PostgreSQL needs the extra `postgres`.

    from evolink import EvoLink
    from evolink.ledger import Ledger

    with EvoLink() as api, Ledger("sqlite:///evolink.db") as ledger:
        ledger.submit(api, request, key="order-42")  # again with the same key: the same task, and nothing is sent
        task = ledger.wait(api, "order-42")
"""

from __future__ import annotations

from evolink.ledger._async_ledger import AsyncLedger
from evolink.ledger._jobs import Job, Spent, Status
from evolink.ledger._ledger import Ledger

__all__ = ["AsyncLedger", "Job", "Ledger", "Spent", "Status"]
