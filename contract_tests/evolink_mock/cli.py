"""The command line of the mock server."""

from __future__ import annotations

import contextlib
import socket
from typing import Any, cast

import click

from evolink_mock.http.access import Exposure
from evolink_mock.http.app import Mock
from evolink_mock.server import listen, serve, url_of
from evolink_mock.settings import DEFAULT_API_KEY, ConfigurationError, Settings, scenarios


def _parse_pairs(_: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Parse the values of a repeatable option NAME=VALUE."""
    pairs = [value.rpartition("=") for value in values]
    if not all(name and equals for name, equals, _ in pairs):
        raise click.BadParameter(f"the format is {parameter.make_metavar(click.Context(mock))}")
    if len({name for name, _, _ in pairs}) < len(pairs):
        raise click.BadParameter("the same name is given twice")
    return {name: value for name, _, value in pairs}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--allow-host",
    "allow_hosts",
    multiple=True,
    metavar="NAME",
    help="A further name under which clients reach the mock, such as that of its container.",
)
@click.option("--open-admin", is_flag=True, help="Ask for no token below /_mock/ where other machines reach the mock.")
@click.option(
    "--port", default=4010, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 for any free port."
)
@click.option("--api-key", metavar="KEY", help=f"The accepted API key; the default is {DEFAULT_API_KEY}.")
@click.option("--speed", type=float, help="How many times faster than real time tasks progress.")
@click.option("--pace", help="When tasks end: at-once, after-N-reads or after-S-seconds.")
@click.option(
    "--pace-of", "paces", multiple=True, callback=_parse_pairs, metavar="MODEL=PACE", help="The pace of one model."
)
@click.option("--outcome", help="How tasks end: completed, failed, cancelled, or stuck to never end.")
@click.option("--seed", type=int, metavar="N", help="Use the same ids, times and random numbers in each run.")
@click.option("--balance", type=float, metavar="CREDITS", help="The credits of the account; unlimited by default.")
@click.option(
    "--prices",
    envvar="EVOLINK_MOCK_PRICES",
    metavar="contract|none",
    help="Charge by the known prices, which is the default, or with none one credit a second.",
)
@click.option(
    "--account",
    "accounts",
    multiple=True,
    callback=_parse_pairs,
    metavar="KEY=CREDITS",
    help="An additional API key with credits of its own.",
)
@click.option("--check-media", is_flag=True, default=None, help="Inspect the files that requests name by URL.")
@click.option("--edition", metavar="NAME", help="The edition of the documentation to follow; the default is base.")
@click.option("--scenario", metavar="NAME", help=f"The path of a scenario file, or one of {', '.join(scenarios())}.")
@click.option(
    "--forward-callbacks-to", metavar="URL", help="Send every callback to this URL instead of the URL of its task."
)
def mock(host: str, port: int, *, open_admin: bool, **options: Any) -> None:
    """Serve a mock of EvoLink's video API that behaves as documented."""
    with listen(host, port) as listener:
        exposure = Exposure.of(listener, host, open_admin=open_admin)
        app = Mock(exposure=exposure, **_settings(options))
        serve(app, listener, lambda: _print_start(listener, exposure, app))
    _print("EvoLink mock server stopped.")


def _print_start(listener: socket.socket, exposure: Exposure, app: Mock) -> None:
    """Print where the mock is and, if other machines can reach it, what they can do."""
    url = url_of(listener)
    _print(f"EvoLink mock server ready at {url}")
    if not exposure.is_remote:
        return
    address, port = listener.getsockname()[:2]
    place = "any address of this machine" if address in {"0.0.0.0", "::"} else address  # noqa: S104 - as in `url_of`
    is_default = DEFAULT_API_KEY in app.controller.current_state.settings.balances
    key = (
        f"the API key {DEFAULT_API_KEY}, which everybody knows" if is_default else "an API key that it was started with"
    )
    _print(f"Warning: everybody who can reach port {port} of {place} can use this mock with {key}.", err=True)
    if exposure.token is None:
        _print("Warning: they can use its dashboard and everything below /_mock/ without a key.", err=True)
    else:
        _print(f"Its dashboard and everything below /_mock/ ask for a token: {url}/?token={exposure.token}")


def _settings(options: dict[str, Any]) -> Settings:
    """Convert the options of the command line to settings, without those that are absent."""
    settings = {name: value for name, value in options.items() if value not in (None, {}, ())}
    try:
        if "accounts" in settings:
            settings["accounts"] = {key: float(text) for key, text in settings["accounts"].items()}
    except ValueError:
        raise ConfigurationError("--account must be KEY=CREDITS, with a number of credits") from None
    return cast("Settings", settings)  # options and settings have the same names


def _print(text: str, *, err: bool = False) -> None:
    with contextlib.suppress(OSError):  # the server also works without a console
        click.echo(text, err=err)


def run() -> int:
    """Run the command and return its exit code; every error is one line on standard error."""
    try:
        return int(mock.main(prog_name="python -m evolink_mock", standalone_mode=False) or 0)
    except click.exceptions.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        click.echo(f"evolink_mock: {error.format_message()} See --help.", err=True)
    except ConfigurationError as error:
        click.echo(f"evolink_mock: {error}", err=True)
    return 2
