"""Holds the documented rules against a server: plans what to send, sends it, and judges what comes back."""

from __future__ import annotations

import ipaddress
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import bundle
from contract_suite.checks import uploads
from contract_suite.core.exchanges import (
    OPERATIONS,
    TASK_PATH,
    Exchange,
    ReceivedResponse,
    Request,
    blamed,
    create,
    is_part,
    member,
    query,
    smallest,
    upload,
)
from contract_suite.core.lifecycle import Observation, TaskLog, is_running
from contract_suite.core.oracle import Amendments
from contract_suite.core.results import Finding, Results, never
from contract_suite.core.target import Intent, StopRun, Target
from contract_suite.rules.documented import (
    UPLOADS,
    BillingCase,
    BillingRule,
    BodyRule,
    DeliveryRule,
    ExchangeCase,
    ExchangeRule,
    FileRule,
    LifecycleRule,
    RequestCase,
    RequestRule,
    ResponseRule,
    Rule,
    Rules,
    SurchargeRule,
    UnobservableRule,
)

ABSENT = ({"type": "null"}, {"maxItems": 0})  # what a field that is absent keeps as well
UNLISTED = {405, 413, 415}  # statuses that no page lists


@dataclass(frozen=True)
class Probe:
    """A request that shows a rule, and what it is to be answered with.

    Attributes:
        authorization: another header than the account's; empty for none.
        statuses: any of these will do.
        blames: the field that the answer must name, if any.
        code: the `code` that the answer must have, if any.
        headers: what the answer's headers must be.
        skipped: why it is not sent; empty if it is.
        amended: whether this is what an overlay has in the place of the rule.
    """

    rule: Rule
    operation: str
    request: Request
    intent: Intent
    statuses: tuple[int, ...]
    authorization: str | None = None
    blames: str = ""
    code: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    skipped: str = ""
    amended: bool = False

    @property
    def must_be_accepted(self) -> bool:
        """Whether the answer must be a task."""
        return self.statuses == (200,) and self.operation == "create"


def plan(
    rules: Rules, target: Target, seed: int, file_at: str = "", amendments: Amendments | None = None
) -> list[Probe]:
    """Return every probe of every rule, in the order it is to be sent: what costs nothing first.

    Args:
        rules: the rules.
        target: what they are sent to.
        seed: the order of what costs the same.
        file_at: where the file is really served that uploads by URL are to fetch; empty when nowhere.
        amendments: what is to be accepted, or refused, otherwise than the rules say.
    """
    probes = [_guarded(probe, target) for probe in _probes(rules, file_at, amendments)]
    random.Random(seed).shuffle(probes)  # noqa: S311 - no secret; no rule may depend on the order
    shortest = {create(request).body for request in rules.requests.values()}
    order: dict[Intent, int] = {"read": 0, "refused": 1, "uploads": 2, "may create": 3}
    probes.sort(key=lambda probe: (order[probe.intent], not probe.must_be_accepted, probe.request.body not in shortest))
    return probes


def _probes(rules: Rules, file_at: str, amendments: Amendments | None) -> Iterator[Probe]:
    for rule in rules.rules:
        match rule:
            case RequestRule():
                for case in rule.cases:
                    yield _amended_probe(rule, case, file_at, amendments)
            case ExchangeRule():
                for exchange in rule.cases:
                    yield _exchange_probe(rule, exchange, rules)
            case _:
                pass


def _amended_probe(rule: RequestRule, case: RequestCase, file_at: str, amendments: Amendments | None) -> Probe:
    """Return the probe of a case, or of its contrary where an overlay has it so."""
    accepted = amendments.amended(case.of if case.of in UPLOADS else "create", case.body) if amendments else None
    if accepted is None or accepted == case.accepted:
        return _request_probe(rule, case, file_at)
    probe = _request_probe(rule, replace(case, accepted=accepted), file_at)
    return replace(probe, blames="", amended=True)


