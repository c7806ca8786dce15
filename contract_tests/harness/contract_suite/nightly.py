"""Judges the mock under many seeds, schemathesis included.

    make contract-nightly

Exit code 0: no rule is broken under any seed, and at least 8000 requests were generated; 1: not so; 2: it could not be
done.
"""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path

import click

from bundle import BundleError
from contract_suite.rules.documented import RuleError
from contract_suite.session import Settings, judge
from evolink_mock import ConfigurationError

LEAST = 8000  # generated requests


@click.command()
@click.option("--seeds", type=click.IntRange(min=1), default=12, show_default=True, help="How many, from 1 on.")
@click.option("--out", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path("reports/nightly"))
def main(seeds: int, folder: Path) -> None:
    """Judge the mock under many seeds."""
    cases, red = 0, 0
    for seed in range(1, seeds + 1):
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # the same for every seed
                report = judge(Settings(seed=seed, folder=folder / f"seed-{seed}"))
        except (RuleError, ConfigurationError, BundleError, OSError) as error:
            click.echo(f"contract-nightly: {error}", err=True)
            sys.exit(2)
        cases += report.cases
        red += bool(report.broken or report.stopped)
        end = f"; stopped: {report.stopped}" if report.stopped else ""
        click.echo(f"seed {seed}: {report.cases} requests generated, {len(report.broken)} rules broken{end}")
        for line in report.lines() if report.broken else ():
            click.echo(line)
    click.echo(f"{seeds} seeds, {cases} requests generated, {red} seeds under which a rule is broken")
    if cases < LEAST:
        click.echo(f"contract-nightly: {LEAST} requests were to be generated; ask for more --seeds", err=True)
    sys.exit(1 if red or cases < LEAST else 0)


if __name__ == "__main__":
    main()
