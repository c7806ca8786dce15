"""Rules on requests: bodies of creates and uploads that must be accepted or refused."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from contract_suite.checks.contract import ChangedParts, Parts, declared_types, property_at, property_path
from contract_suite.checks.kinds.base import Kind
from contract_suite.checks.probes import Probe, ProbeSource, judge_probe
from contract_suite.checks.record import RunRecord
from contract_suite.checks.sdk import TASK, UPLOADED, Sdk, SdkStance
from contract_suite.core.exchanges import create, excerpt, is_part_of_any, upload
from contract_suite.core.results import Results
from contract_suite.core.rotation import rotating
from contract_suite.core.target import Intent
from contract_suite.rules.kinds import RequestCase, RequestRule, Rule
from contract_suite.rules.operations import CREATE, OPERATIONS, UPLOAD_BASE64, UPLOAD_URL, UPLOADS
from evolink.errors import EvoLinkError, FieldWarning, InvalidRequest, ParameterIgnoredWarning, TokenLimitWarning


class RequestKind(Kind[RequestRule]):
    """Requests on both sides of a rule."""

    label = "requests"

    def check_contract(self, rule: RequestRule, parts: Parts) -> Iterator[str]:
        """Compare the declared type and default with the documented ones, and every case with the schema."""
        path = property_path(rule.field)
        for subject in rule.subjects if rule.type or rule.item_type or rule.default else ():
            schema = parts.requests.get(subject)
            if rule.type and rule.type not in declared_types(schema, path):
                yield f"the contract does not declare the type {rule.type} for {rule.field} of {subject}"
            if rule.item_type and rule.item_type not in declared_types(schema, [*path, "items"]):
                yield f"the contract does not declare the type {rule.item_type} for items of {rule.field} of {subject}"
            if rule.default and property_at(parts, subject, *path).get("default") != rule.default[0]:
                yield f"the contract does not declare the default {rule.default[0]!r} for {rule.field} of {subject}"
        for case in rule.cases:
            accepted = parts.accepts(case.subject, case.body)
            if accepted != case.accepted:
                yield f"the contract {'accepts' if accepted else 'refuses'} {excerpt(case.body)}"
            elif not accepted and not any(
                is_part_of_any(rule.fields, name) for name in parts.refused_fields(case.subject, case.body)
            ):
                yield f"the contract refuses another field than {' or '.join(rule.fields)} of {excerpt(case.body)}"

    def may_disagree(self, rule: RequestRule, changed: ChangedParts) -> bool:
        """Return whether the schema of the rule's requests differs."""
        return not changed.subjects.isdisjoint(rule.subjects)

    def check_sdk(self, rule: RequestRule, sdk: Sdk) -> SdkStance:
        """Submit every request, and compare what the SDK sends with it."""
        if set(rule.subjects) <= set(UPLOADS):
            return _check_uploads(rule, sdk)
        if not rule.cases:
            return SdkStance("leaves", "sends the request as it is, and leaves the default to the server")
        differences: list[str] = []
        warned = False
        tried = rotating(rule.subjects, 0)  # the SDK treats the fields that all models have alike
        for case in rule.cases:
            if case.subject not in tried:
                continue
            outcome = submit(case.body, sdk)
            warned = warned or outcome.warned
            differences += _compare_outcome(rule, case, outcome)
        rejects = any(not case.accepted for case in rule.cases)
        why = "refuses invalid requests before they are sent" if rejects else "sends valid requests"
        if warned:
            why = "warns of invalid requests and sends them, because editions of the documentation disagree"
        return SdkStance("enforces" if rejects else "reads", why, tuple(differences))

    def sends_requests(self, rule: RequestRule) -> bool:
        """Return whether there are cases. A rule that only states a default has none."""
        return bool(rule.cases)

    def probes(self, rule: RequestRule, source: ProbeSource) -> Iterator[Probe]:
        """Yield a probe for each case, or for its contrary where an overlay decides otherwise.

        A rule about all models is tried for a few of them.
        """
        tried = rotating(rule.subjects, source.seed)
        for case in rule.cases:
            if case.subject in tried:
                yield make_probe(rule, case, source, rule.fields, rule.statuses)

    def judge(self, rule: RequestRule, record: RunRecord, results: Results) -> None:
        """Judge the probes. A default holds on our own mock, which takes it from the contract."""
        for probe, exchange in record.probed[rule.id]:
            judge_probe(probe, exchange, results, remote=record.remote)
        if not rule.cases and record.is_mock and not record.stopped:
            results.holds(rule, note="declared by the contract")

    def why_not_tried(self, rule: RequestRule) -> str:
        """Return that no response shows a default."""
        return "" if rule.cases else "no response shows which value was used"

    def models(self, rule: RequestRule) -> list[str]:
        """Return the subjects that are models."""
        return [subject for subject in rule.subjects if subject not in UPLOADS]


