"""One judgement: what is sent to a target, in which order, and what is made of it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import av
import click
import httpx
from av.error import FFmpegError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import bundle
from contract_suite.checks import contract as contract_check
from contract_suite.checks import fuzzing
from contract_suite.checks import sdk as sdk_check
from contract_suite.checks.deliveries import judge_deliveries
from contract_suite.checks.server import Run, blames_media, plan, summary
from contract_suite.core.exchanges import NO_SUCH_TASK, Exchange, create, member, query, smallest, upload
from contract_suite.core.exchanges import Request as Sent
from contract_suite.core.oracle import Decisions, taken
from contract_suite.core.results import Finding, Results
from contract_suite.core.target import StopRun, Target, TargetError
from contract_suite.coverage import contract as contract_coverage
from contract_suite.drift.analysis import FIELDS_RULE, Drift
from contract_suite.drift.applied_overlays import AppliedOverlays
from contract_suite.drift.limit_search import MOST_REQUESTS, Search
from contract_suite.drift.overlay_actions import plain
from contract_suite.drift.proposal import Proposal, place, written
from contract_suite.reporting.report import Enforcers, Report, printable
from contract_suite.rules import documented
from contract_suite.rules.documented import (
    UPLOADS,
    BillingRule,
    DeliveryRule,
    ExchangeRule,
    RequestRule,
    Rule,
    Rules,
    SurchargeRule,
)
from evolink_mock import MockServer
from evolink_mock.contract.compiled_contract import packaged_contract
from evolink_mock.server import ServedApp, listen

SPEED = 150  # of the mock whose tasks are followed: one takes 0.8 s, in which a busy machine sees it often enough
GENERATED_SPEED = 10_000  # of the mock that schemathesis talks to: a task takes 12 ms
PAUSE = {"ours": 0.02, "loopback": 0.25, "elsewhere": 5.0}
PATIENCE = {"ours": 3.0, "loopback": 20.0, "elsewhere": 600.0}
MOST_FIELDS = 5  # undocumented ones, that a line names
FOLLOWED = 50  # tasks: the last of our own mock, which have every end there is, and the first of another server


ELSEWHERE = "left to another shard"


@dataclass(frozen=True)
class Shard:
    """A part of a run that is split up: rules with requests of their own are dealt out, all others are in each part.

    Those others are judged by what a part happens to see, each exchange or task by itself, so that no part finds a
    rule broken that the whole run finds kept. The first part generates requests.
    """

    number: int = 1
    count: int = 1

    def share(self, rules: Rules) -> Rules:
        """Return the rules of this part, by their order alone."""
        dealt = [rule for rule in rules.rules if _sends(rule)]
        left = {rule.id for index, rule in enumerate(dealt) if index % self.count != self.number - 1}
        return replace(rules, rules=tuple(rule for rule in rules.rules if rule.id not in left))

    @property
    def generates(self) -> bool:
        """Whether schemathesis runs in this part."""
        return self.number == 1


def _sends(rule: Rule) -> bool:
    if isinstance(rule, RequestRule):
        return bool(rule.cases)
    return isinstance(rule, ExchangeRule | DeliveryRule | BillingRule | SurchargeRule)


@dataclass(frozen=True)
class Settings:
    """What a run is told.

    Attributes:
        target: the URL of a server; None for the mock.
        key: its API key.
        spend: how many tasks may be created there; None for as many as needed, on loopback, and for none elsewhere.
        rate: how many requests a second are sent at most; None for any number, on loopback, and 5 elsewhere.
        patience: how many seconds tasks are followed at most; None for 20 on loopback, and 600 elsewhere.
        generate: whether schemathesis runs too.
        shard: which part of the run this is; `spend` and `rate` are for each part.
        folder: where the report is written.
        examples: how many requests each phase of schemathesis makes up for an operation at most; None for its own
            number.
        overlays: files that hold overlays over the contract, which overrule what the rules say to the contrary.
    """

    target: str | None = None
    key: str = ""
    spend: int | None = None
    seed: int = 1
    rate: float | None = None
    patience: float | None = None
    generate: bool = True
    shard: Shard = Shard()
    folder: Path = Path("reports")
    examples: int | None = None
    overlays: tuple[Path, ...] = ()


class Callbacks:
    """An application that keeps every callback it gets."""

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


def judge(settings: Settings, rules: Rules | None = None, serve: Callable[..., MockServer] = MockServer) -> Report:
    """Judge a server and write the report.

    Args:
        settings: what the run is told.
        rules: what it is judged by; the default is every documented rule.
        serve: makes the mock that is judged where no target is named, as `MockServer` does.

    Raises:
        TargetError: the server cannot be judged at all.
        RuleError: the rules are not as they must be.
        OverlayError: an overlay cannot be laid over the contract.
    """
    rules = rules or documented.load()
    settings = replace(settings, generate=settings.generate and settings.shard.generates)
    laid = AppliedOverlays(bundle.bundle(), settings.overlays)
    if settings.target is None:
        amended = partial(serve, contract=laid.contract) if settings.overlays else serve
        return _judged_mock(rules, settings, amended, laid).report("mock")
    with Target(settings.target, settings.key, spend=settings.spend, rate=settings.rate) as target:
        return _judge_target(rules, target, settings, laid)


def broken(rules: Rules, serve: Callable[..., MockServer], seed: int = 1) -> list[str]:
    """Return the ids of the rules that a mock breaks; nothing is generated, and nothing written."""
    with contextlib.redirect_stdout(io.StringIO()):
        session = _judged_mock(rules, Settings(generate=False, seed=seed), serve, AppliedOverlays(bundle.bundle(), ()))
    return [verdict.rule.id for verdict in session.ledger.verdicts() if verdict.verdict == "broken"]


def _judged_mock(rules: Rules, settings: Settings, serve: Callable[..., MockServer], laid: AppliedOverlays) -> _Session:
    callbacks = Callbacks()
    with (
        ServedApp(callbacks.app, listen("127.0.0.1", 0)) as receiver,
        serve(speed=SPEED, forward_callbacks_to=receiver.url) as mock,
        Target(mock.url, mock.api_key, rate=settings.rate) as target,
        contextlib.ExitStack() as stack,
    ):
        source = stack.enter_context(ServedApp(SourceFile(rules.file).app, listen("127.0.0.1", 0)))
        session = _Session(rules, target, settings, "ours", f"{source.url}/image.gif", laid)
        session.announce("the mock server")
        fuzzed, generator = target, None
        if settings.generate:
            other = stack.enter_context(serve(speed=GENERATED_SPEED, forward_callbacks_to=receiver.url))
            fuzzed = stack.enter_context(Target(other.url, other.api_key))
            generator = stack.enter_context(session.generating(fuzzed))
        try:
            session.send()
            session.provoke()
            session.follow()
            session.bill()
        except StopRun as stop:
            session.stop(stop)
        session.deliver()
        session.finish(generator, callbacks.bodies, fuzzed)
    return session


def _judge_target(rules: Rules, target: Target, settings: Settings, laid: AppliedOverlays) -> Report:
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(ServedApp(SourceFile(rules.file).app, listen("127.0.0.1", 0)))
        kind = "elsewhere" if target.elsewhere else "loopback"
        session = _Session(rules, target, settings, kind, f"{source.url}/image.gif", laid)
        session.announce(target.url)
        session.knock()
        generator = None if target.guarded else stack.enter_context(session.generating(target))
        try:
            session.send()
            session.follow()
            if target.guarded:
                generator = stack.enter_context(session.generating(target))
        except StopRun as stop:
            session.stop(stop)
        session.finish(generator, [], target)
        return session.report(target.url)


class _Session:
    """One run with one target, step by step."""

    def __init__(
        self, rules: Rules, target: Target, settings: Settings, kind: str, file_at: str, laid: AppliedOverlays
    ) -> None:
        everything = kind == "ours"
        self._all_rules = rules
        self._rules = rules = settings.shard.share(rules)
        self._target = target
        self._settings = settings
        self._kind = kind
        self._file_at = file_at
        self._laid = laid
        self._amendments = laid.amendments
        self.ledger = Results(
            (*self._all_rules.rules, FIELDS_RULE, *fuzzing.rules()),
            everything=everything,
            clean=target.secrets.clean,
            amendments=self._amendments if settings.overlays else None,
        )
        self._run = Run(rules, target, self.ledger, everything)
        self._probes = plan(rules, target, settings.seed, file_at, self._amendments)
        self._made_up: list[Exchange] = []
        self._bills: list[tuple[BillingRule, Any, str]] = []
        self._callbacks: list[Any] = []
        self.stopped = ""
        self.cases = 0

    def stop(self, stop: StopRun) -> None:
        """Say, and remember, that the run ended before its time."""
        self.stopped = str(stop)
        click.echo(printable(f"stopped: {stop}"))

    def announce(self, what: str) -> None:
        """Say what will be sent, before any of it is."""
        shard, few = self._settings.shard, len(self._rules.rules)
        part = f" of {len(self._all_rules.rules)}, as shard {shard.number} of {shard.count}" if shard.count > 1 else ""
        click.echo(f"Judging {what} by {few} documented rules{part}; seed {self._settings.seed}.")
        for line in summary(self._probes):
            click.echo(line)
        if not self._settings.generate:
            click.echo("    0 requests generated by schemathesis")
        elif self._target.guarded:
            click.echo("      schemathesis generates reads only, a few hundred")
        else:
            click.echo("      schemathesis generates about 1000 more, creates, uploads and reads")
        if self._searches:
            click.echo(f"      where limits differ, they are searched with at most {MOST_REQUESTS} creates")
        if self._target.guarded:
            click.echo(f"      at most {self._target.spend} tasks are created; the first that must not be ends the run")

    def knock(self) -> None:
        """Make sure that somebody is there.

        Raises:
            TargetError: nobody is.
        """
        exchange = self._target.send("task", query(NO_SUCH_TASK), "read")
        if exchange.response is None:
            raise TargetError(f"TARGET: {self._target.url} cannot be reached: {exchange.problem}")
        if exchange.status == 401:
            click.echo("The target answers 401 to the key: is KEY right?")

    def generating(self, target: Target) -> contextlib.AbstractContextManager[fuzzing.Generated | None]:
        """Return schemathesis, to be at work within a `with` block, unless it is not to run."""
        if not self._settings.generate:
            return contextlib.nullcontext()
        parts = fuzzing.parts(self._laid.contract, everything=self._kind == "ours", guarded=target.guarded)
        return fuzzing.Generated(parts, target, self._settings.seed, self._settings.examples)

    def send(self) -> None:
        """Send every probe."""
        for probe in self._probes:
            self._run.probe(probe)
        if self._target.spend is None or self._target.spend:
            self._run.compare_prices()

    def provoke(self) -> None:
        """Ask our own mock for every answer and every end of a task that it knows, as far as a rule speaks of them."""
        wanted = self._rules.responses
        for name in self._rules.samples:
            operation, _, status = name.partition(" ")
            if name in wanted and (status or operation in {"credits", *UPLOADS}):
                request = smallest(operation, self._rules, {"prefer": f"code={status}"} if status else None)
                if name == "upload-url":
                    request = upload(name, {"file_url": self._file_at})
                self._run.note(self._target.send(operation, request, "uploads" if operation in UPLOADS else "refused"))
        if wanted & {"created", "task", "callback"}:
            self._end_tasks()
        for rule in (rule for rule in self._rules.rules if isinstance(rule, BillingRule)):
            for case in rule.cases:
                wish = f"outcome={case.outcome}"
                if case.input_seconds:
                    wish += f', input-seconds="{", ".join(str(length) for length in case.input_seconds)}"'
                exchange = self._run.create_and_note(case.request, {"prefer": wish})
                self._bills.append((rule, case, exchange.task_id or ""))

    def _end_tasks(self) -> None:
        outcomes = [f"outcome=failed; code={code}" for code in packaged_contract().task_error_codes]
        requests = cycle(self._rules.requests.values())
        for wish in (*["outcome=completed"] * len(self._rules.requests), "outcome=cancelled", *outcomes):
            body = {**next(requests), "callback_url": "https://your-domain.com/webhooks/video-task-completed"}
            self._run.create_and_note(body, {"prefer": wish})

    def deliver(self) -> None:
        """Judge what callbacks our own mock delivers."""
        judge_deliveries(self._rules, self.ledger)

    def follow(self) -> None:
        """Query tasks until they have ended, if a rule speaks of that or of what they cost in the end."""
        if not (self._bills or self._rules.responses & {"task", "callback"}):
            return
        tasks = list(self._run.log.tasks)
        patience = PATIENCE[self._kind] if self._settings.patience is None else self._settings.patience
        chosen = tasks[-FOLLOWED:] if self._kind == "ours" else tasks[:FOLLOWED]
        self._run.follow(chosen, patience, PAUSE[self._kind])

    def bill(self) -> None:
        """Judge what our own mock charges."""
        for rule, case, task_id in self._bills:
            exchange = self._target.send("", Sent("GET", f"/_mock/billing/{task_id}", {}), "read")
            bill = exchange.json
            for what, expected, actual in (
                ("seconds reserved", case.reserved_seconds, member(bill, "reserved", "seconds")),
                ("seconds settled", case.settled_seconds, member(bill, "settled", "seconds")),
                ("seconds produced", case.settled_seconds or None, case.settled_seconds and self._produced(task_id)),
                ("seconds of input charged", case.billed_input_seconds, member(bill, "settled", "input_seconds")),
            ):
                if expected is None:
                    continue
                if actual == expected:
                    self.ledger.holds(rule, partial(self._target.evidence, exchange))
                else:
                    finding = Finding(f"{expected} {what}", f"{actual}", self._target.evidence(exchange))
                    self.ledger.breaks(rule, finding)

    def _produced(self, task_id: str) -> float | None:
        """Return how long the video is that our own mock made, in seconds; None if there is none."""
        task = self._run.query(task_id)
        results = member(task.json, "results")
        if not results:
            return None
        video = httpx.get(results[0], trust_env=False, timeout=30, verify=self._target.encrypted)
        try:
            with av.open(io.BytesIO(video.content), mode="r") as container:
                return round((container.duration or 0) / av.time_base, 1)
        except FFmpegError:
            return None

    def finish(self, generator: fuzzing.Generated | None, callbacks: list[Any], fuzzed: Target) -> None:
        """Judge what can be judged only at the end."""
        if generator is not None:
            other = Run(self._rules, fuzzed, self.ledger, self._kind == "ours")
            for exchange in generator.finish(self.ledger):
                other.replay(exchange)
            self.cases = generator.cases
            self._made_up = other.exchanges
            other.judge_responses([])
        else:
            for rule in fuzzing.rules():
                why = f"the run was stopped: {self.stopped}" if self.stopped else "schemathesis was not to run"
                why = why if self._settings.shard.generates else ELSEWHERE
                self.ledger.unseen_at_all(rule, why)
        self._run.judge_responses(callbacks)
        self._callbacks = callbacks
        self._judge_fields()
        if not self.stopped:
            self._run.leave()

    @property
    def _exchanges(self) -> list[Exchange]:
        return [*self._run.exchanges, *self._target.put_off, *self._made_up]

    def _judge_fields(self) -> None:
        """Judge whether answers have fields that the contract does not know."""
        found: dict[str, set[str]] = {}
        shown: Exchange | None = None
        decisions = self._amendments.after
        for exchange in self._exchanges:
            if not exchange.operation or exchange.status is None:
                continue
            for unknown in decisions.unknown_fields(exchange.operation, exchange.status, exchange.json):
                shown = shown or exchange
                found.setdefault(plain(".".join(unknown.path))[:100], set()).add(exchange.name)
        if shown is None:
            answered = next((exchange for exchange in self._exchanges if exchange.response is not None), None)
            if answered is not None:
                self.ledger.holds(FIELDS_RULE, partial(self._target.evidence, answered))
            return
        fields = [f"{name} in {', '.join(sorted(names))}" for name, names in sorted(found.items())]
        more = f"; and {len(fields) - MOST_FIELDS} more" if len(fields) > MOST_FIELDS else ""
        actual = f"{'; '.join(fields[:MOST_FIELDS])}{more}"
        self.ledger.breaks(FIELDS_RULE, Finding("only documented fields", actual, self._target.evidence(shown)))

    def _propose(self, target: str) -> list[str]:
        """Write what changes of the contract another server asks for, and return what to say about it."""
        if self._kind == "ours":
            return []
        search = Search(self._ask) if self._searches and not self.stopped else None
        drift = Drift(self._amendments.after, self._rules, search)
        exchanges = [*self._run.exchanges, *self._target.put_off]
        if self._target.elsewhere:
            exchanges = [exchange for exchange in exchanges if not blames_media(exchange.response)]
        changes = drift.changes(exchanges, self._run.probed, self._made_up)
        proposal = Proposal(self._laid.contract, changes, drift.notes)
        for rule, findings in self.ledger.findings():
            rest = [finding for finding in findings if not finding.overruled_by(proposal.amendments)]
            if rest and (rule is not FIELDS_RULE or self._has_unknown_fields(proposal.amendments.after)):
                more = f" (and {len(rest) - 1} more)" if len(rest) > 1 else ""
                first = f"expected {rest[0].expected}; came {rest[0].actual}"
                proposal.unexplained.append(f"{rule.id}: {first}{more}")
        path = place(self._settings.folder, self._settings.overlays)
        return list(written(proposal, path, target, whole=not self.stopped))

    def _has_unknown_fields(self, decisions: Decisions) -> bool:
        return any(
            next(decisions.unknown_fields(exchange.operation, exchange.status, exchange.json), None)
            for exchange in self._exchanges
            if exchange.operation and exchange.status is not None
        )

    @property
    def _searches(self) -> bool:
        """Whether the limits of the target are looked for, as tasks cost nothing there."""
        return self._kind != "ours" and self._target.spend is None

    def _ask(self, body: Any) -> bool | None:
        """Return whether a server on which tasks cost nothing takes a create; None when that is not to be learned."""
        return taken(self._target.send("create", create(body), "may create"))

    def report(self, target: str) -> Report:
        """Return the report, once it is written."""
        parts = contract_check.Parts.of(self._amendments.before.document)
        contract = {rule.id: tuple(contract_check.differences(rule, parts)) for rule in self._all_rules.rules}
        sdk = sdk_check.holdings(self._all_rules)
        for rule in self._rules.rules:
            for difference in contract[rule.id]:
                self.ledger.breaks(rule, Finding("the contract to agree", difference, of="contract"))
            # Another server is not to blame for our client, which the run against the mock judges.
            for difference in sdk[rule.id].differences if self._kind == "ours" else ():
                self.ledger.breaks(rule, Finding("the SDK to agree", f"it {difference}", of="sdk"))
        here = {rule.id for rule in self._rules.rules}
        for rule in self._all_rules.rules:
            if rule.id not in here:
                self.ledger.unseen(rule, ELSEWHERE)
        if self.stopped:
            for rule in (*self._rules.rules, FIELDS_RULE):
                self.ledger.unseen_at_all(rule, f"the run was stopped: {self.stopped}")
        notes = [*self._laid.unseen(self._exchanges), *self._propose(target)]
        report = Report(
            target,
            self._all_rules.edition,
            self.ledger.verdicts(),
            self._settings.folder,
            stopped=self.stopped,
            seed=self._settings.seed,
            contract=self._laid.contract,
            coverage=contract_coverage.measured(self._laid.contract, self._exchanges, self._callbacks),
            enforcers=Enforcers(contract, sdk),
            cases=self.cases,
            notes=notes,
        )
        report.write()
        return report
