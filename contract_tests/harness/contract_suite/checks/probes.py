"""Probes: requests that show whether a rule holds, with the expected responses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from contract_suite.core.exchanges import (
    BEARER_WITHOUT_KEY,
    Exchange,
    ReceivedResponse,
    Request,
    is_part_of_any,
    member,
    refused_field,
)
from contract_suite.core.oracle import Amendments
from contract_suite.core.results import Finding, Results
from contract_suite.core.target import Intent
from contract_suite.rules.documented import Rules
from contract_suite.rules.kinds import Rule
from contract_suite.rules.operations import CREATE


@dataclass(frozen=True)
class Probe:
    """A request that shows whether a rule holds, and the expected response.

    Attributes:
        rule: The rule.
        operation: The operation id.
        request: The request.
        intent: Its purpose.
        statuses: The allowed statuses of the response.
        authorization: A header other than the account's. Empty for none.
        refused_fields: The fields of which the response must name one, if any.
        code: The `code` that the response must have, if any.
        headers: The headers that the response must have.
        task_code: The error code with which the created task must fail. Empty if its end does not matter.
        skipped: The reason why the probe is not sent. Empty if it is sent.
        amended: True if the expected response is that of an overlay, which replaces the rule.
    """

    rule: Rule
    operation: str
    request: Request
    intent: Intent
    statuses: tuple[int, ...]
    authorization: str | None = None
    refused_fields: tuple[str, ...] = ()
    code: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    task_code: str = ""
    skipped: str = ""
    amended: bool = False

    @property
    def must_be_accepted(self) -> bool:
        """True if the response must be a task."""
        return self.statuses == (200,) and self.operation == CREATE


@dataclass(frozen=True)
class ProbeSource:
    """The data from which probes are made.

    Attributes:
        rules: All rules of the run, with the smallest requests.
        file_url: The URL of a file that uploads by URL can fetch. Empty when none is served.
        amendments: Requests that overlays accept or refuse otherwise than the rules.
        seed: The seed of the run, which chooses the models for rules that are about all models.
    """

    rules: Rules
    file_url: str = ""
    amendments: Amendments | None = None
    seed: int = 1


def judge_probe(probe: Probe, exchange: Exchange, results: Results, *, remote: bool) -> None:
    """Compare the response to a probe with the expected one, and add the outcome to the results."""
    rule, response = probe.rule, exchange.response
    evidence = exchange.evidence(BEARER_WITHOUT_KEY if probe.authorization is None else probe.authorization)
    expected, actual = one_of(probe.statuses), exchange.actual
    if remote and response is not None and response.status == 429:
        results.not_tried(rule, "the target responded 429 to every attempt")
    elif remote and probe.must_be_accepted and exchange.status == 400 and refuses_media(response):
        results.not_tried(rule, "the target fetched the media at once, and they are on an .invalid host")
    elif response is None or response.status not in probe.statuses:
        overruled = partial(_is_response_overruled, exchange, probe.statuses)
        finding = Finding(expected, actual, evidence, overruled_by=overruled, amended=probe.amended)
        results.breaks(rule, finding)
    elif probe.must_be_accepted and response.task_id is None:
        results.breaks(rule, Finding(f"{expected} with a task id", actual, evidence))
    elif probe.code is not None and member(response.json, "code") != probe.code:
        results.breaks(rule, Finding(f"{expected} with code {probe.code}", actual, evidence))
    elif (header := _wrong_header(probe, response)) is not None:
        results.breaks(rule, Finding(f"{expected} with {header[0]}", header[1], evidence))
    else:
        results.holds(rule, lambda: evidence, overruled=probe.amended)
        if probe.refused_fields and not is_part_of_any(probe.refused_fields, refused_field(response.json) or "none"):
            fields = " or ".join(probe.refused_fields)
            finding = Finding(f"{expected} (field {fields})", actual, evidence, inferred=True)
            results.breaks(rule, finding)


def _wrong_header(probe: Probe, response: ReceivedResponse) -> tuple[str, str] | None:
    """Return the first expected header that the response lacks, and the actual one."""
    for name, value in probe.headers:
        if value.lower() not in re.split(r"\s*,\s*", response.headers.get(name, "").lower()):
            return f"{name}: {value}", f"{name}: {response.headers.get(name, 'absent')}"
    return None


def _is_response_overruled(exchange: Exchange, statuses: tuple[int, ...], amendments: Amendments) -> bool:
    return amendments.overrules_response(exchange, statuses)


def one_of(statuses: tuple[int, ...]) -> str:
    """Return statuses as text, such as `400 or 422`."""
    return " or ".join(str(status) for status in statuses)


def refuses_media(response: ReceivedResponse | None) -> bool:
    """Return whether a refusal names the media of a request. Probes of other machines use hosts that do not exist."""
    return response is not None and refused_field(response.json) in {"image_urls", "video_urls"}
