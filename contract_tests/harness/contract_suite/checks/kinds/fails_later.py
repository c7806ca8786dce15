"""Rules on requests that are accepted although their task fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from contract_suite.checks.contract import ChangedParts, Parts
from contract_suite.checks.kinds.base import Kind
from contract_suite.checks.kinds.request import make_probe, submit
from contract_suite.checks.probes import Probe, ProbeSource, judge_probe
from contract_suite.checks.record import RunRecord
from contract_suite.checks.sdk import Sdk, SdkStance
from contract_suite.core.exchanges import Exchange, excerpt, is_part_of_any, member
from contract_suite.core.lifecycle import is_running
from contract_suite.core.results import Finding, Results
from contract_suite.rules.kinds import FailsLaterRule, RequestCase
from contract_suite.rules.operations import GET_TASK


class FailsLaterKind(Kind[FailsLaterRule]):
    """Requests whose task fails with a documented code, and requests whose task does not."""

    label = "failing tasks"

    def check_contract(self, rule: FailsLaterRule, parts: Parts) -> Iterator[str]:
        """Compare every request with the schema, and with its `x-fails-later`."""
        for bodies, expected in ((rule.fails_later, True), (rule.accepts, False)):
            for body in bodies:
                failures = parts.failures(rule.model, body)
                fails = any(is_part_of_any(rule.fields, name) and code == rule.code for name, code in failures.items())
                if not parts.accepts(rule.model, body):
                    yield f"the contract refuses {excerpt(body)}"
                elif fails != expected:
                    says = "does not say" if expected else "says"
                    yield f"the contract {says} that the task of {excerpt(body)} fails with {rule.code}"

    def may_disagree(self, rule: FailsLaterRule, changed: ChangedParts) -> bool:
        """Return whether the schema of the rule's requests differs."""
        return rule.model in changed.subjects

    def check_sdk(self, rule: FailsLaterRule, sdk: Sdk) -> SdkStance:
        """Submit every request. Those whose task fails must not be sent."""
        differences: list[str] = []
        for bodies, refused in ((rule.fails_later, True), (rule.accepts, False)):
            for body in bodies:
                outcome = submit(body, sdk)
                if bool(outcome.sent) == refused:
                    differences.append(f"{'sends' if refused else 'refuses'} {excerpt(body)}")
                elif refused and not any(is_part_of_any(rule.fields, name) for name in outcome.refused_fields):
                    differences.append(f"refuses the fields {', '.join(outcome.refused_fields)} of {excerpt(body)}")
        return SdkStance("enforces", "refuses the request, because its task would fail", tuple(differences))

    def sends_requests(self, rule: FailsLaterRule) -> bool:
        """Return True, because every request creates a task."""
        del rule
        return True

    def probes(self, rule: FailsLaterRule, source: ProbeSource) -> Iterator[Probe]:
        """Yield a probe for each request, which must be accepted."""
        for bodies, code in ((rule.fails_later, rule.code), (rule.accepts, "")):
            for body in bodies:
                probe = make_probe(rule, RequestCase(body, rule.model, accepted=True), source)
                yield replace(probe, task_code="" if probe.amended else code)

    def responses(self, rule: FailsLaterRule) -> set[str]:
        """Return the queries of tasks, which show how they end."""
        del rule
        return {GET_TASK}

    def judge(self, rule: FailsLaterRule, record: RunRecord, results: Results) -> None:
        """Judge the probes, and the end of their tasks."""
        for probe, exchange in record.probed[rule.id]:
            judge_probe(probe, exchange, results, remote=record.remote)
            if probe.task_code and exchange.task_id is not None:
                _judge_end(rule, record.last_queries.get(exchange.task_id), results)

    def models(self, rule: FailsLaterRule) -> list[str]:
        """Return the model."""
        return [rule.model]


def _judge_end(rule: FailsLaterRule, query: Exchange | None, results: Results) -> None:
    status = None if query is None else member(query.json, "status")
    if query is None or is_running(status):
        results.not_tried(rule, "the task had not ended when the run did")
        return
    code = member(query.json, "error", "code")
    if (status, code) == ("failed", rule.code):
        results.holds(rule, query.evidence)
    else:
        actual = f"{status} with {code}" if code else f"{status}"
        results.breaks(rule, Finding(f"the task to fail with {rule.code}", actual, query.evidence()))
