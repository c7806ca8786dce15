"""Entry point of the command `evolink` and of `python -m evolink`.

If an extra is missing or the user interrupts the command, it prints one line and returns an exit code.
"""

from __future__ import annotations

import signal
import sys
import warnings
from collections.abc import Callable

from evolink.cli import INTERRUPTED


def main() -> int:
    """Run the command with the arguments of this process; return its exit code."""
    try:
        run = _import_command()
        return run(sys.argv[1:])
    except ModuleNotFoundError as error:
        return _report_missing(error)
    except KeyboardInterrupt:
        _print_error("interrupted")
        return INTERRUPTED


def _import_command() -> Callable[[list[str]], int]:
    """Import the function that runs the command, which needs an extra and takes a moment.

    Raises:
        KeyboardInterrupt: the user interrupted the import.
        ModuleNotFoundError: the extra `cli` is not installed.
    """
    interruptions: list[int] = []
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        # An exception raised in the middle of an import can be lost, or leave a traceback.
        signal.signal(signal.SIGINT, lambda number, _: interruptions.append(number))
    try:
        with warnings.catch_warnings(record=True) as caught:
            from evolink.cli.app import run  # noqa: PLC0415 - an extra
    finally:
        if handler is signal.default_int_handler:
            signal.signal(signal.SIGINT, handler)
    for warning in caught:
        _print_error(f"warning: {warning.message}")
    if interruptions:
        raise KeyboardInterrupt
    return run


def _report_missing(error: ModuleNotFoundError) -> int:
    import json  # noqa: PLC0415 - only needed here

    from evolink.errors import MissingExtra  # noqa: PLC0415 - only needed here

    message = str(MissingExtra(f"the command line (the module {error.name} is missing)", "cli"))
    if "--json" in sys.argv[1:]:
        print(json.dumps({"error": {"type": "MissingExtra", "message": message}}))  # noqa: T201 - the command's output
    _print_error(message)
    return 2


def _print_error(text: str) -> None:
    print(f"evolink: {text}", file=sys.stderr)  # noqa: T201 - the command's output


if __name__ == "__main__":
    sys.exit(main())
