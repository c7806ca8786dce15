"""Runs the mock server: `python -m evolink_mock --port 4010`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command and return its exit code; an interrupt is handled even while modules are imported."""
    try:
        from evolink_mock.cli import run  # noqa: PLC0415 - takes most of the start-up time

        return run()
    except KeyboardInterrupt:
        print("evolink_mock: interrupted", file=sys.stderr)  # noqa: T201 - a command
        return 130
    except ModuleNotFoundError as error:
        module = str(error.name).partition(".")[0]
        print(f"evolink_mock: requires {module}; install evolink-client[mock]", file=sys.stderr)  # noqa: T201 - as above
        return 2


if __name__ == "__main__":
    sys.exit(main())
