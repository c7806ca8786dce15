"""The command line of the mock server."""

from __future__ import annotations

import contextlib
from typing import Any, cast

import click

from evolink_mock.http.app import Mock
from evolink_mock.server import listen, serve, url_of
from evolink_mock.settings import DEFAULT_API_KEY, ConfigurationError, Settings, scenarios


def _named(_: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Return what is given as NAME=VALUE, perhaps more than once."""
    pairs = [value.rpartition("=") for value in values]
    if not all(name and equals for name, equals, _ in pairs):
        raise click.BadParameter(f"write it as {parameter.make_metavar(click.Context(mock))}")
    return {name: value for name, _, value in pairs}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=4010, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--api-key", metavar="KEY", help=f"The key to accept; {DEFAULT_API_KEY} unless given.")
@click.option("--speed", type=float, help="How many times faster than real time tasks go.")
@click.option("--pace", help="When tasks end: at-once, after-N-reads or after-S-seconds.")
@click.option(
    "--pace-of", "paces", multiple=True, callback=_named, metavar="MODEL=PACE", help="The same for one model."
)
@click.option("--outcome", help="How tasks end: completed, failed, cancelled, or stuck, which is never.")
@click.option("--seed", type=int, metavar="N", help="Make ids, times and chance the same each time.")
@click.option("--balance", type=float, metavar="CREDITS", help="What the account has; any amount unless given.")
@click.option("--account", "accounts", multiple=True, callback=_named, metavar="KEY=CREDITS", help="A further account.")
@click.option("--check-media", is_flag=True, default=None, help="Look at the files that requests name.")
@click.option("--scenario", metavar="NAME", help=f"A path, or one of {', '.join(scenarios())}.")
@click.option("--forward-callbacks-to", metavar="URL", help="Send every callback there, whatever address it names.")
def mock(host: str, port: int, **given: Any) -> None:
    """Serve EvoLink's documented video API without EvoLink."""
    with listen(host, port) as listener:
        app = Mock(**_settings(given))
        serve(app, listener, lambda: _say(f"EvoLink mock server ready at {url_of(listener)}"))
    _say("EvoLink mock server stopped.")


def _settings(given: dict[str, Any]) -> Settings:
    """Return the settings that were given."""
    told = {name: value for name, value in given.items() if value not in (None, {})}
    try:
        told |= {"accounts": {key: float(text) for key, text in given["accounts"].items()}} if given["accounts"] else {}
    except ValueError:
        raise ConfigurationError("--account must be KEY=CREDITS, with a number of credits") from None
    return cast("Settings", told)  # of the same names


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
