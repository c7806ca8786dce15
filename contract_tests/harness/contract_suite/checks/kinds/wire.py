"""The rules that a body is what its headers say. They are standards of HTTP and JSON, and no page repeats them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contract_suite.checks.kinds.base import Kind
from contract_suite.checks.record import RunRecord
from contract_suite.core.exchanges import ReceivedResponse
from contract_suite.core.results import Finding, Results
from contract_suite.rules.kinds import Rule


@dataclass(frozen=True, kw_only=True)
class WireRule(Rule):
    """A rule on the bytes of every response with a body.

    Attributes:
        expected: What a body must be, in words.
        problem: Returns the reason why a body is not that. Empty when it is, None when the rule does not apply.
    """

    expected: str
    problem: Callable[[ReceivedResponse], str | None]


def _encoding_problem(response: ReceivedResponse) -> str | None:
    return response.false_encoding


def _json_problem(response: ReceivedResponse) -> str | None:
    content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = content_type == "application/json" or content_type.endswith("+json")
    return response.not_json if is_json and not response.false_encoding else None


WIRE_RULES = (
    WireRule(
        id="http.content-encoding",
        says="A body has the Content-Encoding that its header names.",
        certainty="documented",
        because="",
        page="https://www.rfc-editor.org/rfc/rfc9110#section-8.4",
        edition="",
        source="HTTP and JSON",
        expected="a body with the Content-Encoding of its header",
        problem=_encoding_problem,
    ),
    WireRule(
        id="http.json",
        says="A body that is called JSON is JSON in UTF-8. NaN and Infinity are not JSON.",
        certainty="documented",
        because="",
        page="https://www.rfc-editor.org/rfc/rfc8259#section-6",
        edition="",
        source="HTTP and JSON",
        expected="a body that is JSON",
        problem=_json_problem,
    ),
)
"""The rules of this kind, in the order of the report."""


class WireKind(Kind[WireRule]):
    """The form of a body as it is received."""

    label = "responses"

    def judge(self, rule: WireRule, record: RunRecord, results: Results) -> None:
        """Judge every response that has a body."""
        for exchange in record.all_exchanges:
            response = exchange.response
            if response is None or not response.text or exchange.request.method == "HEAD":
                continue
            problem = rule.problem(response)
            if problem:
                results.breaks(rule, Finding(rule.expected, f"{response.status}: {problem}", exchange.evidence()))
            elif problem is not None:
                results.holds(rule, exchange.evidence)

    def why_not_tried(self, rule: WireRule) -> str:
        """Return that no response had such a body."""
        del rule
        return "no response with such a body was received"
