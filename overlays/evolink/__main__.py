"""The command `evolink`, and `python -m evolink`: ends well, whatever is missing and whenever it is interrupted."""

from __future__ import annotations

import sys

INTERRUPTED = 130


def main() -> int:
    """Run the command with the arguments of this process; returns its exit code."""
    try:
        try:
            from evolink.cli.app import run  # noqa: PLC0415 - takes time in which a user may interrupt, and an extra
        except ModuleNotFoundError as error:
            return _missing(error)
        return run(sys.argv[1:])
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED


def _missing(error: ModuleNotFoundError) -> int:
    import json  # noqa: PLC0415 - see above

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
