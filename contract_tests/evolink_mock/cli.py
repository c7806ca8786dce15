"""The command line of the mock server."""

from __future__ import annotations

import contextlib

import click

from evolink_mock.app import DEFAULT_API_KEY
from evolink_mock.server import ConfigurationError, configured_mock, listen, serve, url_of


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=4010, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--api-key", default=DEFAULT_API_KEY, show_default=True, metavar="KEY", help="The one key to accept.")
@click.option("--speed", default=1.0, show_default=True, help="How many times faster than real time tasks go.")
@click.option("--reads", type=int, metavar="N", help="End a task with its n-th read instead of by time.")
@click.option("--forward-callbacks-to", metavar="URL", help="Send every callback there, whatever address it names.")
def mock(host: str, port: int, api_key: str, speed: float, reads: int | None, forward_callbacks_to: str | None) -> None:
    """Serve EvoLink's documented video API without EvoLink."""
    with listen(host, port) as listener:
        app = configured_mock(listener, api_key, speed, reads, forward_callbacks_to)
        serve(app, listener, lambda: _say(f"EvoLink mock server ready at {url_of(listener)}"))
    _say("EvoLink mock server stopped.")


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # a server can do without somebody to talk to
        click.echo(text)


def run() -> int:
    """Run the command; every failure is one line on standard error."""
    try:
        return int(mock.main(prog_name="python -m evolink_mock", standalone_mode=False) or 0)
    except click.exceptions.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        click.echo(f"evolink_mock: {error.format_message()} See --help.", err=True)
    except ConfigurationError as error:
        click.echo(f"evolink_mock: {error}", err=True)
    return 2
