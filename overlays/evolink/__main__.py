"""Entry point of the command `evolink` and of `python -m evolink`.

If an extra is missing or the command is interrupted, it prints one line and returns an exit code. Ctrl-C, SIGTERM and
the end of the terminal interrupt it alike.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from evolink.cli import INTERRUPTED

# SIGBREAK exists on Windows only, SIGHUP elsewhere.
_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]

_MOMENT = 0.05
"""The seconds in which a destructor ends."""


def main() -> int:
    """Run the command with the arguments of this process; return its exit code."""
    try:
        with _handling_signals(signal.default_int_handler), _repeating_lost_interruptions():
            run = _import_command()
            return run(sys.argv[1:])
    except ModuleNotFoundError as error:
        return _report_missing(error)
    except KeyboardInterrupt:
        _print_error("interrupted")
        return INTERRUPTED


@contextmanager
def _handling_signals(handler: Callable[[int, Any], Any]) -> Generator[None]:
    """Handle the signals that end a program, except those that are ignored, as below `nohup`, or handled already."""
    replaced = {number: signal.getsignal(number) for number in _SIGNALS}
    replaced = {
        number: old
        for number, old in replaced.items()
        if old in {signal.SIG_DFL, signal.default_int_handler} and threading.current_thread() is threading.main_thread()
    }
    for number in replaced:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in replaced.items():
            signal.signal(number, old)


@contextmanager
def _repeating_lost_interruptions() -> Generator[None]:
    """Repeat an interruption during a destructor, where Python reports the exception and ignores it."""
    report = sys.unraisablehook
    timers: list[threading.Timer] = []

    def repeat() -> None:
        number = next((one for one in _SIGNALS if signal.getsignal(one) is signal.default_int_handler), None)
        main_thread = threading.main_thread().ident
        if number is not None and main_thread is not None and hasattr(signal, "pthread_kill"):
            signal.pthread_kill(main_thread, number)  # this also ends a system call that waits
        elif number is not None:
            _thread.interrupt_main(number)

    def look(unraisable: sys.UnraisableHookArgs) -> None:
        if unraisable.exc_type is not KeyboardInterrupt:
            report(unraisable)
            return
        timers.append(threading.Timer(_MOMENT, repeat))  # another exception now would be ignored, too
        timers[-1].daemon = True
        timers[-1].start()

    sys.unraisablehook = look
    try:
        yield
    finally:
        sys.unraisablehook = report
        for timer in timers:
            timer.cancel()


def _import_command() -> Callable[[list[str]], int]:
    """Import the function that runs the command, which needs an extra and takes a moment.

    Raises:
        KeyboardInterrupt: the import was interrupted.
        ModuleNotFoundError: the extra `cli` is not installed.
    """
    interruptions: list[int] = []
    # An exception raised in the middle of an import can be lost, or leave a traceback.
    with (
        _handling_signals(lambda number, _: interruptions.append(number)),
        warnings.catch_warnings(record=True) as caught,
        _without_the_command_of_httpx(),
    ):
        from evolink.cli.app import run  # noqa: PLC0415 - an extra
    for warning in caught:
        _print_error(f"warning: {warning.message}")
    if interruptions:
        raise KeyboardInterrupt
    return run


@contextmanager
def _without_the_command_of_httpx() -> Generator[None]:
    """Import httpx as if its own command were not installed: it would take a quarter of the time of this import."""
    name = "httpx._main"
    if name in sys.modules:
        yield
        return
    modules: dict[str, Any] = sys.modules
    modules[name] = None
    try:
        yield
    finally:
        del modules[name]


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