def make_probe(
    rule: Rule,
    case: RequestCase,
    source: ProbeSource,
    fields: tuple[str, ...] = (),
    statuses: tuple[int, ...] = (400,),
) -> Probe:
    """Make the probe for a case, or for its contrary where an overlay decides otherwise.

    Args:
        rule: The rule.
        case: The case.
        source: The overlays, and the file for uploads.
        fields: The fields of which a refusal must name one.
        statuses: The allowed statuses of a refusal.
    """
    operation = case.subject if case.subject in UPLOADS else CREATE
    accepted = source.amendments.amended(operation, case.body) if source.amendments else None
    if accepted is None or accepted == case.accepted:
        return _plain_probe(rule, case, source.file_url, fields, statuses)
    probe = _plain_probe(rule, replace(case, accepted=accepted), source.file_url, fields, statuses)
    return replace(probe, refused_fields=(), amended=True)


def _plain_probe(
    rule: Rule, case: RequestCase, file_url: str, fields: tuple[str, ...], statuses: tuple[int, ...]
) -> Probe:
    expected = (200,) if case.accepted else statuses
    if case.subject not in UPLOADS:
        intent: Intent = "may create" if case.accepted else "refused"
        return Probe(rule, CREATE, create(case.body), intent, expected, refused_fields=() if case.accepted else fields)
    # A request that must be refused for another field needs the URL of an existing file, too.
    fetching = case.subject == UPLOAD_URL and (case.accepted or "file_url" not in fields)
    body = {**case.body, "file_url": file_url} if fetching else case.body
    skipped = "no file is served that the target could fetch" if fetching and not file_url else ""
    return Probe(rule, case.subject, upload(case.subject, body), "uploads", expected, skipped=skipped)


# --- the SDK


class Submission(NamedTuple):
    """The outcome of a submit.

    Attributes:
        refused_fields: The fields that the SDK refused.
        warned: True if the SDK warned of a limit on which editions disagree.
        unused_fields: The fields of which it said that they have no effect.
        long_fields: The fields of which it said that they may have too many tokens.
        sent: A tuple of the body that was sent. Empty if none was.
    """

    refused_fields: tuple[str, ...]
    warned: bool
    unused_fields: tuple[str, ...]
    long_fields: tuple[str, ...]
    sent: tuple[Any, ...]


def _compare_outcome(rule: RequestRule, case: RequestCase, outcome: Submission) -> Iterator[str]:
    """Yield the difference between the SDK's outcome and the documented one."""
    sent = bool(outcome.sent)
    contested = (rule.certainty == "contested" or rule.disputed) and not case.accepted
    if sent != outcome.warned if contested else (sent, outcome.warned) != (case.accepted, False):
        action = ("warns of" if outcome.warned else "sends") if sent else "refuses"
        yield f"{action} {excerpt(case.body)}"
    elif sent and outcome.sent[0] != case.body:
        yield f"sends {excerpt(outcome.sent[0])} instead of {excerpt(case.body)}"
    elif not sent and not any(is_part_of_any(rule.fields, name) for name in outcome.refused_fields):
        yield f"refuses the fields {', '.join(outcome.refused_fields)} of {excerpt(case.body)}"


def submit(body: Any, sdk: Sdk) -> Submission:
    """Submit a request with the SDK, to a server that accepts it."""
    sdk.server.prepare(200, TASK)
    refused: tuple[str, ...] = ()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            sdk.submit(body)
        except InvalidRequest as error:
            refused = tuple(_without_indexes(each.field) for each in error.violations)
    messages = [each.message for each in caught]

    def fields(warning: type[FieldWarning]) -> tuple[str, ...]:
        return tuple(_without_indexes(each.field) for each in messages if isinstance(each, warning))

    unused, long = fields(ParameterIgnoredWarning), fields(TokenLimitWarning)
    request = sdk.server.request
    sent = () if request is None else (json.loads(request.content),)
    return Submission(refused, len(messages) > len(unused) + len(long), unused, long, sent)


def _without_indexes(field: str) -> str:
    return re.sub(r"\[\d+\]", "", field)


def _check_uploads(rule: RequestRule, sdk: Sdk) -> SdkStance:
    """Upload the source of every request that the SDK can make, and compare what it sends with the rule."""
    source_fields = {UPLOAD_BASE64: "base64_data", UPLOAD_URL: "file_url"}
    sources = [
        (case, case.body[source_fields[case.subject]])
        for case in rule.cases
        if case.subject in source_fields
        and case.body.keys() == {source_fields[case.subject]}
        and isinstance(case.body[source_fields[case.subject]], str)
    ]
    sent = [(case, source) for case, source in sources if _upload(source, sdk) == (case.subject, case.body)]
    if not sent:
        return SdkStance("none", "makes no upload requests of this form")
    invalid = [source for case, source in sent if not case.accepted]
    if invalid:
        return SdkStance("leaves", f"sends {len(invalid)} invalid sources, and leaves the refusal to the file host")
    return SdkStance("enforces", "sends only sources that the rule accepts")


def _upload(source: Any, sdk: Sdk) -> tuple[str, Any]:
    """Return the upload operation that the SDK calls for a source, and the JSON it sends. Empty and None for none."""
    sdk.server.prepare(200, UPLOADED)
    try:
        sdk.upload(source)
        request = sdk.server.request
        if request is None:
            return "", None
        operation = next(name for name in UPLOADS if OPERATIONS[name][1] == request.url.path)
        return operation, json.loads(request.content)
    except (EvoLinkError, ValueError):
        return "", None
