"""A run with one target: the plan is made and announced, all requests are sent, and the record is completed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Literal

import click
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contract_suite.checks import fuzzing
from contract_suite.checks.chosen_models import contract_of
from contract_suite.checks.deliveries import observe_deliveries
from contract_suite.checks.mock_requests import create_billed_tasks, provoke_responses, read_bills
from contract_suite.checks.planning import OTHER_SHARD, needed_responses, plan, summary
from contract_suite.checks.probes import Probe, ProbeSource
from contract_suite.checks.record import RunRecord
from contract_suite.checks.sending import Sender, observe_generated
from contract_suite.core.exchanges import NO_SUCH_TASK, query
from contract_suite.core.rotation import rotating
from contract_suite.core.target import StopRun, Target, TargetError
from contract_suite.core.text import one_line
from contract_suite.drift.applied_overlays import AppliedOverlays
from contract_suite.drift.limit_search import MOST_REQUESTS
from contract_suite.rules.documented import Rules
from contract_suite.rules.editions import BASE
from contract_suite.rules.kinds import BillingRule
from contract_suite.rules.operations import CALLBACK, GET_TASK
from contract_suite.settings import Settings
from evolink._json import parse_json
from evolink_mock import MockServer
from evolink_mock.server import ServedApp, listen

PACE = "after-120-seconds"  # of our own mock: the documented time of some models is twenty times as long
SPEED = 150  # of our own mock: a task takes 0.8 s, so that even a busy machine observes it often enough
GENERATED_SPEED = 10_000  # of the mock for schemathesis: a task takes 12 ms

Location = Literal["mock", "loopback", "remote"]
"""The location of the target: our own mock, another server on this machine, or a server on another machine."""

PAUSE: dict[Location, float] = {"mock": 0.1, "loopback": 0.25, "remote": 5.0}
PATIENCE: dict[Location, float] = {"mock": 3.0, "loopback": 20.0, "remote": 600.0}
MAX_FOLLOWED = 50  # tasks: the last ones of our own mock, which have every outcome, and the first of other servers


class CallbackReceiver:
    """An application that keeps the body of every callback."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.app = Starlette(routes=[Route("/", self._receive, methods=["POST"])])

    async def _receive(self, request: Request) -> Response:
        try:
            self.bodies.append(parse_json(await request.body()))
        except ValueError:
            self.bodies.append(None)  # breaks the rules on the body of a callback
        return Response(status_code=204)


class SourceFile:
    """An application that serves one file at every path, for uploads by URL."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.app = Starlette(routes=[Route("/{name:path}", self._serve)])

    async def _serve(self, _: Request) -> Response:
        return Response(self._content, media_type="image/gif")


@dataclass(frozen=True)
class Run:
    """The fixed data of a run, which every stage reads.

    Attributes:
        settings: The settings.
        all_rules: All documented rules.
        rules: Those of this shard.
        overlays: The contract with the overlays.
        location: The location of the target.
        target: The target.
        file_url: The URL of a file that uploads by URL can fetch.
    """

    settings: Settings
    all_rules: Rules
    rules: Rules
    overlays: AppliedOverlays
    location: Location
    target: Target
    file_url: str

    @property
    def is_mock(self) -> bool:
        """True if the target is our own mock, which must keep every rule."""
        return self.location == "mock"

    @property
    def strict(self) -> bool:
        """True if inferred and contested rules are judged too."""
        return self.is_mock or self.settings.strict

    @property
    def searches_limits(self) -> bool:
        """True if the target's own limits are searched, because tasks cost nothing there."""
        return self.location != "mock" and self.target.spend is None


def send_to_mock(
    settings: Settings, rules: Rules, overlays: AppliedOverlays, serve: Callable[..., MockServer]
) -> tuple[Run, RunRecord]:
    """Start our own mock, send all requests to it, and stop it."""
    receiver = CallbackReceiver()
    with (
        ServedApp(receiver.app, listen("127.0.0.1", 0)) as receiving,
        serve(pace=PACE, speed=SPEED, forward_callbacks_to=receiving.url) as mock,
        Target(mock.url, mock.api_key, rate=settings.rate) as target,
        prepared(settings, rules, overlays, "mock", target) as (run, record),
        contextlib.ExitStack() as stack,
    ):
        probes = _announce_plan(run, "the mock server")
        fuzzer = None
        if _generates(settings):
            other = stack.enter_context(serve(pace=PACE, speed=GENERATED_SPEED, forward_callbacks_to=receiving.url))
            fuzzed = stack.enter_context(Target(other.url, other.api_key))
            fuzzer = stack.enter_context(_fuzzer(run, fuzzed))
        sender = Sender(target, run.rules, record)
        with _stopping(record):
            sender.send_probes(probes)
            sender.compare_prices()
            provoke_responses(sender, run.file_url)
            billed = create_billed_tasks(sender)
            _follow_tasks(run, sender)
            read_bills(sender, billed, settings.seed)
        record.deliveries.update(observe_deliveries(run.rules))
        _finish(run, record, fuzzer)
        record.callbacks = receiver.bodies
    return run, record


