"""The entry point of the contract suite: `make contract` runs `python -m contract_suite`.

The signal handlers are installed first, so that an interrupt during the imports ends the program with one line too.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

signals: list[object] = []


def remember(*received: object) -> None:
    """Let the imports end first: an exception in the middle of one can be lost, and the run would go on."""
    signals.append(received)


def interrupted(*_: object) -> None:
    """Exit with one line instead of a traceback."""
    print("contract: interrupted", file=sys.stderr)  # noqa: T201 - click may not be imported yet
    sys.exit(130)


def handle(handler: Callable[..., None]) -> None:
    """Handle the signals that end a program, except those that are ignored."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:
            signal.signal(getattr(signal, name), handler)


if __name__ == "__main__":
    handle(remember)
    try:
        from contract_suite.cli import run
    except Exception as error:  # noqa: BLE001 - Python itself would exit with 1, which means a broken rule
        print(f"contract: cannot start: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201 - see above
        sys.exit(2)
    handle(interrupted)
    if signals:
        interrupted()

    run()
