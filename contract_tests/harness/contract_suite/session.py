"""One run of the suite: plan what to send, send it, judge what came back, and report."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import click
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import bundle
from contract_suite.checks import fuzzing, judging
from contract_suite.checks.deliveries import observe_deliveries
from contract_suite.checks.kinds.known_fields import FIELDS_RULE
from contract_suite.checks.mock_requests import create_billed_tasks, provoke_responses, read_bills
from contract_suite.checks.planning import OTHER_SHARD, Shard, needed_responses, plan, summary
from contract_suite.checks.probes import Probe, ProbeSource
from contract_suite.checks.record import RunRecord
from contract_suite.checks.sending import Sender, observe_generated
from contract_suite.core.exchanges import NO_SUCH_TASK, create, query
from contract_suite.core.oracle import was_accepted
from contract_suite.core.results import Results
from contract_suite.core.target import StopRun, Target, TargetError
from contract_suite.core.writing import one_line
from contract_suite.coverage import contract as contract_coverage
from contract_suite.drift.applied_overlays import AppliedOverlays
from contract_suite.drift.limit_search import MOST_REQUESTS
from contract_suite.drift.propose import propose, write_proposal
from contract_suite.reporting.report import Report, RequestCounts, RunOutcome
from contract_suite.rules import documented
from contract_suite.rules.documented import Rules
from contract_suite.rules.kinds import BillingRule, Rule
from contract_suite.rules.operations import CALLBACK, CREATE, GET_TASK
from evolink_mock import MockServer
from evolink_mock.server import ServedApp, listen

SPEED = 150  # of our own mock: a task takes 0.8 s, so that even a busy machine observes it often enough
GENERATED_SPEED = 10_000  # of the mock for schemathesis: a task takes 12 ms

Place = Literal["mock", "loopback", "remote"]
"""The place of the target: our own mock, another server on this machine, or a server elsewhere."""

PAUSE: dict[Place, float] = {"mock": 0.02, "loopback": 0.25, "remote": 5.0}
PATIENCE: dict[Place, float] = {"mock": 3.0, "loopback": 20.0, "remote": 600.0}
MAX_FOLLOWED = 50  # tasks: the last ones of our own mock, which have every outcome, and the first of other servers


@dataclass(frozen=True)
class Settings:
    """The settings of a run.

    Attributes:
        target: The URL of a server. None for our own mock.
        key: Its API key.
        spend: The number of tasks that may be created there. None means any number on localhost, and none elsewhere.
        seed: The seed for the order of requests, and for schemathesis.
        rate: The most requests per second. None means any number on localhost, and 5 elsewhere.
        patience: The most seconds for which tasks are followed. None means 20 on localhost, and 600 elsewhere.
        generate: Whether schemathesis runs too.
        shard: The part of the run; `spend` and `rate` apply to each part.
        folder: The folder of the report.
        examples: The most requests that a phase of schemathesis generates for an operation. None for its own number.
        overlays: Files with overlays over the contract, which overrule the rules that they contradict.
    """

    target: str | None = None
    key: str = ""
    spend: int | None = None
    seed: int = 1
    rate: float | None = None
    patience: float | None = None
    generate: bool = True
    shard: Shard = field(default_factory=Shard)
    folder: Path = Path("reports")
    examples: int | None = None
    overlays: tuple[Path, ...] = ()


class CallbackReceiver:
    """An application that keeps the body of every callback."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.app = Starlette(routes=[Route("/", self._receive, methods=["POST"])])

    async def _receive(self, request: Request) -> Response:
        self.bodies.append(await request.json())
        return Response(status_code=204)


class SourceFile:
    """An application that serves one file at every path, for uploads by URL."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.app = Starlette(routes=[Route("/{name:path}", self._serve)])

    async def _serve(self, _: Request) -> Response:
        return Response(self._content, media_type="image/gif")


@dataclass(frozen=True)
class _Run:
    """The fixed data of a run, which every stage reads.

    Attributes:
        settings: The settings.
        all_rules: All documented rules.
        rules: Those of this shard.
        overlays: The contract with the overlays.
        place: The place of the target.
        target: The target.
        file_url: The URL of a file that uploads by URL can fetch.
    """

    settings: Settings
    all_rules: Rules
    rules: Rules
    overlays: AppliedOverlays
    place: Place
    target: Target
    file_url: str

    @property
    def strict(self) -> bool:
        """Whether inferred and contested rules are judged too."""
        return self.place == "mock"

    @property
    def searches_limits(self) -> bool:
        """Whether the target's own limits are searched, because tasks cost nothing there."""
        return self.place != "mock" and self.target.spend is None

    @property
    def judged_rules(self) -> list[Rule]:
        """The rules of this shard, and those that stand beside the documented ones."""
        return [*self.rules.rules, FIELDS_RULE, *fuzzing.rules()]


