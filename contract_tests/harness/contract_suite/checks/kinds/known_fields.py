"""The rule that responses have no undocumented fields. It is not one of the documented rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contract_suite.checks.kinds.base import Kind
from contract_suite.checks.record import RunRecord
from contract_suite.core.exchanges import Exchange
from contract_suite.core.oracle import Decisions, Unknown
from contract_suite.core.results import Finding, Results
from contract_suite.core.text import one_line
from contract_suite.rules.kinds import Rule

MAX_FIELDS = 5  # undocumented fields that a finding names
MAX_NAME = 100  # characters of the name of a field


@dataclass(frozen=True, kw_only=True)
class KnownFieldsRule(Rule):
    """The rule that responses have no undocumented fields."""


KNOWN_FIELDS_RULE = KnownFieldsRule(
    id="contract.known-fields",
    says="A response has no fields but those in the contract.",
    certainty="inferred",
    because="No page says that its list of fields is complete, and editions add some.",
    page="openapi/evolink.yaml",
    edition="",
    source="Fields of responses",
)
"""The only rule of this kind, so that undocumented fields are reported like every other difference."""


class KnownFieldsKind(Kind[KnownFieldsRule]):
    """Fields of responses that the contract does not describe."""

    label = "generated"

    def judge(self, rule: KnownFieldsRule, record: RunRecord, results: Results) -> None:
        """Add one finding that names all undocumented fields, or one case in which the rule holds."""
        names: dict[str, set[str]] = {}
        example: Exchange | None = None
        for exchange, unknown in unknown_fields(record.all_exchanges, record.amendments.after):
            example = example or exchange
            names.setdefault(one_line(".".join(unknown.path))[:MAX_NAME], set()).add(exchange.name)
        if example is None:
            received = next((exchange for exchange in record.all_exchanges if exchange.response is not None), None)
            if received is not None:
                results.holds(rule, received.evidence)
            return
        fields = [f"{name} in {', '.join(sorted(responses))}" for name, responses in sorted(names.items())]
        more = f"; and {len(fields) - MAX_FIELDS} more" if len(fields) > MAX_FIELDS else ""
        actual = f"{'; '.join(fields[:MAX_FIELDS])}{more}"
        results.breaks(rule, Finding("only documented fields", actual, example.evidence()))


def unknown_fields(exchanges: Iterable[Exchange], decisions: Decisions) -> Iterator[tuple[Exchange, Unknown]]:
    """Yield every field of a response that a contract does not describe, with the exchange."""
    for exchange in exchanges:
        if exchange.operation and exchange.status is not None:
            for unknown in decisions.unknown_fields(exchange.operation, exchange.status, exchange.json):
                yield exchange, unknown
