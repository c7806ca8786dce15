"""Define `evolink batch` and its commands: to run a file of requests, and to look into the ledger of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from evolink._contract import JSON
from evolink._text import printable
from evolink.cli.command import CommandContext, command
from evolink.cli.results import Timeout

if TYPE_CHECKING:
    from evolink.ledger import Ledger

WAIT = "3600"
FOLDER = "out"
CONCURRENCY = 8

batch = typer.Typer(
    name="batch",
    help="Run many requests from a file, so that a crash neither loses nor repeats one. Needs the extra "
    "evolink-client\\[batch].",
    context_settings={"help_option_names": ["-h", "--help"]},
)
Folder = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help="The folder with the results, the manifest and the ledger. With the extra `remote` also a URL, as in "
        "s3://bucket/folder, and then --ledger is needed.",
    ),
]
LedgerUrl = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        metavar="URL",
        help="The ledger: sqlite:///PATH or postgresql://… Default: evolink.db in the folder. Leave a password to "
        "PGPASSWORD or ~/.pgpass, because process lists show options.",
        show_default=False,
    ),
]
Key = Annotated[str, typer.Argument(metavar="KEY", help="The key of the job.", show_default=False)]


@batch.command()
@command
def run(
    context: CommandContext,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A .jsonl, .csv or .yaml file. Each row is a request with, optionally, a key and a name for its "
            "results. Local files in it are uploaded.",
            show_default=False,
        ),
    ],
    *,
    output: Folder = FOLDER,
    ledger: LedgerUrl = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the estimated cost of each row; send nothing.")
    ] = False,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=1000, help="How many jobs are in progress at a time.")
    ] = CONCURRENCY,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate", metavar="NUMBER", help="The most requests to create tasks in a second.", show_default=False
        ),
    ] = None,
    max_credits: Annotated[
        float | None,
        typer.Option(
            "--max-credits",
            metavar="CREDITS",
            help="Stop before all jobs of the ledger together may cost more. The prices are a dated snapshot.",
        ),
    ] = None,
    retry_failed: Annotated[
        bool,
        typer.Option(
            "--retry-failed",
            help="Submit failed jobs again where the documentation says that it can help, and refused ones.",
        ),
    ] = False,
    idempotency_keys: Annotated[
        bool,
        typer.Option(
            "--idempotency-keys",
            help="Send the undocumented header Idempotency-Key. A create whose response was lost is then sent again.",
        ),
    ] = False,
    timeout: Timeout = WAIT,  # type: ignore[assignment] # Typer parses it
) -> None:
    """Submit every row of a file, wait for the tasks, and save the results under their names.

    Everything is checked before the first request. The same command resumes after an interruption or a crash.
    """
    from evolink.cli.batch.folders import prepared_folder  # noqa: PLC0415 - an extra
    from evolink.cli.batch.rows import read_rows  # noqa: PLC0415 - an extra
    from evolink.cli.batch.session import Session, print_estimates  # noqa: PLC0415 - an extra

    if rate is not None and not 0.001 <= rate <= 1000:
        raise typer.BadParameter("must be from 0.001 to 1000", param_hint="'--rate'")
    with context.count_warnings():
        rows = read_rows(file, context.edition)
    if dry_run:
        print_estimates(context, rows)
        return
    session = Session(context, rows, prepared_folder(output), ledger)
    with context.count_warnings():
        session.run(
            concurrency=concurrency,
            rate=rate,
            max_credits=max_credits,
            retry_failed=retry_failed,
            idempotency_keys=idempotency_keys,
            timeout=timeout,
        )


@batch.command()
@command
def submit(
    context: CommandContext,
    file: Annotated[str, typer.Argument(metavar="FILE", help="See evolink batch run.", show_default=False)],
    *,
    ledger: Annotated[str, typer.Option("--ledger", metavar="URL", help="postgresql://…", show_default=False)],
) -> None:
    """Put every row of a file into the queue of workers, after it was checked. Needs the extra `workers`."""
    from evolink.cli.batch.rows import read_rows  # noqa: PLC0415 - an extra
    from evolink.cli.batch.session import submit_rows  # noqa: PLC0415 - an extra

    with context.count_warnings():
        rows = read_rows(file, context.edition)
    submit_rows(context, rows, ledger)


@batch.command()
@command
def work(
    context: CommandContext,
    *,
    ledger: Annotated[str, typer.Option("--ledger", metavar="URL", help="postgresql://…", show_default=False)],
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="DIR", help="The folder for the results, or a URL of one, see run."),
    ] = FOLDER,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=10_000, help="How many jobs are in progress at a time.")
    ] = 200,
    max_credits: Annotated[
        float | None, typer.Option("--max-credits", metavar="CREDITS", help="See evolink batch run.")
    ] = None,
    idempotency_keys: Annotated[bool, typer.Option("--idempotency-keys", help="See evolink batch run.")] = False,
    once: Annotated[bool, typer.Option("--once", help="End when no job is waiting.")] = False,
    timeout: Timeout = WAIT,  # type: ignore[assignment] # Typer parses it
) -> None:
    """Run jobs from the queue, on any number of machines. Needs the extra `workers`.

    A worker that dies hands its jobs to the others. Ctrl-C and SIGTERM end it in order.
    """
    from evolink.cli.batch.folders import prepared_folder  # noqa: PLC0415 - an extra
    from evolink.cli.batch.session import work_on  # noqa: PLC0415 - an extra

    work_on(
        context,
        ledger,
        prepared_folder(output),
        concurrency=concurrency,
        timeout=timeout,
        once=once,
        budget=max_credits,
        idempotency_keys=idempotency_keys,
    )


@batch.command()
@command
def status(context: CommandContext, *, output: Folder = FOLDER, ledger: LedgerUrl = None) -> None:
    """Show how many jobs are in each state, what they cost, and which need attention. Works while a batch runs."""
    with _open(output, ledger) as opened:
        counts, spent = opened.store.counts(), opened.spent()
        trouble = opened.jobs(["failed", "refused", "unknown", "cancelled"])
    document: JSON = {"counts": counts, "spent": spent._asdict(), "trouble": [job.to_dict() for job in trouble]}
    lines: list[str | tuple[str, ...]] = [(name, str(count)) for name, count in sorted(counts.items())]
    lines += [("credits", f"{spent.used:.15g} used, {spent.running:.15g} running, {spent.unknown:.15g} unknown")]
    lines += [(job.status, job.key, printable(job.error_message or job.error_code or "")) for job in trouble]
    context.output.write_result({"batch": document}, lines)


@batch.command()
@command
def export(
    context: CommandContext,
    to: Annotated[
        str, typer.Argument(metavar="FILE", help="A .csv or .jsonl file; it is replaced.", show_default=False)
    ],
    *,
    output: Folder = FOLDER,
    ledger: LedgerUrl = None,
) -> None:
    """Write all jobs of the ledger to a table."""
    with _open(output, ledger) as opened:
        count = opened.export(to)
    context.output.write_result({"export": {"file": to, "jobs": count}}, [f"{to}: {count} jobs"])


@batch.command()
@command
def resolve(
    context: CommandContext,
    key: Key,
    *,
    task_id: Annotated[
        str | None, typer.Option("--task-id", metavar="TASK_ID", help="The task that was created.", show_default=False)
    ] = None,
    lost: Annotated[bool, typer.Option("--lost", help="No task was created; the job may be sent again.")] = False,
    output: Folder = FOLDER,
    ledger: LedgerUrl = None,
) -> None:
    """Settle a submission without a known outcome by hand, after a look at the dashboard."""
    if (task_id is None) is not lost:
        raise typer.BadParameter("pass either --task-id or --lost", param_hint="'--task-id'")
    with _open(output, ledger) as opened:
        job = opened.resolve(key, task_id=task_id, lost=lost)
    context.output.write_result({"job": job.to_dict()}, [f"{job.key}: {job.status}"])


@batch.command()
@command
def retry(
    context: CommandContext,
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", help="The keys of the jobs.", show_default=False)],
    *,
    output: Folder = FOLDER,
    ledger: LedgerUrl = None,
) -> None:
    """Let jobs be submitted again that have failed, were cancelled or refused; the next run sends them."""
    with _open(output, ledger) as opened:
        jobs = [opened.retry(key) for key in keys]
    context.output.write_result({"jobs": [job.to_dict() for job in jobs]}, [f"{job.key}: {job.status}" for job in jobs])


@batch.command("cancel-pending")
@command
def cancel_pending(context: CommandContext, *, output: Folder = FOLDER, ledger: LedgerUrl = None) -> None:
    """Cancel every job that was not sent yet, also while a batch runs. Tasks that exist continue."""
    with _open(output, ledger) as opened:
        keys = opened.store.cancel_planned()
    context.output.write_result({"cancelled": keys}, [f"{key}: cancelled" for key in keys] or ["no job was waiting"])


def _open(output: str, url: str | None) -> Ledger:
    """Open the ledger of a batch, which must exist.

    Raises:
        typer.BadParameter: there is none.
    """
    from evolink._paths import shown  # noqa: PLC0415 - see run
    from evolink.cli.batch.folders import ledger_of  # noqa: PLC0415 - an extra
    from evolink.ledger import Ledger  # noqa: PLC0415 - an extra

    opened = Ledger(url or ledger_of(output))
    path = opened.store.database.path
    if path is not None and not path.is_file():
        message = f"{shown(path)} does not exist; pass the folder of a batch, or --ledger URL"
        raise typer.BadParameter(message, param_hint="'--output'")
    return opened