def send_to_target(run: Run, record: RunRecord) -> None:
    """Send all requests of a run to another server than our own mock.

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
def prepared(
    settings: Settings, rules: Rules, overlays: AppliedOverlays, location: Location, target: Target
) -> Generator[tuple[Run, RunRecord]]:
    """Serve the file for uploads by URL, and yield a run and an empty record."""
    with ServedApp(SourceFile(rules.file).app, listen("127.0.0.1", 0)) as source:
        shard = settings.shard.share(rules)
        run = Run(settings, rules, shard, overlays, location, target, f"{source.url}/image.gif")
        yield run, RunRecord(overlays.amendments, run.is_mock, target.remote)


def _announce_plan(run: Run, name: str) -> list[Probe]:
    """Plan the probes, and print what will be sent before any of it is."""
    seed = run.settings.seed
    probes = plan(ProbeSource(run.rules, run.file_url, run.overlays.amendments, seed), run.target, seed)
    shard = run.settings.shard
    part = f" of {len(run.all_rules.rules)}, as shard {shard.number} of {shard.count}" if shard.count > 1 else ""
    edition = f"; edition {run.settings.edition}" if run.settings.edition != BASE else ""
    rules = f"{len(run.rules.rules)} documented rules{part}"
    click.echo(f"Judging {name} by {rules}; seed {run.settings.seed}{edition}.")
    for line in summary(probes):
        click.echo(line)
    if not _generates(run.settings):
        click.echo("    0 requests generated by schemathesis")
    elif run.target.guarded:
        click.echo("      schemathesis generates only reads, a few hundred")
    else:
        models = rotating(list(run.all_rules.requests), run.settings.seed)
        click.echo("      schemathesis generates about 1000 more: creates, uploads and reads")
        if len(models) < len(run.all_rules.requests):
            click.echo(f"      its creates are for {', '.join(models)}; another SEED takes other models")
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
        reached = not exchange.problem.startswith("Connect")
        why = f"sends no response to {exchange.request}" if reached else "cannot be reached"
        raise TargetError(f"TARGET: {target.url} {why}: {exchange.problem}")
    if exchange.status == 401:
        click.echo("The target responds 401 to the key. Is KEY right?")


def _generates(settings: Settings) -> bool:
    return settings.generate and settings.shard.generates


def _fuzzer(run: Run, target: Target) -> fuzzing.Fuzzer:
    chosen = contract_of(run.overlays.contract, rotating(list(run.all_rules.requests), run.settings.seed))
    runs = fuzzing.fuzzing_runs(chosen, strict=run.strict, guarded=target.guarded)
    return fuzzing.Fuzzer(runs, target, run.settings.seed, run.settings.examples)


@contextlib.contextmanager
def _stopping(record: RunRecord) -> Generator[None]:
    """Record and print the reason when no further request may be sent."""
    try:
        yield
    except StopRun as stop:
        record.stopped = str(stop)
        click.echo(one_line(f"stopped: {stop}"))


def _follow_tasks(run: Run, sender: Sender) -> None:
    """Query tasks until they have ended, if a rule is about that or about their final charge."""
    if not (run.is_mock and run.rules.of_kind(BillingRule)) and not needed_responses(run.rules) & {GET_TASK, CALLBACK}:
        return
    tasks = list(sender.log.tasks)
    patience = PATIENCE[run.location] if run.settings.patience is None else run.settings.patience
    followed = tasks[-MAX_FOLLOWED:] if run.is_mock else tasks[:MAX_FOLLOWED]
    needed = [task_id for task_id in sender.record.tasks_to_follow if task_id in sender.log.tasks]
    sender.follow_tasks(dict.fromkeys([*followed, *needed]), patience, PAUSE[run.location])


def _finish(run: Run, record: RunRecord, fuzzer: fuzzing.Fuzzer | None) -> None:
    """Wait for schemathesis, and complete the record."""
    if fuzzer is not None:
        record.fuzzing = fuzzer.finish()
        observe_generated(record, run.rules)
    elif not _generates(run.settings):
        why = "schemathesis was disabled" if run.settings.shard.generates else OTHER_SHARD
        for rule in fuzzing.rules():
            record.fuzzing.not_run[rule.id].append(why)
    record.postponed = run.target.postponed