def judge(settings: Settings, rules: Rules | None = None, serve: Callable[..., MockServer] = MockServer) -> Report:
    """Judge a server and write the report.

    Args:
        settings: The settings of the run.
        rules: The rules. The default is every documented rule.
        serve: Makes the mock that is judged when no target is set, with the arguments of `MockServer`.

    Raises:
        TargetError: The server cannot be judged at all.
        RuleError: The rules are invalid.
        OverlayError: An overlay cannot be applied to the contract.
    """
    rules = rules or documented.load()
    overlays = AppliedOverlays(bundle.bundle(), settings.overlays)
    if settings.target is None:
        amended = partial(serve, contract=overlays.contract) if settings.overlays else serve
        run, record = _send_to_mock(settings, rules, overlays, amended)
        return _report(run, record, "mock")
    with (
        Target(settings.target, settings.key, spend=settings.spend, rate=settings.rate) as target,
        _prepared(settings, rules, overlays, "remote" if target.remote else "loopback", target) as (run, record),
    ):
        _send_to_target(run, record)
        return _report(run, record, target.url)


def broken(rules: Rules, serve: Callable[..., MockServer], seed: int = 1) -> list[str]:
    """Return the ids of the rules that a mock breaks. No requests are generated, and no report is written."""
    settings = Settings(generate=False, seed=seed)
    with contextlib.redirect_stdout(io.StringIO()):
        run, record = _send_to_mock(settings, rules, AppliedOverlays(bundle.bundle(), ()), serve)
    return [verdict.rule.id for verdict in _judge(run, record).verdicts() if verdict.verdict == "broken"]


# --- send


def _send_to_mock(
    settings: Settings, rules: Rules, overlays: AppliedOverlays, serve: Callable[..., MockServer]
) -> tuple[_Run, RunRecord]:
    """Start our own mock, send everything to it, and stop it."""
    receiver = CallbackReceiver()
    with (
        ServedApp(receiver.app, listen("127.0.0.1", 0)) as receiving,
        serve(speed=SPEED, forward_callbacks_to=receiving.url) as mock,
        Target(mock.url, mock.api_key, rate=settings.rate) as target,
        _prepared(settings, rules, overlays, "mock", target) as (run, record),
        contextlib.ExitStack() as stack,
    ):
        probes = _announce_plan(run, "the mock server")
        fuzzer = None
        if _generates(settings):
            other = stack.enter_context(serve(speed=GENERATED_SPEED, forward_callbacks_to=receiving.url))
            fuzzed = stack.enter_context(Target(other.url, other.api_key))
            fuzzer = stack.enter_context(_fuzzer(run, fuzzed))
        sender = Sender(target, run.rules, record)
        with _stopping(record):
            sender.send_probes(probes)
            sender.compare_prices()
            provoke_responses(sender, run.file_url)
            billed = create_billed_tasks(sender)
            _follow_tasks(run, sender)
            read_bills(sender, billed)
        record.deliveries.update(observe_deliveries(run.rules))
        _finish(run, record, fuzzer)
        record.callbacks = receiver.bodies
    return run, record


def _send_to_target(run: _Run, record: RunRecord) -> None:
    """Send everything to another server than our own mock.

    Raises:
        TargetError: The server does not respond.
    """
    target = run.target
    with contextlib.ExitStack() as stack:
        probes = _announce_plan(run, target.url)
        _check_reachable(target)
        fuzzer = None
        if _generates(run.settings) and not target.guarded:
            fuzzer = stack.enter_context(_fuzzer(run, target))
        sender = Sender(target, run.rules, record)
        with _stopping(record):
            sender.send_probes(probes)
            sender.compare_prices()
            _follow_tasks(run, sender)
            if _generates(run.settings) and target.guarded:
                fuzzer = stack.enter_context(_fuzzer(run, target))
        _finish(run, record, fuzzer)


@contextlib.contextmanager
def _prepared(
    settings: Settings, rules: Rules, overlays: AppliedOverlays, place: Place, target: Target
) -> Iterator[tuple[_Run, RunRecord]]:
    """Serve the file for uploads by URL, and yield a run and an empty record."""
    with ServedApp(SourceFile(rules.file).app, listen("127.0.0.1", 0)) as source:
        shard = settings.shard.share(rules)
        run = _Run(settings, rules, shard, overlays, place, target, f"{source.url}/image.gif")
        yield run, RunRecord(overlays.amendments, run.strict, target.remote)


