"""The command line of the contract suite, which judges a server by every documented rule.

    KEY=sk-evo-... make contract [TARGET=https://api.evolink.ai] [ALLOW_HTTP=1] [SPEND=n] [SEED=n] [RATE=n/s] \
        [PATIENCE=s] [EDITION=2026-10] [SHARD=i/n] [OVERLAY=reports/drift.overlay.yaml] [STRICT=1] [MODEL='wan2.6-*']

Without TARGET, the mock server is started and judged, with its callbacks and bills. Exit code 0: no rule is broken.
Exit code 1: at least one is broken. Exit code 2: the target could not be judged, the run was stopped early, or this
program has a fault. (make itself turns 1 into 2.)
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import traceback
from pathlib import Path
from typing import Any

import click

from bundle import BundleError
from contract_suite.checks.chosen_models import NoModelError
from contract_suite.checks.planning import Shard
from contract_suite.core.exchanges import Secrets
from contract_suite.core.target import TargetError
from contract_suite.drift.applied_overlays import OverlayError
from contract_suite.reporting.report import remove_reports
from contract_suite.rules.documented import RuleError
from contract_suite.session import Settings, judge, report_failure
from evolink_mock import ConfigurationError

MIN_RATE = 0.01  # requests per second
FOLDER = Path("reports")


class LocalPath(click.Path):
    """A path, in which `~` is the home folder: a shell leaves it alone in `--out=~/reports` and in quotes."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        return super().convert(os.path.expanduser(value), param, ctx)  # noqa: PTH111 - Path.expanduser may raise


class _Rate(click.ParamType[float]):
    name = "n/s"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        match = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]+)?)(?:/s)?", str(value))
        if match is None or float(match[1]) < MIN_RATE:
            self.fail(f"invalid rate {value!r}: expected at least {MIN_RATE}, for example 5/s", param, ctx)
        return float(match[1])


class _Shard(click.ParamType[Shard]):
    name = "i/n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Shard:
        if isinstance(value, Shard):
            return value
        match = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", str(value), re.ASCII)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            self.fail(f"invalid shard {value!r}: expected i/n, for example 1/3 for the first of three", param, ctx)
        return Shard(int(match[1]), int(match[2]))


class _Patterns(click.ParamType[tuple[str, ...]]):
    name = "patterns"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        del param, ctx
        return tuple(re.split(r"[\s,]+", value.strip(" ,"))) if isinstance(value, str) else tuple(value)


@click.command()
@click.option("--target", envvar="TARGET", help="The URL of a server. Without it, the mock is started.")
@click.option(
    "--allow-http", envvar="ALLOW_HTTP", is_flag=True, help="Send the key unencrypted to an http:// target elsewhere."
)
@click.option("--spend", envvar="SPEND", type=click.IntRange(min=0), help="The most tasks that may be created there.")
@click.option("--seed", envvar="SEED", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--rate", envvar="RATE", type=_Rate(), help="The most requests per second, for example 5/s.")
@click.option(
    "--patience", envvar="PATIENCE", type=click.FloatRange(min=0), help="The most seconds to wait until tasks end."
)
@click.option("--shard", envvar="SHARD", type=_Shard(), default=Shard(), help="The part of the run, for example 1/3.")
@click.option(
    "--edition", envvar="EDITION", default="base", show_default=True, help="The edition of the documentation."
)
@click.option("--generate/--no-generate", default=True, help="Let schemathesis generate further requests, or not.")
@click.option(
    "--examples", type=click.IntRange(min=1), help="The most requests that a phase of schemathesis makes per operation."
)
@click.option(
    "--overlay", "overlays", envvar="OVERLAY", multiple=True, type=LocalPath(path_type=Path, dir_okay=False),
    help="An overlay over the contract, which overrules the rules that it contradicts. May be repeated.",
)  # fmt: skip
@click.option(
    "--model", "models", envvar="MODEL", type=_Patterns(), default=(),
    is_eager=True, # known before another option turns out to be invalid, as is the folder
    help="Judge only by the rules on these models, and those on no model. Patterns may be separated by commas.",
)  # fmt: skip
@click.option(
    "--strict/--no-strict", envvar="STRICT", default=False, help="Let inferred and contested rules fail the run, too."
)
@click.option(
    "--out", "folder", type=LocalPath(path_type=Path, file_okay=False), default=FOLDER,
    is_eager=True,
)  # fmt: skip
def main(**options: Any) -> None:
    """Judge a server by every documented rule. Its API key comes from the environment variable KEY, or is asked for."""
    key = os.environ.get("KEY", "")  # not an option, which a list of processes would show
    if options["target"] and not key and sys.stdin is not None and sys.stdin.isatty():
        key = click.prompt(f"The API key of {options['target']}", hide_input=True, err=True)
    try:
        report = judge(Settings(**options, key=key))
    except (TargetError, NoModelError, RuleError, ConfigurationError, BundleError, OverlayError, OSError) as error:
        click.echo(f"contract: {error}", err=True)
        sys.exit(2)
    for line in report.lines():
        click.echo(line)
    sys.exit(1 if report.broken else 2 if report.stopped else 0)


def run() -> None:
    """Run the command, with every message in the form of its own errors. A fault is not taken for a broken rule."""
    try:
        main(standalone_mode=False)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        given: dict[str, Any] = context.params if context else {}
        folder = given.get("folder", FOLDER)
        with contextlib.suppress(OSError):
            remove_reports(folder)
        message = error.format_message()
        report_failure(Settings(folder=folder, models=given.get("models", ())), click.ClickException(message))
        click.echo(f"contract: {message}", err=True)
        sys.exit(2)
    except click.Abort:  # at the prompt
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - Python itself would exit with 1, which means a broken rule
        text = "".join(traceback.format_exception(error)) + f"contract: a fault of this program: {error!r}"
        key = os.environ.get("KEY")
        with contextlib.suppress(OSError):  # standard error may be closed
            click.echo(Secrets(key).clean(text) if key else text, err=True)
        sys.exit(2)
