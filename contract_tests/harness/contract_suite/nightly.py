"""Judges our own mock under many seeds, with the requests that schemathesis generates.

    make contract-nightly

Each seed generates requests for a few models; there are at least as many seeds as all models need.

Exit code 0: no rule is broken under any seed, and at least 8000 requests were generated. Exit code 1: otherwise. Exit
code 2: a run failed.
"""

from __future__ import annotations

import contextlib
import io
import math
import sys
import traceback
from pathlib import Path

import click

from bundle import BundleError
from contract_suite.cli import LocalPath
from contract_suite.core.rotation import MODELS_TRIED
from contract_suite.rules.documented import RuleError
from contract_suite.rules.editions import BASE
from contract_suite.session import Settings, documented_rules, judge
from evolink_mock import ConfigurationError

MIN_GENERATED = 8000  # requests
MIN_SEEDS = 12


def _seeds_for_all_models() -> int:
    return math.ceil(len(documented_rules(BASE).requests) / MODELS_TRIED)


@click.command()
@click.option(
    "--seeds", type=click.IntRange(min=1), default=lambda: max(MIN_SEEDS, _seeds_for_all_models()),
    help="The number of seeds, from 1.",
)  # fmt: skip
@click.option("--out", "folder", type=LocalPath(path_type=Path, file_okay=False), default=Path("reports/nightly"))
def main(seeds: int, folder: Path) -> None:
    """Judge our own mock under many seeds."""
    generated, red = 0, 0
    for seed in range(1, seeds + 1):
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # the plan is the same for every seed
                report = judge(Settings(seed=seed, folder=folder / f"seed-{seed}"))
        except (RuleError, ConfigurationError, BundleError, OSError) as error:
            click.echo(f"contract-nightly: {error}", err=True)
            sys.exit(2)
        except Exception as error:  # noqa: BLE001 - a fault of the suite is not a broken rule
            traceback.print_exc()
            click.echo(f"contract-nightly: a fault of this program: {error!r}", err=True)
            sys.exit(2)
        generated += report.requests.generated
        red += bool(report.broken or report.stopped)
        end = f"; stopped: {report.stopped}" if report.stopped else ""
        click.echo(
            f"seed {seed}: {report.requests.generated} requests generated, {len(report.broken)} rules broken{end}"
        )
        for line in report.lines() if report.broken else ():
            click.echo(line)
    click.echo(f"{seeds} seeds, {generated} requests generated; {red} seeds failed")
    if generated < MIN_GENERATED:
        click.echo(f"contract-nightly: fewer than {MIN_GENERATED} requests were generated; use more --seeds", err=True)
    sys.exit(1 if red or generated < MIN_GENERATED else 0)


if __name__ == "__main__":
    main()
