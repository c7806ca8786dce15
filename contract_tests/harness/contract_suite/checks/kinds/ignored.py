"""Rules on requests that are accepted although a field is ignored, or a text is cut or perhaps too long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contract_suite.checks.contract import ChangedParts, Parts
from contract_suite.checks.kinds.base import Kind
from contract_suite.checks.kinds.request import Submission, make_probe, submit
from contract_suite.checks.probes import Probe, ProbeSource, judge_probe
from contract_suite.checks.record import RunRecord
from contract_suite.checks.sdk import Sdk, SdkStance
from contract_suite.core.exchanges import excerpt, is_part_of_any
from contract_suite.core.results import Results
from contract_suite.rules.kinds import IgnoredRule, RequestCase


class IgnoredKind(Kind[IgnoredRule]):
    """Requests in which a field has no effect, and requests in which it has one."""

    label = "ignored fields"
    claim = "has no effect"

    def contract_fields(self, parts: Parts, model: str, body: Any) -> set[str]:
        """Return the fields of a body about which the contract makes the claim."""
        return parts.unused_fields(model, body)

    def sdk_fields(self, outcome: Submission) -> tuple[str, ...]:
        """Return the fields of which the SDK warned for this reason."""
        return outcome.unused_fields

    def check_contract(self, rule: IgnoredRule, parts: Parts) -> Iterator[str]:
        """Compare every request with the schema, and with its extensions."""
        named = " or ".join(rule.fields)
        for bodies, expected in ((rule.ignored, True), (rule.accepts, False)):
            for body in bodies:
                if not parts.accepts(rule.model, body):
                    yield f"the contract refuses {excerpt(body)}"
                elif _names_any(rule, self.contract_fields(parts, rule.model, body)) != expected:
                    says = "does not say" if expected else "says"
                    yield f"the contract {says} that {named} {self.claim} in {excerpt(body)}"

    def may_disagree(self, rule: IgnoredRule, changed: ChangedParts) -> bool:
        """Return whether the schema of the rule's requests differs."""
        return rule.model in changed.subjects

    def check_sdk(self, rule: IgnoredRule, sdk: Sdk) -> SdkStance:
        """Submit every request, and look for the warning that names the field."""
        differences: list[str] = []
        for bodies, expected in ((rule.ignored, True), (rule.accepts, False)):
            for body in bodies:
                outcome = submit(body, sdk)
                if outcome.sent != (body,):
                    differences.append(f"{'changes' if outcome.sent else 'refuses'} {excerpt(body)}")
                elif _names_any(rule, self.sdk_fields(outcome)) != expected:
                    differences.append(f"{'does not warn' if expected else 'warns'} of {excerpt(body)}")
        return SdkStance("enforces", f"warns that the field {self.claim}, and sends the request", tuple(differences))

    def sends_requests(self, rule: IgnoredRule) -> bool:
        """Return True, because every request creates a task."""
        del rule
        return True

    def probes(self, rule: IgnoredRule, source: ProbeSource) -> Iterator[Probe]:
        """Yield a probe for each request, which must be accepted."""
        for body in (*rule.ignored, *rule.accepts):
            yield make_probe(rule, RequestCase(body, rule.model, accepted=True), source)

    def judge(self, rule: IgnoredRule, record: RunRecord, results: Results) -> None:
        """Judge the probes."""
        for probe, exchange in record.probed[rule.id]:
            judge_probe(probe, exchange, results, remote=record.remote)

    def models(self, rule: IgnoredRule) -> list[str]:
        """Return the model."""
        return [rule.model]


class TokenLimitKind(IgnoredKind):
    """Requests with a text that may have more tokens than documented, and requests without."""

    label = "token limits"
    claim = "may have too many tokens"

    def contract_fields(self, parts: Parts, model: str, body: Any) -> set[str]:
        """Return the fields with more characters than their `x-token-limit`."""
        return parts.perhaps_too_long(model, body)

    def sdk_fields(self, outcome: Submission) -> tuple[str, ...]:
        """Return the fields of which the SDK warned for this reason."""
        return outcome.long_fields


def _names_any(rule: IgnoredRule, names: tuple[str, ...] | set[str]) -> bool:
    return any(is_part_of_any(rule.fields, name) for name in names)