def _announce_plan(run: _Run, name: str) -> list[Probe]:
    """Plan the probes, and print what will be sent before any of it is."""
    probes = plan(ProbeSource(run.rules, run.file_url, run.overlays.amendments), run.target, run.settings.seed)
    shard = run.settings.shard
    part = f" of {len(run.all_rules.rules)}, as shard {shard.number} of {shard.count}" if shard.count > 1 else ""
    click.echo(f"Judging {name} by {len(run.rules.rules)} documented rules{part}; seed {run.settings.seed}.")
    for line in summary(probes):
        click.echo(line)
    if not _generates(run.settings):
        click.echo("    0 requests generated by schemathesis")
    elif run.target.guarded:
        click.echo("      schemathesis generates only reads, a few hundred")
    else:
        click.echo("      schemathesis generates about 1000 more: creates, uploads and reads")
    if run.searches_limits:
        click.echo(f"      limits that differ are searched with at most {MOST_REQUESTS} creates")
    if run.target.guarded:
        click.echo(f"      at most {run.target.spend} tasks are created; an unexpected one ends the run")
    return probes


def _check_reachable(target: Target) -> None:
    """Send one request to see whether the target responds.

    Raises:
        TargetError: It does not.
    """
    exchange = target.send(GET_TASK, query(NO_SUCH_TASK), "read")
    if exchange.response is None:
        raise TargetError(f"TARGET: {target.url} cannot be reached: {exchange.problem}")
    if exchange.status == 401:
        click.echo("The target responds 401 to the key. Is KEY right?")


def _generates(settings: Settings) -> bool:
    return settings.generate and settings.shard.generates


def _fuzzer(run: _Run, target: Target) -> fuzzing.Fuzzer:
    runs = fuzzing.fuzzing_runs(run.overlays.contract, strict=run.strict, guarded=target.guarded)
    return fuzzing.Fuzzer(runs, target, run.settings.seed, run.settings.examples)


@contextlib.contextmanager
def _stopping(record: RunRecord) -> Iterator[None]:
    """Record and print the reason when no further request may be sent."""
    try:
        yield
    except StopRun as stop:
        record.stopped = str(stop)
        click.echo(one_line(f"stopped: {stop}"))


def _follow_tasks(run: _Run, sender: Sender) -> None:
    """Query tasks until they have ended, if a rule is about that or about their final charge."""
    if not (run.strict and run.rules.of_kind(BillingRule)) and not needed_responses(run.rules) & {GET_TASK, CALLBACK}:
        return
    tasks = list(sender.log.tasks)
    patience = PATIENCE[run.place] if run.settings.patience is None else run.settings.patience
    followed = tasks[-MAX_FOLLOWED:] if run.strict else tasks[:MAX_FOLLOWED]
    sender.follow_tasks(followed, patience, PAUSE[run.place])


def _finish(run: _Run, record: RunRecord, fuzzer: fuzzing.Fuzzer | None) -> None:
    """Wait for schemathesis, and complete the record."""
    if fuzzer is not None:
        record.fuzzing = fuzzer.finish()
        observe_generated(record)
    elif not _generates(run.settings):
        why = "schemathesis was disabled" if run.settings.shard.generates else OTHER_SHARD
        for rule in fuzzing.rules():
            record.fuzzing.not_run[rule.id].append(why)
    record.postponed = run.target.postponed


# --- judge


def _judge(run: _Run, record: RunRecord) -> Results:
    results = Results(
        (*run.all_rules.rules, FIELDS_RULE, *fuzzing.rules()),
        strict=run.strict,
        clean=run.target.secrets.clean,
        amendments=record.amendments if run.settings.overlays else None,
    )
    judging.judge_record(run.judged_rules, record, results)
    return results


# --- report


def _report(run: _Run, record: RunRecord, target: str) -> Report:
    """Judge a record, propose changes of the contract for other servers, and write the report."""
    results = _judge(run, record)
    enforcers = judging.check_enforcers(run.all_rules, record)
    judging.judge_enforcers(run.rules.rules, enforcers, results, strict=run.strict)
    mine = {rule.id for rule in run.rules.rules}
    for rule in run.all_rules.rules:
        if rule.id not in mine:
            results.not_tried(rule, OTHER_SHARD)
    contract = run.overlays.contract
    notes = [*run.overlays.unseen(record.all_exchanges)]
    if run.place != "mock":
        try_create = partial(_try_create, run.target) if run.searches_limits and not record.stopped else None
        proposal = propose(run.rules, record, results, run.overlays, try_create)
        settings = run.settings
        notes += write_proposal(proposal, settings.folder, settings.overlays, target, complete=not record.stopped)
    report = Report(
        RunOutcome(
            target=target,
            edition=run.all_rules.edition,
            seed=run.settings.seed,
            stopped=record.stopped,
            requests=RequestCounts(record.probes_sent, run.target.requests_sent, record.fuzzing.generated),
            verdicts=results.verdicts(),
            enforcers=enforcers,
            contract=contract,
            coverage=contract_coverage.measured(contract, record.all_exchanges, record.callbacks),
            notes=notes,
        ),
        run.settings.folder,
    )
    report.write()
    return report


def _try_create(target: Target, body: Any) -> bool | None:
    """Return whether a target on which tasks cost nothing accepts a create. None when its response does not show it."""
    return was_accepted(target.send(CREATE, create(body), "may create"))