def _request_probe(rule: RequestRule, case: RequestCase, file_at: str) -> Probe:
    statuses = (200,) if case.accepted else rule.statuses
    if case.of not in UPLOADS:
        intent: Intent = "may create" if case.accepted else "refused"
        blames = "" if case.accepted else rule.field
        return Probe(rule, "create", create(case.body), intent, statuses, blames=blames)
    # A request that is refused for something else is to name a file that is there, too.
    fetching = case.of == "upload-url" and (case.accepted or rule.field != "file_url")
    body = {**case.body, "file_url": file_at} if fetching else case.body
    skipped = "no file is served that it could fetch" if fetching and not file_at else ""
    return Probe(rule, case.of, upload(case.of, body), "uploads", statuses, skipped=skipped)


def _exchange_probe(rule: ExchangeRule, case: ExchangeCase, rules: Rules) -> Probe:
    usual, path = OPERATIONS[case.operation]
    method = case.method or usual
    request = smallest(case.operation, rules)
    if case.body:
        request = upload(case.operation, case.body[0]) if case.operation in UPLOADS else create(case.body[0])
    headers = request.headers if case.content_type is None else {"content-type": case.content_type}
    headers = {name: value for name, value in headers.items() if value}
    body = request.body or b""
    if case.text is not None:
        body = case.text.encode()
    if case.pad_to is not None:
        body = body[:-1] + b" " * (case.pad_to - len(body)) + body[-1:]
    if usual == "GET" or method in {"GET", "DELETE"}:
        headers, content = {}, None
    else:
        content = body
    intent: Intent = "read" if usual == method == "GET" else "refused"
    return Probe(
        rule,
        case.operation,
        Request(method, path.format(task_id=quote(case.task_id, safe="")), headers, content),
        "uploads" if case.operation in UPLOADS else intent,
        (case.status,),
        authorization=case.authorization,
        blames=case.blames or "",
        code=case.code,
        headers=tuple(case.response_headers.items()),
    )


def _guarded(probe: Probe, target: Target) -> Probe:
    """Return a probe as it may be sent where tasks cost money."""
    if not target.guarded:
        return probe
    if probe.request.is_upload:
        return replace(probe, skipped="files are uploaded on loopback alone, as they use up a quota")
    if probe.intent == "refused" and (probe.amended or probe.rule.certainty != "documented"):
        if not target.spend:
            doubt = "the overlay's word" if probe.amended else probe.rule.certainty
            return replace(probe, skipped=f"it is {doubt} that it is refused, and SPEND=0")
        return replace(probe, intent="may create")
    if probe.must_be_accepted and _calls_a_stranger(probe):
        return replace(probe, skipped="its callback would go to a stranger's address")
    if probe.must_be_accepted and not target.spend:
        return replace(probe, skipped="it creates a task, and SPEND=0")
    return probe


def _calls_a_stranger(probe: Probe) -> bool:
    found = re.search(rb'"callback_url": "([^"]*)"', probe.request.body or b"")
    try:
        return bool(found and ipaddress.ip_address(urlsplit(found[1].decode()).hostname or ""))
    except ValueError:
        return False


def summary(probes: Sequence[Probe]) -> Iterator[str]:
    """Yield, in words, what will be sent and what will not."""
    sent = Counter(
        "may create a task"
        if probe.intent == "may create"
        else "try another key or none"
        if probe.authorization is not None
        else "read"
        if probe.intent == "read"
        else "upload a file, or must fail to"
        if probe.intent == "uploads"
        else "must be refused"
        for probe in probes
        if not probe.skipped
    )
    for what in (
        "read",
        "try another key or none",
        "must be refused",
        "upload a file, or must fail to",
        "may create a task",
    ):
        yield f"{sent[what]:5} requests that {what}"
    for why, count in Counter(probe.skipped for probe in probes if probe.skipped).items():
        yield f"{count:5} requests not sent: {why}"


