"""Runs the mock server alone: `python -m evolink_mock --port 4010`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command; it can be interrupted, in good order, from the first moment on."""
    try:
        from evolink_mock.cli import run  # noqa: PLC0415 - most of the start-up time

        return run()
    except KeyboardInterrupt:
        print("evolink_mock: interrupted", file=sys.stderr)  # noqa: T201 - is a command
        return 130
    except ModuleNotFoundError as error:
        print(f"evolink_mock: needs {error.name}; install evolink-client[mock]", file=sys.stderr)  # noqa: T201 - as above
        return 2


if __name__ == "__main__":
    sys.exit(main())
