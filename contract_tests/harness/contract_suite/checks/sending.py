"""The sending stage: sends probes, follows the tasks that they create, and records all exchanges."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import unquote

from contract_suite.checks import uploads
from contract_suite.checks.kinds import kind_of
from contract_suite.checks.kinds.billing import reserved_credits
from contract_suite.checks.probes import Probe
from contract_suite.checks.record import RunRecord
from contract_suite.core.exchanges import Exchange, create, member, query
from contract_suite.core.lifecycle import TaskLog, is_running
from contract_suite.core.target import StopRun, Target
from contract_suite.rules.documented import Rules
from contract_suite.rules.kinds import Rule
from contract_suite.rules.operations import CREATE, GET_TASK, TASK_PATH, UPLOADS
from evolink._json import parse_json


class Sender:
    """Sends the requests of one run to its target and records the exchanges.

    Args:
        target: The target.
        rules: The rules of the run.
        record: The record that is filled.

    Attributes:
        log: The tasks that were created.
    """

    def __init__(self, target: Target, rules: Rules, record: RunRecord) -> None:
        self.target = target
        self.rules = rules
        self.record = record
        self.log = TaskLog(rules.first_statuses)

    def send_probes(self, probes: Iterable[Probe]) -> None:
        """Send every probe, and query each task that is created.

        Raises:
            StopRun: No further request may be sent. The exchange that caused this is recorded.
        """
        for probe in probes:
            self._send_probe(probe)

    def _send_probe(self, probe: Probe) -> None:
        skipped = probe.skipped
        if not skipped and probe.intent == "may create" and not self.target.may_create:
            skipped = f"it may create a task, and all tasks of SPEND={self.target.spend} were created"
        if skipped:
            self.record.not_tried[probe.rule.id].append(skipped)
            return
        try:
            exchange = self.target.send(probe.operation, probe.request, probe.intent, authorization=probe.authorization)
        except StopRun as stop:
            if stop.exchange is not None:
                self.record.exchanges.append(stop.exchange)
                self.record.probed[probe.rule.id].append((probe, stop.exchange))
            raise
        self.record.probed[probe.rule.id].append((probe, exchange))
        self.add(exchange)

    def add(self, exchange: Exchange) -> None:
        """Record an exchange. Query the task that it created, or fetch the file that it uploaded."""
        self.record.exchanges.append(exchange)
        if exchange.name == CREATE:
            self._observe_created(exchange)
            if exchange.task_id in self.log.tasks:
                self.query(exchange.task_id)
        elif exchange.name in UPLOADS:
            self.record.observe(uploads.observations(exchange.json, self.rules.file), exchange)

    def _observe_created(self, exchange: Exchange) -> None:
        self.record.observe(self.log.created(_requested_model(exchange), exchange.json), exchange)

    def query(self, task_id: str) -> Exchange:
        """Query a task and record what the response shows."""
        exchange = self.target.send(GET_TASK, query(task_id), "read")
        self.record.exchanges.append(exchange)
        self.record.observe(self.log.queried(task_id, exchange.status, exchange.json), exchange)
        return exchange

    def create(self, body: dict[str, Any], headers: dict[str, str] | None = None) -> Exchange:
        """Create a task that does not belong to a probe."""
        exchange = self.target.send(CREATE, create(body, headers), "may create")
        self.add(exchange)
        return exchange

    def follow_tasks(self, task_ids: Iterable[str], patience: float, pause: float) -> None:
        """Query tasks until all have ended, or `patience` seconds have passed. Then query each once more.

        Args:
            task_ids: Tasks in the log.
            patience: The most seconds.
            pause: The seconds between two rounds of queries.
        """
        deadline = time.monotonic() + patience
        tasks = [self.log.tasks[task_id] for task_id in task_ids]
        running = tasks
        while True:
            for task in running:
                self.query(task.id)
            running = [task for task in running if is_running(task.status)]
            if not running or time.monotonic() > deadline:
                break
            time.sleep(pause)
        for task in tasks:  # a task that has ended must stay as it is
            self.query(task.id)

    def compare_prices(self) -> None:
        """Create the tasks whose reserved credits the rules compare, where tasks may be created at all."""
        if self.target.spend == 0:
            return
        for rule in self.rules.rules:
            bodies = kind_of(rule).requests_by_price(rule)
            if bodies:
                self._compare_prices(rule, bodies)

    def _compare_prices(self, rule: Rule, bodies: Sequence[dict[str, Any]]) -> None:
        if self.target.spend is not None and self.target.spend - len(self.target.created) < len(bodies):
            why = f"the comparison needs {len(bodies)} tasks, more than SPEND={self.target.spend} leaves"
            self.record.not_tried[rule.id].append(why)
            return
        for body in bodies:
            exchange = self.create(body)
            self.record.comparisons[rule.id].append(exchange)
            if reserved_credits(exchange) is None:
                return


def observe_generated(record: RunRecord, rules: Rules) -> None:
    """Add what the exchanges of schemathesis show of the lifecycle of tasks to a record."""
    log = TaskLog(rules.first_statuses)
    for exchange in record.fuzzing.exchanges:
        if not exchange.authorized or exchange.response is None:
            continue
        if exchange.name == CREATE:
            record.observe(log.created(_requested_model(exchange), exchange.json), exchange)
        elif exchange.operation == GET_TASK and exchange.request.method == "GET":
            task_id = unquote(exchange.request.path.removeprefix(TASK_PATH))
            record.observe(log.queried(task_id, exchange.status, exchange.json), exchange)


def _requested_model(exchange: Exchange) -> Any:
    try:
        request = parse_json(exchange.request.body or b"null")
    except ValueError:
        return None
    return member(request, "model")
