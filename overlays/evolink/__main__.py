"""The command `evolink`, and `python -m evolink`: ends well, whatever is missing and whenever it is interrupted."""

from __future__ import annotations

import signal
import sys
import warnings
from collections.abc import Callable

from evolink.cli import INTERRUPTED


def main() -> int:
    """Run the command with the arguments of this process; returns its exit code."""
    try:
        run = _imported()
        return run(sys.argv[1:])
    except ModuleNotFoundError as error:
        return _missing(error)
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED


def _imported() -> Callable[[list[str]], int]:
    """Return what runs the command, an extra that takes a moment to import.

    Raises:
        KeyboardInterrupt: the user has interrupted it meanwhile.
    """
    interruptions: list[int] = []
    usual = signal.getsignal(signal.SIGINT)
    if usual is signal.default_int_handler:
        # Raised in the midst of an import, an interruption can be lost, and leaves a traceback behind.
        signal.signal(signal.SIGINT, lambda number, _: interruptions.append(number))
    try:
        with warnings.catch_warnings(record=True) as told:
            from evolink.cli.app import run  # noqa: PLC0415 - see above
    finally:
        if usual is signal.default_int_handler:
            signal.signal(signal.SIGINT, usual)
    for warning in told:
        _say(f"warning: {warning.message}")
    if interruptions:
        raise KeyboardInterrupt
    return run


def _missing(error: ModuleNotFoundError) -> int:
    import json  # noqa: PLC0415 - no other way of ending needs it

    from evolink.errors import MissingExtra  # noqa: PLC0415 - see above

    told = MissingExtra(f"the command line lacks the module {error.name}; it", "cli")
    if "--json" in sys.argv[1:]:
        print(json.dumps({"error": {"type": "MissingExtra", "message": str(told)}}))  # noqa: T201 - is a command
    _say(str(told))
    return 2


def _say(text: str) -> None:
    print(f"evolink: {text}", file=sys.stderr)  # noqa: T201 - is a command


if __name__ == "__main__":
    sys.exit(main())
