"""Whom the mock serves: one account for each API key, and what is left of its credits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# What an account has at first that may owe any amount. Ours.
FIRST_CREDITS = 1_000_000


@dataclass(eq=False)
class Account:
    """The account of one key, which it does not know: so it can be shown.

    Attributes:
        name: what to call it where the key must not be seen.
        balance: the credits it had at first, beyond which nothing is taken from it; None for one that may owe.
        reserved: credits set aside for tasks that run.
        used: what was charged.
    """

    name: str
    balance: float | None = None
    reserved: float = 0
    used: float = 0

    @property
    def remaining(self) -> float:
        """The credits that are neither used nor set aside. Fewer than none, when more was charged than set aside."""
        return round((FIRST_CREDITS if self.balance is None else self.balance) - self.used - self.reserved, 4)

    def can_reserve(self, amount: float) -> bool:
        """Whether there are credits left for a task that costs this much."""
        return self.balance is None or self.remaining >= amount

    def reserve(self, amount: float) -> None:
        """Set credits aside."""
        self.reserved = round(self.reserved + amount, 6)

    def settle(self, reserved: float, charged: float) -> None:
        """Charge a task that has ended, for which credits were set aside."""
        self.reserved = round(self.reserved - reserved, 6)
        self.used = round(self.used + charged, 6)


class Accounts:
    """The accounts of all keys that are accepted."""

    def __init__(self, balances: Mapping[str, float | None]) -> None:
        self._accounts = {
            key: Account(f"account {number}", balance) for number, (key, balance) in enumerate(balances.items(), 1)
        }
        self.all = list(self._accounts.values())

    def of(self, key: str) -> Account | None:
        """Return the account of a key, if it has one."""
        return self._accounts.get(key)
