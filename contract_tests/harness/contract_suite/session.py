"""A session of the suite: plan, send, judge and report, for our own mock or for another server."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import click

import apply
import bundle
import editions
from contract_suite.checks import fuzzing, judging
from contract_suite.checks.chosen_models import contract_of, matching, rules_of
from contract_suite.checks.contract import Parts
from contract_suite.checks.judging import Enforcers
from contract_suite.checks.kinds.known_fields import KNOWN_FIELDS_RULE
from contract_suite.checks.kinds.wire import WIRE_RULES
from contract_suite.checks.planning import OTHER_SHARD
from contract_suite.checks.record import RunRecord
from contract_suite.core.exchanges import Secrets, create
from contract_suite.core.oracle import was_accepted
from contract_suite.core.results import Results, Verdict
from contract_suite.core.target import Target
from contract_suite.core.text import one_line
from contract_suite.coverage import contract as contract_coverage
from contract_suite.drift.applied_overlays import AppliedOverlays, OverlayError
from contract_suite.drift.proposal import proposal_path, propose, save_proposal
from contract_suite.reporting.report import Report, RequestCounts, RunOutcome, remove_reports
from contract_suite.rules import editions as rule_editions
from contract_suite.rules.documented import Rules
from contract_suite.rules.operations import CREATE
from contract_suite.run import Run, prepared, send_to_mock, send_to_target
from contract_suite.settings import Settings
from evolink_mock import MockServer

__all__ = ["Settings", "broken", "judge", "report_failure"]


@cache
def documented_rules(edition: str) -> Rules:
    """Read every documented rule of an edition, once in a process.

    Raises:
        RuleError: The edition is unknown, or a rule is invalid.
    """
    return rule_editions.load(edition)


@cache
def documented_contract(edition: str) -> dict[str, Any]:
    """Bundle the contract of an edition, once in a process. It must not be modified. Newer editions contest its limits.

    Raises:
        BundleError: Its files do not form one document, or the document has a form that the suite does not read.
        OverlayError: The edition is unknown, or it cannot be applied.
    """
    try:
        documents = editions.documents(bundle.bundle())
    except (apply.DocumentError, apply.InvalidOverlayError, apply.ActionError) as error:
        raise OverlayError(f"overlays/editions: {error}") from None
    if edition not in documents:
        raise OverlayError(f"EDITION: unknown edition {edition}: expected one of {', '.join(documents)}")
    document = editions.marked(documents, edition, only_newer=True)
    try:
        reasons = list(bundle.unread_forms(document))
        Parts.of(document)
        contract_coverage.measure_coverage(document, (), ())
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        reasons = [f"the contract lacks a part of this API: {error!r}"]
    if reasons:
        raise bundle.BundleError(f"{bundle.ROOT}: {reasons[0]}; openapi/lint.py lists all mistakes")
    return document


@cache
def _no_overlays(edition: str) -> AppliedOverlays:
    return AppliedOverlays(documented_contract(edition), ())


def judge(settings: Settings, rules: Rules | None = None, serve: Callable[..., MockServer] = MockServer) -> Report:
    """Judge a server and write the report. That of an earlier run is removed first.

    A run that cannot judge writes a report that says so, in the same files.

    Args:
        settings: The settings of the run.
        rules: The rules. The default is every documented rule.
        serve: Makes the mock that is judged when no target is set, with the arguments of `MockServer`.

    Raises:
        TargetError: The server cannot be judged at all.
        NoModelError: A pattern of the settings matches no model.
        RuleError: The rules are invalid.
        OverlayError: An overlay cannot be applied to the contract.
    """
    remove_reports(settings.folder)
    try:
        return _judge_and_report(settings, rules, serve)
    except BaseException as error:
        report_failure(settings, error, rules)
        raise


def _judge_and_report(settings: Settings, rules: Rules | None, serve: Callable[..., MockServer]) -> Report:
    contract = documented_contract(settings.edition)
    rules = rules or documented_rules(settings.edition)
    rules = rules_of(rules, matching(rules.requests, settings.models))
    overlays = AppliedOverlays(contract, settings.overlays) if settings.overlays else _no_overlays(settings.edition)
    for warning in overlays.warnings:
        click.echo(f"contract: {warning}", err=True)
    if settings.target is None:
        amended = partial(serve, contract=overlays.contract) if settings.overlays else serving(serve, settings.edition)
        run, record = send_to_mock(settings, rules, overlays, amended)
        return _report(run, record, "mock")
    with (
        Target(
            settings.target, settings.key, spend=settings.spend, rate=settings.rate, allow_http=settings.allow_http
        ) as target,
        prepared(settings, rules, overlays, "remote" if target.remote else "loopback", target) as (run, record),
    ):
        send_to_target(run, record)
        return _report(run, record, target.url)


def report_failure(settings: Settings, error: BaseException, rules: Rules | None = None) -> None:
    """Write the report of a run that could not judge, as far as that is possible. It gives the reason."""
    interrupted = isinstance(error, KeyboardInterrupt | SystemExit)
    why = "it was interrupted" if interrupted else str(error) or type(error).__name__
    reason = f"the run could not judge: {why}"
    if settings.key:
        reason = Secrets(settings.key).clean(reason)
    with contextlib.suppress(Exception):  # the rules themselves may be the reason, or the models
        rules = rules or documented_rules(settings.edition)
        rules = rules_of(rules, matching(rules.requests, settings.models))
    contract: dict[str, Any] = {}
    with contextlib.suppress(Exception):
        contract = documented_contract(settings.edition)
    outcome = RunOutcome(
        target=settings.target or "mock",
        edition_name=settings.edition,
        edition=rules.edition if rules else "",
        seed=settings.seed,
        stopped=one_line(reason),
        requests=RequestCounts(0, 0, 0),
        verdicts=[Verdict(rule, "not-run", reason, (), (), ()) for rule in (rules.rules if rules else ())],
        enforcers=Enforcers({}, {}),
        contract=contract,
        coverage={},
    )
    with contextlib.suppress(Exception):  # the error itself counts
        Report(outcome, settings.folder).write()


def serving(serve: Callable[..., MockServer], edition: str) -> Callable[..., MockServer]:
    """Return a function that makes mocks of an edition."""
    return serve if edition == rule_editions.BASE else partial(serve, edition=edition)


def broken(rules: Rules, serve: Callable[..., MockServer], seed: int = 1) -> list[str]:
    """Return the ids of the rules that a mock breaks. No requests are generated, and no report is written."""
    settings = Settings(generate=False, seed=seed, edition=rules.edition_name)
    with contextlib.redirect_stdout(io.StringIO()):
        run, record = send_to_mock(settings, rules, _no_overlays(settings.edition), serving(serve, settings.edition))
    return [verdict.rule.id for verdict in _judge(run, record).verdicts() if verdict.verdict == "broken"]


def _judge(run: Run, record: RunRecord) -> Results:
    """Judge a record by the rules of the shard, and by those that stand beside the documented rules."""
    others = (KNOWN_FIELDS_RULE, *WIRE_RULES, *fuzzing.rules())
    results = Results(
        (*run.all_rules.rules, *others),
        strict=run.strict,
        secrets=run.target.secrets,
        amendments=record.amendments if run.settings.overlays else None,
    )
    judging.judge_record((*run.rules.rules, *others), record, results)
    return results


def _report(run: Run, record: RunRecord, target: str) -> Report:
    """Judge a record, propose changes of the contract for other servers, and write the report."""
    results = _judge(run, record)
    enforcers = judging.check_enforcers(run.all_rules, record)
    judging.judge_enforcers(run.rules.rules, enforcers, results, ours=run.is_mock)
    mine = {rule.id for rule in run.rules.rules}
    for rule in run.all_rules.rules:
        if rule.id not in mine:
            results.not_tried(rule, OTHER_SHARD)
    contract = (
        contract_of(run.overlays.contract, run.all_rules.requests) if run.settings.models else run.overlays.contract
    )
    notes = [*run.overlays.actions_without_effect(record.all_exchanges)]
    if run.location != "mock":
        try_create = partial(_try_create, run.target) if run.searches_limits and not record.stopped else None
        proposal = propose(run.rules, record, results, run.overlays, try_create)
        path = proposal_path(run.settings.folder, run.settings.overlays)
        notes += save_proposal(proposal, path, target, complete=not record.stopped)
    report = Report(
        RunOutcome(
            target=target,
            edition_name=run.settings.edition,
            edition=run.all_rules.edition,
            seed=run.settings.seed,
            stopped=record.stopped,
            requests=RequestCounts(record.probes_sent, run.target.requests_sent, record.fuzzing.generated),
            verdicts=results.verdicts(),
            enforcers=enforcers,
            contract=contract,
            coverage=contract_coverage.measure_coverage(contract, record.all_exchanges, record.callbacks),
            notes=[run.target.secrets.clean(note) for note in notes],
        ),
        run.settings.folder,
    )
    report.write()
    return report


def _try_create(target: Target, body: Any) -> bool | None:
    """Return whether a target on which tasks cost nothing accepts a create. None when its response does not show it."""
    return was_accepted(target.send(CREATE, create(body), "may create"))