@dataclass
class Run:
    """The exchanges of one run with one target, and what they show."""

    rules: Rules
    target: Target
    ledger: Results
    everything: bool

    def __post_init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.probed: list[tuple[str, Exchange]] = []  # with the id of the rule
        self.log = TaskLog()
        self._behaviours: dict[str, LifecycleRule] = {
            rule.behaviour: rule for rule in self.rules.rules if isinstance(rule, LifecycleRule)
        }

    def probe(self, probe: Probe) -> None:
        """Send a probe, judge its answer and, if a task came of it, query that at once."""
        skipped = probe.skipped
        if not skipped and probe.intent == "may create" and not self.target.may_create:
            skipped = f"it may create a task, and SPEND={self.target.spend}"
        if skipped:
            self.ledger.unseen(probe.rule, skipped)
            return
        try:
            exchange = self.target.send(probe.operation, probe.request, probe.intent, authorization=probe.authorization)
        except StopRun as stop:
            if stop.exchange is not None:
                self.exchanges.append(stop.exchange)
                self._judge(probe, stop.exchange)
            raise
        self._judge(probe, exchange)
        self.note(exchange)

    def _judge(self, probe: Probe, exchange: Exchange) -> None:
        authorization = "Bearer [key]" if probe.authorization is None else probe.authorization
        evidence = self.target.evidence(exchange, authorization)
        expected, actual = _one_of(probe.statuses), exchange.actual
        response = exchange.response
        self.probed.append((probe.rule.id, exchange))
        if self.target.elsewhere and response is not None and response.status == 429:
            self.ledger.unseen(probe.rule, "the target answered 429, again and again")
            return
        if self.target.elsewhere and probe.must_be_accepted and exchange.status == 400 and blames_media(response):
            self.ledger.unseen(probe.rule, "the target looked for its media, which are on an .invalid host")
            return
        if response is None or response.status not in probe.statuses:
            overruled = partial(_overrules_answer, exchange, probe.statuses)
            finding = Finding(expected, actual, evidence, overruled_by=overruled, amended=probe.amended)
            self.ledger.breaks(probe.rule, finding)
            return
        if probe.must_be_accepted and response.task_id is None:
            self.ledger.breaks(probe.rule, Finding(f"{expected} with the id of a task", actual, evidence))
            return
        if probe.code is not None and member(response.json, "code") != probe.code:
            self.ledger.breaks(probe.rule, Finding(f"{expected} with code {probe.code}", actual, evidence))
            return
        for name, value in probe.headers:
            if value.lower() not in re.split(r"\s*,\s*", response.headers.get(name, "").lower()):
                shown = f"{name}: {response.headers.get(name, 'absent')}"
                self.ledger.breaks(probe.rule, Finding(f"{expected} with {name}: {value}", shown, evidence))
                return
        self.ledger.holds(probe.rule, lambda: evidence, overruled=probe.amended)
        if probe.blames and not is_part(probe.blames, blamed(response.json) or "nothing"):
            finding = Finding(f"{expected} blaming {probe.blames}", actual, evidence, inferred=True)
            self.ledger.breaks(probe.rule, finding)

    def note(self, exchange: Exchange) -> None:
        """Note an exchange; query the task that it created, if it did, and look for the file that it uploaded."""
        self.exchanges.append(exchange)
        if exchange.name == "created":
            self._note_task(exchange)
            if exchange.task_id in self.log.tasks:
                self.query(exchange.task_id)
        elif exchange.name in UPLOADS:
            self._observe(uploads.observations(exchange.json, self.rules.file), exchange)

    def _note_task(self, exchange: Exchange) -> None:
        self._observe(self.log.created(_model(exchange.request.body), exchange.json), exchange)

    def query(self, task_id: str) -> Exchange:
        """Query a task and note what its answer shows."""
        exchange = self.target.send("task", query(task_id), "read")
        self.exchanges.append(exchange)
        self.note_queried(task_id, exchange)
        return exchange

    def note_queried(self, task_id: str, exchange: Exchange) -> None:
        """Note the answer to a query."""
        self._observe(self.log.queried(task_id, exchange.status, exchange.json), exchange)

    def _observe(self, observations: Iterator[Observation], exchange: Exchange) -> None:
        for observation in observations:
            rule = self._behaviours.get(observation.behaviour)
            if rule is None:
                continue
            if observation.actual is None:
                self.ledger.holds(rule, partial(self.target.evidence, exchange))
            else:
                finding = Finding(observation.expected, observation.actual, self.target.evidence(exchange))
                self.ledger.breaks(rule, finding)

    def replay(self, exchange: Exchange) -> None:
        """Note an exchange that somebody else had with the target."""
        self.exchanges.append(exchange)
        if not exchange.authorized or exchange.response is None:
            return
        if exchange.name == "created":
            self._note_task(exchange)
        elif exchange.operation == "task" and exchange.request.method == "GET":
            self.note_queried(unquote(exchange.request.path.removeprefix(TASK_PATH)), exchange)

    def follow(self, task_ids: Iterable[str], patience: float, pause: float) -> None:
        """Query tasks until they have ended, or `patience` seconds are over, and once more."""
        deadline = time.monotonic() + patience
        followed = [self.log.tasks[task_id] for task_id in task_ids]
        running = followed
        while True:
            for task in running:
                self.query(task.id)
            running = [task for task in running if is_running(task.status)]
            if not running or time.monotonic() > deadline:
                break
            time.sleep(pause)
        for task in followed:  # an end is an end
            self.query(task.id)

    def create_and_note(self, body: dict[str, Any], headers: dict[str, str] | None = None) -> Exchange:
        """Create a task that no probe asks for."""
        exchange = self.target.send("create", create(body, headers), "may create")
        self.note(exchange)
        return exchange

    def compare_prices(self) -> None:
        """Create what the rules on prices compare, and compare what is reserved for it."""
        for rule in self.rules.rules:
            if isinstance(rule, SurchargeRule):
                self._rising(rule, [rule.cheaper, rule.dearer])
            elif isinstance(rule, BillingRule):
                cases = [case for case in rule.cases if case.reserved_seconds is not None]
                if cases:
                    self._rising(rule, [case.request for case in sorted(cases, key=_reserved)])

    def _rising(self, rule: Rule, bodies: list[dict[str, Any]]) -> None:
        """Judge whether each of several requests reserves more than the one before."""
        before: float | None = None
        if self.target.spend is not None and self.target.spend - len(self.target.created) < len(bodies):
            self.ledger.unseen(rule, f"it takes {len(bodies)} tasks to compare, and SPEND={self.target.spend}")
            return
        for body in bodies:
            exchange = self.create_and_note(body)
            reserved = _credits(exchange)
            if reserved is None:
                self.ledger.unseen(rule, f"no credits_reserved to compare came, but {exchange.actual}")
                return
            shown = partial(self.target.evidence, exchange)
            if before is not None:
                if reserved > before:
                    self.ledger.holds(rule, shown)
                else:
                    self.ledger.breaks(rule, Finding(f"more than {before} credits", f"{reserved}", shown()))
            before = reserved

    def judge_responses(self, callbacks: Sequence[Any]) -> None:
        """Judge all bodies there are by the rules on bodies."""
        exchanges = (*self.exchanges, *self.target.put_off)
        for rule in self.rules.rules:
            if isinstance(rule, ResponseRule):
                self._judge_responses(rule, exchanges)
            if not isinstance(rule, BodyRule):
                continue
            for exchange in exchanges:
                if exchange.response and rule.is_about(exchange.operation, exchange.status or 0):
                    shown = partial(self.target.evidence, exchange)
                    inferred = exchange.status in UNLISTED
                    overruled = partial(_overrules_body, rule, exchange)
                    self._judge_body(
                        rule, exchange.response.json, exchange.name, shown, inferred=inferred, overruled_by=overruled
                    )
            if "callback" in rule.responses:
                for body in callbacks:
                    self._judge_body(rule, body, "callback", partial(_callback, body))

    def _judge_responses(self, rule: ResponseRule, exchanges: Sequence[Exchange]) -> None:
        for exchange in exchanges:
            response = exchange.response
            if response is None or exchange.operation not in rule.operations:
                continue
            content_type = response.headers.get("content-type", "none").partition(";")[0].strip().lower()
            shown = partial(self.target.evidence, exchange)
            if rule.statuses and response.status not in rule.statuses:
                overruled = partial(_lists_newly, exchange)
                finding = Finding(f"one of {_one_of(rule.statuses)}", exchange.actual, shown(), overruled_by=overruled)
                self.ledger.breaks(rule, finding)
            elif rule.content_type and content_type != rule.content_type:
                self.ledger.breaks(rule, Finding(f"{rule.content_type} in answer", content_type, shown()))
            else:
                self.ledger.holds(rule, shown)

    def _judge_body(
        self,
        rule: BodyRule,
        body: Any,
        name: str,
        evidence: Callable[[], dict[str, Any]],
        *,
        inferred: bool = False,
        overruled_by: Callable[[Amendments], bool] = never,
    ) -> None:
        if not rule.speaks_of(body) or not _touches(rule.must, body):
            return
        problem = rule.problem(body)
        if problem is None:
            self.ledger.holds(rule, evidence)
        else:
            expected = f"{name} that keeps the rule"
            self.ledger.breaks(rule, Finding(expected, problem, evidence(), inferred, overruled_by=overruled_by))

    def leave(self) -> None:
        """Note, for what this target did not or cannot show, why."""
        for rule in self.rules.rules:
            match rule:
                case BodyRule():
                    named = "refusal" if rule.refusals_of else " or ".join(rule.responses)
                    about = " of the kind it speaks of" if rule.when or rule.unless else ""
                    self.ledger.unseen_at_all(rule, f"no {named} came{about} that shows it")
                case ResponseRule():
                    self.ledger.unseen_at_all(rule, f"no answer to {' or '.join(rule.operations)} came")
                case LifecycleRule() if rule.behaviour.startswith("file-"):
                    self.ledger.unseen_at_all(rule, "no file was uploaded")
                case LifecycleRule():
                    self.ledger.unseen_at_all(rule, "no task was followed that far")
                case UnobservableRule():
                    self.ledger.unseen(rule, rule.why)
                case _ if self.everything:
                    self._leave_to_the_contract(rule)
                case _:
                    self._leave_unseen(rule)

    def _leave_to_the_contract(self, rule: Rule) -> None:
        """Note what our own mock takes from the contract and shows to nobody."""
        if isinstance(rule, FileRule):
            self.ledger.holds(rule, note="decided by the contract's limits, as the mock does not look at files")
        elif isinstance(rule, RequestRule) and not rule.cases:
            self.ledger.holds(rule, note="declared by the contract")

    def _leave_unseen(self, rule: Rule) -> None:
        match rule:
            case FileRule():
                self.ledger.unseen(rule, "no request can show what is made of a file")
            case RequestRule() if not rule.cases:
                self.ledger.unseen(rule, "no answer shows which value was used")
            case DeliveryRule():
                self.ledger.unseen(rule, "a callback needs a public https address; see the run against the mock")
            case BillingRule() if all(case.reserved_seconds is None for case in rule.cases):
                self.ledger.unseen(rule, "no answer shows what a task is charged in the end")
            case _:
                pass


