"""The record of a run: all requests, responses and observations, which the judging stage reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import unquote

from contract_suite.checks.deliveries import Delivery
from contract_suite.checks.probes import Probe
from contract_suite.core.exchanges import Exchange
from contract_suite.core.lifecycle import Observation
from contract_suite.core.oracle import Amendments
from contract_suite.core.results import Finding
from contract_suite.rules.kinds import Behaviour, BillingCase
from contract_suite.rules.operations import GET_TASK, TASK_PATH


class Bill(NamedTuple):
    """The charge for a task of our own mock.

    Attributes:
        case: The case for which the task was created.
        exchange: The query of the bill.
        produced_seconds: A tuple of the length of the video, or of None if the task has no video. Empty if it was not
            read.
    """

    case: BillingCase
    exchange: Exchange
    produced_seconds: tuple[float | None, ...]


@dataclass
class FuzzingRecord:
    """The outcome of schemathesis.

    Attributes:
        exchanges: The exchanges in their order.
        generated: The number of requests that schemathesis generated.
        checks: The outcomes of every check by the id of its rule: a finding, or None where the check succeeded.
        not_run: The reasons why a check did not run, by the id of its rule.
    """

    exchanges: list[Exchange] = field(default_factory=list[Exchange])
    generated: int = 0
    checks: dict[str, list[Finding | None]] = field(default_factory=lambda: defaultdict(list))
    not_run: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class RunRecord:
    """All requests, responses and observations of one run.

    Attributes:
        amendments: The contract without and with the overlays.
        is_mock: True if the target is our own mock.
        remote: True if the target is on another machine.
        exchanges: The exchanges of probes, and those that follow from them.
        postponed: The exchanges that were repeated after a 429.
        probed: The exchange of every probe, by the id of its rule.
        not_tried: The reasons for what was not sent, by the id of the rule.
        observations: The observations of every behaviour, each with the exchange that shows it.
        comparisons: The creates whose prices must rise, by the id of the rule.
        bills: The charges for tasks of our own mock, by the id of the rule.
        deliveries: The deliveries of callbacks by our own mock, by the id of the rule.
        callbacks: The bodies of the callbacks that arrived.
        fuzzing: The outcome of schemathesis.
        stopped: The reason why the run ended early. Empty when it did not.
    """

    amendments: Amendments
    is_mock: bool
    remote: bool
    exchanges: list[Exchange] = field(default_factory=list[Exchange])
    postponed: list[Exchange] = field(default_factory=list[Exchange])
    probed: dict[str, list[tuple[Probe, Exchange]]] = field(default_factory=lambda: defaultdict(list))
    not_tried: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    observations: dict[Behaviour, list[tuple[Observation, Exchange]]] = field(default_factory=lambda: defaultdict(list))
    comparisons: dict[str, list[Exchange]] = field(default_factory=lambda: defaultdict(list))
    bills: dict[str, list[Bill]] = field(default_factory=lambda: defaultdict(list))
    deliveries: dict[str, list[Delivery]] = field(default_factory=lambda: defaultdict(list))
    callbacks: list[Any] = field(default_factory=list[Any])
    fuzzing: FuzzingRecord = field(default_factory=FuzzingRecord)
    stopped: str = ""

    @property
    def own_exchanges(self) -> list[Exchange]:
        """All exchanges but those of schemathesis."""
        return [*self.exchanges, *self.postponed]

    @property
    def all_exchanges(self) -> list[Exchange]:
        """All exchanges, those of schemathesis included."""
        return [*self.own_exchanges, *self.fuzzing.exchanges]

    @cached_property
    def answered(self) -> dict[tuple[str, int], list[Exchange]]:
        """All exchanges with a response, by operation and status. For the judging stage, because it is made once."""
        answered: dict[tuple[str, int], list[Exchange]] = defaultdict(list)
        for exchange in self.all_exchanges:
            if exchange.response is not None:
                answered[exchange.operation, exchange.status or 0].append(exchange)
        return answered

    @cached_property
    def last_queries(self) -> dict[str, Exchange]:
        """The last successful query of each task. For the judging stage, because it is made once."""
        queries = (exchange for exchange in self.own_exchanges if exchange.operation == GET_TASK)
        return {
            unquote(exchange.request.path.removeprefix(TASK_PATH)): exchange
            for exchange in queries
            if exchange.status == 200
        }

    @property
    def tasks_to_follow(self) -> list[str]:
        """The tasks whose end a probe is about."""
        return [
            exchange.task_id
            for probed in self.probed.values()
            for probe, exchange in probed
            if probe.task_code and exchange.task_id
        ]

    @property
    def probes_sent(self) -> int:
        """The number of probes that were sent."""
        return sum(map(len, self.probed.values()))

    def observe(self, observations: Iterator[Observation], exchange: Exchange) -> None:
        """Add observations that an exchange shows."""
        for observation in observations:
            self.observations[observation.behaviour].append((observation, exchange))
