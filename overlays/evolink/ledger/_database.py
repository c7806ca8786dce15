"""The database of a ledger: its URL, its connections and transactions, and its errors in words."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evolink._paths import PathError, local_path, shown
from evolink._text import printable
from evolink.errors import ConfigurationError, LedgerError, MissingExtra

try:
    import sqlalchemy as sa
    from sqlalchemy import event, exc
    from sqlalchemy.engine import URL, make_url
except ModuleNotFoundError:
    raise MissingExtra("a ledger", "batch") from None

from evolink.ledger import _schema

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

POSTGRESQL = "postgresql+psycopg"
_SCHEMES = {"postgres": POSTGRESQL, "postgresql": POSTGRESQL}
EXAMPLES = "sqlite:///evolink.db or postgresql://user@host/database"
CONNECTIONS = 8  # to PostgreSQL; SQLite has one writer at a time anyway
CONNECT_SECONDS = 10

# The beginnings of the error names of SQLite and the error codes of PostgreSQL, and what to do about them.
_ADVICE = (
    (
        ("SQLITE_BUSY", "SQLITE_LOCKED", "55P03"),
        "another process keeps it locked; end that process, or raise busy_timeout",
    ),
    (("SQLITE_FULL", "53100"), "free some space on its disk, then make the same call again"),
    (("SQLITE_CANTOPEN",), "check that its folder exists and that this user may write into it"),
    (("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH"), "this user must be able to write the file and its folder"),
    (("SQLITE_NOTADB", "SQLITE_CORRUPT"), "the file is damaged, or is not a ledger; choose another file"),
    (("SQLITE_IOERR",), "check its disk, then make the same call again"),
    (("42501",), "this user needs SELECT, INSERT and UPDATE on evolink_jobs and evolink_ledger; once also CREATE"),
    (("28",), "check the user and the password in the URL"),
    (("3D",), "create the database first, for example with createdb"),
    (("53300",), "the server has too many connections; close some"),
    (("25006",), "the server is read-only"),
)


class Database:
    """A database with the tables of a ledger. It is thread-safe, and works in a forked process, too.

    Args:
        url: `sqlite:///path` or `postgresql://…`.
        busy_timeout: the seconds to wait for other processes that keep the database locked.

    Attributes:
        place: where the ledger is, without a password.
        path: the file; None for PostgreSQL.
        libpq_url: the URL for other drivers, with the password; None for SQLite.

    Raises:
        ConfigurationError: the URL is invalid.
        MissingExtra: the driver is not installed.
    """

    def __init__(self, url: str | URL, busy_timeout: float) -> None:
        self._url = _checked_url(url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self.place = self._url.render_as_string(hide_password=True)
        self.path = Path(str(self._url.database)) if self.is_sqlite else None
        self.libpq_url = (
            None if self.is_sqlite else self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        )
        self._password = self._url.password
        self._busy_timeout = busy_timeout
        self._lock = threading.Lock()
        self._engine = self._new_engine()
        self._pid = os.getpid()
        self._is_ready = False

    def __repr__(self) -> str:
        return f"<Database {self.place}>"

    @contextmanager
    def transaction(self, *, write: bool) -> Generator[Connection]:
        """Yield a connection in a transaction, which is committed at the end of the block and rolled back by an error.

        Raises:
            LedgerError: the database failed. Nothing of this transaction was stored, unless the connection was lost
                during the commit.
        """
        with self._translated("written" if write else "read"):
            self._make_ready()
            with self._begun(write=write) as connection:
                yield connection

    @contextmanager
    def _begun(self, *, write: bool) -> Generator[Connection]:
        """Yield a connection in a transaction. See `transaction`, which also opens the database and words errors."""
        with self._engine.begin() as connection:
            if self.is_sqlite:
                # A transaction that begins to read and then writes fails if another process has written in between.
                # An event of SQLAlchemy for this, and a statement by it, would take a third of the transaction.
                driver: Any = connection.connection.driver_connection
                driver.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            yield connection

    def close(self) -> None:
        """Close all connections. The next transaction opens them again."""
        self._engine.dispose()

    def now(self) -> sa.ColumnElement[float]:
        """Return the expression for the present Unix seconds by the clock of the database."""
        if self.is_sqlite:
            return sa.literal_column("((julianday('now') - 2440587.5) * 86400.0)", sa.Double)
        return sa.literal_column("extract(epoch from clock_timestamp())::double precision", sa.Double)

    def _make_ready(self) -> None:
        """Let this process have connections of its own, to a database that has the tables of this version."""
        with self._lock:
            if self._pid != os.getpid():  # a fork: these connections belong to the parent
                self._engine.dispose(close=False)
                self._engine, self._pid = self._new_engine(), os.getpid()
            if not self._is_ready:
                self._prepare()
                self._is_ready = True

    def _prepare(self) -> None:
        """Create or migrate the tables if that is needed. A ledger that is up to date is only read."""
        with self._begun(write=False) as connection:
            current = _schema.version_of(connection)
        if current == len(_schema.MIGRATIONS):
            return
        with self._begun(write=True) as connection:
            _schema.migrate(connection, self.place)

    def _new_engine(self) -> Engine:
        # Every connection is used in a transaction that ends, so there is nothing to roll back when it returns.
        options: dict[str, Any] = {
            "hide_parameters": True, "pool_timeout": self._busy_timeout, "pool_reset_on_return": None
        }  # fmt: skip
        try:
            return self._sqlite_engine(options) if self.is_sqlite else self._postgresql_engine(options)
        except ModuleNotFoundError as error:
            raise MissingExtra(f"a ledger in PostgreSQL (the module {error.name} is missing)", "postgres") from None
        except (exc.ArgumentError, ImportError) as error:  # psycopg without libpq
            raise ConfigurationError(f"the ledger {self.place} cannot be opened: {self._cleaned(str(error))}") from None

    def _sqlite_engine(self, options: dict[str, Any]) -> Engine:
        engine = sa.create_engine(
            self._url,
            pool_size=1,  # threads wait for each other here rather than in SQLite, which lets them starve
            max_overflow=0,
            connect_args={"timeout": self._busy_timeout, "check_same_thread": False},
            poolclass=sa.QueuePool,
            **options,
        )
        event.listen(engine, "connect", _set_up_sqlite)
        return engine

    def _postgresql_engine(self, options: dict[str, Any]) -> Engine:
        engine = sa.create_engine(
            self._url.update_query_dict({"connect_timeout": str(CONNECT_SECONDS), **self._url.query}),
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_pre_ping=True,
            **options,
        )
        event.listen(engine, "connect", self._set_up_postgresql)
        return engine

    def _set_up_postgresql(self, connection: Any, _record: Any) -> None:
        connection.execute(f"SET lock_timeout = {int(self._busy_timeout * 1000)}")
        connection.commit()

    @contextmanager
    def _translated(self, done: str) -> Generator[None]:
        """Turn every error of the database into a `LedgerError`, without SQL, parameters or the password."""
        driver: Any = self._engine.dialect.loaded_dbapi
        try:
            yield
        except exc.TimeoutError:
            reason = "other threads of this program keep it busy"
            raise LedgerError(f"the ledger {self.place} could not be {done}: {reason}") from None
        except (exc.SQLAlchemyError, driver.Error) as error:
            raise self._error(error, done) from error

    def _error(self, error: Exception, done: str) -> LedgerError:
        original: Any = getattr(error, "orig", None) or error
        code = str(getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None) or "")
        advice = next((text for codes, text in _ADVICE if code.startswith(codes)), "")
        reason = self._cleaned(str(original)) or type(original).__name__
        if not advice and not code and not self.is_sqlite:
            advice = "check that the server runs and the URL is right"
        message = f"the ledger {self.place} could not be {done}: {reason}"
        return LedgerError(f"{message}; {advice}" if advice else message)

    def _cleaned(self, text: str) -> str:
        """Return the first line of a message of the database, without the password."""
        line = printable(text.strip().split("\n")[0], 300)
        return line.replace(self._password, "***") if self._password else line


def file_url(path: Path) -> URL:
    """Return the URL of a ledger in a file, whose path may have any characters."""
    return URL.create("sqlite", database=str(path.absolute()))


def _checked_url(url: str | URL) -> URL:
    """Return the parsed URL of a ledger.

    Raises:
        ConfigurationError: it is not the URL of an SQLite file or a PostgreSQL database.
    """
    value: Any = url
    try:
        parsed = make_url(value)
    except (exc.ArgumentError, ValueError, TypeError, AttributeError):
        # The text is not repeated, because it may contain a password.
        raise ConfigurationError(f"the ledger needs a URL such as {EXAMPLES}") from None
    parsed = parsed.set(drivername=_SCHEMES.get(parsed.drivername, parsed.drivername))
    if parsed.drivername == POSTGRESQL:
        return parsed
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise ConfigurationError(
            f"a ledger cannot be in {printable(parsed.drivername, 80)}; its URL is {EXAMPLES}, with the driver psycopg"
        )
    if parsed.host or parsed.query:
        raise ConfigurationError(
            "the URL of an SQLite ledger is sqlite:/// and a path, as in sqlite:////var/lib/jobs.db"
        )
    if not parsed.database or parsed.database == ":memory:":
        raise ConfigurationError("a ledger in memory would be lost with the process; pass sqlite:///evolink.db")
    try:
        path = local_path(parsed.database)
    except PathError as error:
        raise ConfigurationError(f"the ledger cannot be opened: {error}") from None
    if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises on long names
        raise ConfigurationError(f"the ledger cannot be opened: {shown(path)} is a folder; add the name of a file")
    return parsed.set(database=str(path.absolute()))


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    """Set a new connection up: SQLAlchemy begins the transactions, and a commit survives a loss of power."""
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous = FULL")
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        # Two processes may do this at once, and SQLite does not wait here. Without it, readers wait for writers.
        for _ in range(20):
            with suppress(Exception):
                connection.execute("PRAGMA journal_mode = WAL").close()
                return
            time.sleep(0.05)