def _overrules_answer(exchange: Exchange, statuses: tuple[int, ...], amendments: Amendments) -> bool:
    return amendments.overrules_response(exchange, statuses)


def _lists_newly(exchange: Exchange, amendments: Amendments) -> bool:
    return amendments.lists_newly(exchange)


def _overrules_body(rule: BodyRule, exchange: Exchange, amendments: Amendments) -> bool:
    return amendments.overrules_body(exchange, rule)


def _callback(body: Any) -> dict[str, Any]:
    return {"callback": body}


def _model(body: bytes | None) -> Any:
    try:
        request = json.loads(body or b"null")
    except (ValueError, RecursionError):
        return None
    return member(request, "model")


def _one_of(statuses: tuple[int, ...]) -> str:
    return " or ".join(str(status) for status in statuses)


def _reserved(case: BillingCase) -> float:
    return case.reserved_seconds or 0


def _credits(exchange: Exchange) -> float | None:
    reserved = member(exchange.json, "usage", "credits_reserved")
    return reserved if isinstance(reserved, int | float) and not isinstance(reserved, bool) else None


def blames_media(response: ReceivedResponse | None) -> bool:
    """Whether a refusal is for the media of a request, which elsewhere are on hosts that do not exist."""
    return response is not None and blamed(response.json) in {"image_urls", "video_urls"}


def _touches(must: dict[str, Any], body: Any) -> bool:
    """Whether a schema has anything to say of a body: what it constrains is there, or had better not be."""
    if must.keys() - {"properties", "items"}:
        return True
    if bundle.is_array(body):
        return any(_touches(must.get("items", {"properties": {}}), item) for item in body)
    return bundle.is_object(body) and any(
        _touches(part, body[name]) if name in body else part in ABSENT
        for name, part in must.get("properties", {}).items()
    )
