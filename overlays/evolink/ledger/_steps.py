"""The steps of a ledger's flows, which `Ledger` and `AsyncLedger` perform; see `evolink._flows`."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, NamedTuple, TypeVar

from evolink._retries import Pause


class Stored(NamedTuple):
    """A step: read or write the ledger or a remote folder. Its result is that of the function."""

    call: Callable[[], Any]


class Ask(NamedTuple):
    """A step: call a method of the client. Its result is that of the method."""

    method: str
    arguments: tuple[Any, ...]
    options: dict[str, Any] = {}  # noqa: RUF012 - never changed


Step = Stored | Ask | Pause
Result = TypeVar("Result")
Flow = Generator[Step, Any, Result]
