"""Accounts: one for each API key, with its balance of credits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# The credits of an account without a limit. Not documented.
UNLIMITED_CREDITS = 1_000_000


@dataclass(eq=False)
class Account:
    """The account of one key. It does not contain the key, so that pages and responses can contain it.

    Attributes:
        name: a name to show instead of the key.
        balance: the initial credits, which creates cannot exceed; None for no limit.
        reserved: credits reserved for running tasks.
        used: credits charged for ended tasks.
    """

    name: str
    balance: float | None = None
    reserved: float = 0
    used: float = 0

    @property
    def remaining(self) -> float:
        """The credits neither used nor reserved; negative if charges exceeded the reserved credits."""
        return round((UNLIMITED_CREDITS if self.balance is None else self.balance) - self.used - self.reserved, 4)

    def can_reserve(self, amount: float) -> bool:
        """Return whether the account has enough credits for a task that costs `amount`."""
        return self.balance is None or self.remaining >= amount

    def reserve(self, amount: float) -> None:
        """Reserve credits."""
        self.reserved = round(self.reserved + amount, 6)

    def settle(self, reserved: float, charged: float) -> None:
        """Release the reserved credits of an ended task and charge it."""
        self.reserved = round(self.reserved - reserved, 6)
        self.used = round(self.used + charged, 6)


class Accounts:
    """The accounts of all accepted keys."""

    def __init__(self, balances: Mapping[str, float | None]) -> None:
        self._accounts = {
            key: Account(f"account {number}", balance) for number, (key, balance) in enumerate(balances.items(), 1)
        }
        self.all = list(self._accounts.values())

    def find(self, key: str) -> Account | None:
        """Return the account of a key; None for an unknown key."""
        return self._accounts.get(key)
