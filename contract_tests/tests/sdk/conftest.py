"""Fixtures for tests of the SDK: an empty PostgreSQL database."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.postgresql import programs, running_server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL database."""
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL that can run here; install it with 'apt-get install postgresql'")
    with running_server(folder) as url:
        yield url


@pytest.fixture
def empty_postgresql(postgresql: str) -> str:
    """The URL of a PostgreSQL database without tables."""
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC")
    return postgresql
