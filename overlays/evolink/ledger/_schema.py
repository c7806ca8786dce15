"""The tables of a ledger, and the migrations that create and change them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Double,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
    inspect,
    select,
    text,
    update,
)

from evolink.errors import LedgerTooNew

MAX_KEY_LENGTH = 200

metadata = MetaData()
# Times are Unix seconds by the clock of the database, because the clocks of several machines differ.
jobs = Table(
    "evolink_jobs",
    metadata,
    Column("key", String(MAX_KEY_LENGTH), primary_key=True),
    Column("status", String(16), nullable=False, index=True),
    Column("request", Text),  # JSON; NULL until it is known
    Column("request_sha256", String(64)),
    Column("model", Text),
    Column("name", Text),  # the file that the result is to be saved as
    Column("estimate", Double),  # the most credits, by the prices of `price_date`
    Column("price_date", String(10)),
    Column("idempotency_key", String(96)),
    Column("task_id", String(500), unique=True),
    Column("other_task_ids", Text),  # a JSON list: of earlier attempts, and of any that should not exist
    Column("task", Text),  # JSON, as it was last read
    Column("task_status", Text),
    Column("credits_reserved", Double),
    Column("credits_used", Double),
    Column("error_code", Text),
    Column("error_message", Text),
    Column("can_retry", Boolean),
    Column("links", Text),  # a JSON list
    Column("links_end", Double),
    Column("files", Text),  # a JSON list
    Column("attempts", Integer, nullable=False),
    Column("planned_at", Double, nullable=False),
    Column("sent_at", Double),
    Column("ended_at", Double),
    Column("updated_at", Double, nullable=False),
    Column("sender", Text),  # JSON: the process that sends or has sent the request
    Column("sending_until", Double),
    Column("handled", String(16)),  # the status for which the handler of callbacks has run
    Column("handler", Text),  # JSON: the process in which it is running
    Column("handler_until", Double),
)
version = Table("evolink_ledger", metadata, Column("version", Integer, nullable=False))

Migration = Callable[[Connection], None]


def _create_jobs(connection: Connection) -> None:
    """Create the tables of version 1."""
    jobs.create(connection)


MIGRATIONS: Sequence[Migration] = (_create_jobs,)
"""The first one leads to version 1. Later ones change an existing table with statements of their own."""


def migrate(connection: Connection, where: str) -> None:
    """Bring a ledger to the newest version, in the transaction of the connection.

    Args:
        connection: a connection that may write.
        where: the place of the ledger, for the error.

    Raises:
        LedgerTooNew: the ledger has a later version than this package knows.
    """
    if connection.dialect.name == "postgresql":  # SQLite allows one writer anyway
        connection.execute(text("SELECT pg_advisory_xact_lock(7305808869229538386)"))  # "evolinkR" as a number
    current = version_of(connection)
    if current is None:
        version.create(connection, checkfirst=True)
        connection.execute(insert(version).values(version=0))
    check_version(current or 0, where)
    for step in MIGRATIONS[current or 0 :]:
        step(connection)
    connection.execute(update(version).values(version=len(MIGRATIONS)))


def version_of(connection: Connection) -> int | None:
    """Return the version of a ledger; None for a database that has none."""
    if not inspect(connection).has_table(version.name):
        return None
    return connection.execute(select(version.c.version)).scalar()


def check_version(current: int, where: str) -> None:
    """Refuse a ledger that is newer than this package.

    Raises:
        LedgerTooNew: it is.
    """
    if current > len(MIGRATIONS):
        raise LedgerTooNew(
            f"the ledger {where} has version {current}, and this package knows versions up to {len(MIGRATIONS)}; "
            "install the newer version of evolink-client that has written it"
        )
