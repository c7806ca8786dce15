"""One `evolink batch run`: its ledger, progress, manifest, interruption and exit code."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evolink._contract import JSON
from evolink._text import printable
from evolink.cli import exit_codes
from evolink.cli.batch.folders import ledger_in
from evolink.cli.batch.rows import Row, rows_error, wrong_row
from evolink.cli.batch.running import End, Options, Run
from evolink.cli.command import CommandContext, CommandEnded
from evolink.cli.costs import cost_to_json
from evolink.errors import QuotaExceeded, RateLimited, TransferError, Unavailable
from evolink.ledger import AsyncLedger, Job
from evolink.ledger._export import write_text
from evolink.ledger._remote import RemoteFolder

if TYPE_CHECKING:
    from collections.abc import Callable

MANIFEST = "manifest.jsonl"
# The manifest is written again at most after this time, and at most for a twentieth of the time.
MANIFEST_SECONDS, MANIFEST_SHARE = 2.0, 20
RESUME = "run the same command again to go on"


def print_estimates(context: CommandContext, rows: list[Row]) -> None:
    """Print the estimated cost of each row, and of all of them."""
    total = sum(row.cost.max_credits or 0.0 for row in rows if row.cost is not None)
    unknown = sum(1 for row in rows if row.cost is None or row.cost.max_credits is None)
    listed = [{"row": row.number, "key": row.key, "name": row.name, "estimate": cost_to_json(row.cost)} for row in rows]
    lines: list[str | tuple[str, ...]] = [
        (str(row.number), row.key, row.name, _amount(row), printable(row.cost.unknown if row.cost else ""))
        for row in rows
    ]
    rest = f", and {unknown} rows of unknown cost" if unknown else ""
    lines.append(f"total: {total:.15g} credits at most{rest}; nothing was sent")
    context.output.write_result({"batch": {"rows": listed, "max_credits": total, "unknown": unknown}}, lines)


def _amount(row: Row) -> str:
    return "?" if row.cost is None or row.cost.max_credits is None else f"{row.cost.max_credits:.15g}"


class Session:
    """One run of the command.

    Args:
        context: the running command.
        rows: the rows.
        folder: the folder for the results.
        url: the URL of the ledger; None for that of the folder.

    Raises:
        typer.BadParameter: a remote folder cannot have the ledger.
    """

    def __init__(self, context: CommandContext, rows: list[Row], folder: Path | RemoteFolder, url: str | None) -> None:
        self._context, self._rows, self._folder = context, rows, folder
        self._url = url or ledger_in(folder)
        self._is_changed = asyncio.Event()

    def run(
        self,
        *,
        concurrency: int,
        rate: float | None,
        max_credits: float | None,
        retry_failed: bool,
        idempotency_keys: bool,
        timeout: float,
    ) -> None:
        """Run the batch, print its end, and exit with the code for it.

        Raises:
            CommandEnded: not every row is completed.
            KeyboardInterrupt: the user has interrupted it.
            InvalidRequest: with a limit, the cost of each row must be known.
            LedgerError: the ledger has failed.
        """
        unpriced = [row for row in self._rows if row.cost is None or row.cost.max_credits is None]
        if max_credits is not None and unpriced:
            raise rows_error(
                [wrong_row(row.number, "its cost is not known, so omit --max-credits") for row in unpriced]
            )
        options = Options(self._folder, concurrency, rate, retry_failed, timeout)
        ledger = AsyncLedger(self._url, budget=max_credits, idempotency_keys=idempotency_keys)
        with self._context.output.show_batch(len(self._rows)) as report:
            run = asyncio.run(self._main(ledger, options, report))
        self._print_end(run)

    async def _main(self, ledger: AsyncLedger, options: Options, report: Callable[[int, str, str], None]) -> Run:
        async with ledger, self._context.connect_async() as api:
            run = Run(api, ledger, self._rows, options, lambda row: self._change(run, row, report))
            if isinstance(self._folder, RemoteFolder):
                await self._write_manifest(ledger)  # before anything is paid, because this may not be allowed
            manifest = asyncio.create_task(self._keep_manifest(ledger))
            try:
                with _interruptible():
                    await run.run()
            except asyncio.CancelledError:
                running = sum(job.status == "submitted" for job in (await self._jobs(ledger)).values())
                raise _interruption(running) from None
            finally:
                manifest.cancel()
                with suppress(asyncio.CancelledError):
                    await manifest
                await self._write_manifest(ledger)
            return run

    def _change(self, run: Run, row: Row | None, report: Callable[[int, str, str], None]) -> None:
        """Show a change of a row."""
        self._is_changed.set()
        one = ""
        if row is not None:
            end = run.ends[row.key]
            detail = ", ".join(end.files) or end.reason
            one = printable(f"{row.name}: {end.status}{f', {detail}' if detail else ''}", 1000)
        counts = ", ".join(f"{count} {name}" for name, count in sorted(run.counts.items()) if count)
        report(len(run.ends), one, f"{counts}; {run.credits:.15g} credits")

    async def _jobs(self, ledger: AsyncLedger) -> dict[str, Job]:
        return await asyncio.to_thread(ledger.store.find_all, [row.key for row in self._rows])

    async def _keep_manifest(self, ledger: AsyncLedger) -> None:
        """Write the manifest after changes, until this is cancelled."""
        while True:
            await self._is_changed.wait()
            self._is_changed.clear()
            began = time.monotonic()
            with suppress(TransferError):  # the last one is written again at the end, and reports the error
                await self._write_manifest(ledger)
            await asyncio.sleep(max(MANIFEST_SECONDS, MANIFEST_SHARE * (time.monotonic() - began)))

    async def _write_manifest(self, ledger: AsyncLedger) -> None:
        """Write which file came of which row."""
        jobs = await self._jobs(ledger)
        lines = [
            json.dumps(
                {
                    "row": row.number,
                    "key": row.key,
                    "name": row.name,
                    "status": job.status,
                    "task_id": job.task_id,
                    "files": [self._relative(file) for file in job.files],
                    "error": job.error_message,
                }
            )
            for row in self._rows
            if (job := jobs.get(row.key)) is not None
        ]
        texts = [f"{line}\n" for line in lines]
        if isinstance(self._folder, RemoteFolder):
            await asyncio.to_thread(self._folder.write, MANIFEST, texts)
        else:
            await asyncio.to_thread(write_text, self._folder / MANIFEST, texts)

    def _relative(self, file: str) -> str:
        """Return the path of a file relative to the folder, if it is in there."""
        if isinstance(self._folder, RemoteFolder):
            return file.removeprefix(f"{self._folder}/")
        try:
            return Path(file).relative_to(self._folder.absolute()).as_posix()
        except ValueError:
            return file

    def _print_end(self, run: Run) -> None:
        """Print the end of every row, and how to go on if one is not completed.

        Raises:
            CommandEnded: one is not.
        """
        ends = [run.ends[row.key] for row in self._rows]
        counts = Counter(end.status for end in ends)
        codes = [exit_codes.DONE, *map(_exit_code, ends)]
        if run.ending is not None:  # it is why rows were not sent
            is_passing = isinstance(run.ending, QuotaExceeded | RateLimited | Unavailable)
            codes = [code for code in codes if code != exit_codes.LATER]
            codes.append(exit_codes.LATER if is_passing else exit_codes.exit_code_for(run.ending))
        code = max(codes, key=_SEVERITY.index)
        document: JSON = {
            "counts": dict(counts),
            "credits": run.credits,
            "stopped": run.stopped or None,
            "rows": [_end_to_json(end) for end in ends],
        }
        lines: list[str | tuple[str, ...]] = [
            (str(end.row.number), end.row.key, end.status, " ".join(end.files) or printable(end.reason)) for end in ends
        ]
        self._context.output.write_result({"batch": document}, lines)
        summary = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
        self._context.output.write_note(
            f"evolink: {summary}; {run.credits:.15g} credits; see {self._folder}/{MANIFEST}"
        )
        if run.stopped:
            self._context.output.write_note(f"evolink: no more requests were sent: {run.stopped}; then {RESUME}")
        elif code:
            self._context.output.write_note(
                f"evolink: not every row is completed; {RESUME}, or see evolink batch status"
            )
        if code:
            raise CommandEnded(code)


def submit_rows(context: CommandContext, rows: list[Row], url: str) -> None:
    """Put rows into the queue of workers, and print how many.

    Raises:
        EvoLinkError: the ledger or the queue has failed, or a file cannot be uploaded.
    """
    from evolink.cli.batch import workers  # noqa: PLC0415 - an extra

    async def main() -> int:
        ledger = AsyncLedger(url)
        app = workers.queue_of(ledger)
        async with ledger, context.connect_async() as api:
            options = Options(Path(), 1, None, retry_failed=False, timeout=0.0)
            jobs = await Run(api, ledger, rows, options, lambda _: None).plan()
            with workers.translated(ledger):
                async with app.open_async():
                    await workers.prepare(app)
                    return await workers.put(app, list(jobs.values()))

    count = asyncio.run(main())
    document: JSON = {"batch": {"rows": len(rows), "queued": count}}
    context.output.write_result(document, [f"{len(rows)} rows, {count} of them put into the queue"])


def work_on(
    context: CommandContext,
    url: str,
    folder: Path | RemoteFolder,
    *,
    concurrency: int,
    timeout: float,
    once: bool,
    **options: Any,
) -> None:
    """Run jobs from the queue until the worker is told to end.

    Raises:
        EvoLinkError: the ledger or the queue has failed.
    """
    from evolink.cli.batch import workers  # noqa: PLC0415 - an extra

    async def main() -> None:
        ledger = AsyncLedger(url, **options)
        app = workers.queue_of(ledger)
        async with ledger, context.connect_async() as api:
            await asyncio.to_thread(ledger.store.counts)  # the pool of the queue would try to connect for half a minute
            worker = workers.Worker(context, api, ledger, workers.options_of(folder, concurrency, timeout))
            with workers.translated(ledger):
                async with app.open_async():
                    await workers.prepare(app)
                    await worker.work(app, once=once)

    asyncio.run(main())


def _end_to_json(end: End) -> JSON:
    return {
        "row": end.row.number,
        "key": end.row.key,
        "name": end.row.name,
        "status": end.status,
        "reason": end.reason or None,
        "files": end.files,
    }


_SEVERITY = [exit_codes.DONE, exit_codes.LATER, exit_codes.REFUSED, exit_codes.FAILED, exit_codes.UNKNOWN]
_CODES = {
    "completed": exit_codes.DONE,
    "planned": exit_codes.LATER,
    "submitted": exit_codes.LATER,
    "sending": exit_codes.UNKNOWN,
    "unknown": exit_codes.UNKNOWN,
    "refused": exit_codes.REFUSED,
    "lost": exit_codes.LATER,
}


def _exit_code(end: End) -> int:
    code = _CODES.get(end.status, exit_codes.FAILED)
    if end.status == "refused" and end.can_retry:
        return exit_codes.LATER
    return exit_codes.FAILED if end.status == "completed" and end.reason else code


def _interruption(running: int) -> KeyboardInterrupt:
    interruption = KeyboardInterrupt()
    tasks = f"{running} task{'' if running == 1 else 's'} continue{'s' if running == 1 else ''} on the server"
    interruption.add_note(f"{tasks}; {RESUME}")
    return interruption


@contextmanager
def _interruptible() -> Generator[None]:
    """Let every signal that interrupts the command cancel the batch, which then ends in order."""
    task: Any = asyncio.current_task()
    loop = asyncio.get_running_loop()
    replaced: dict[int, Any] = {}
    names = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    for number in names:  # asyncio does the same for Ctrl-C
        old = signal.getsignal(number)
        if old is signal.default_int_handler and threading.current_thread() is threading.main_thread():
            with suppress(NotImplementedError):
                loop.add_signal_handler(number, task.cancel)
                replaced[number] = old
    try:
        yield
    finally:
        for number, old in replaced.items():
            loop.remove_signal_handler(number)
            signal.signal(number, old)
