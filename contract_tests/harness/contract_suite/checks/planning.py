"""The planning stage: which requests a run sends, in which order, and which part of the rules a shard has."""

from __future__ import annotations

import ipaddress
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from contract_suite.checks.kinds import kind_of
from contract_suite.checks.probes import Probe, ProbeSource
from contract_suite.core.exchanges import create
from contract_suite.core.target import Intent, Target
from contract_suite.rules.documented import Rules

OTHER_SHARD = "judged by another shard"
ORDER: dict[Intent, int] = {"read": 0, "refused": 1, "uploads": 2, "may create": 3}
DESCRIPTIONS: dict[Intent, str] = {
    "read": "read",
    "refused": "must be refused",
    "uploads": "upload a file, or must fail to",
    "may create": "may create a task",
}
OTHER_KEY = "use another key or none"


@dataclass(frozen=True)
class Shard:
    """A part of a divided run. Rules with requests of their own are divided. All other rules are in every shard.

    A shard judges those other rules by its own exchanges and tasks, each of them alone. A shard therefore never breaks
    a rule that holds in the undivided run. The first shard generates requests.
    """

    number: int = 1
    count: int = 1

    def share(self, rules: Rules) -> Rules:
        """Return the rules of this shard. The division depends on their order alone."""
        divided = [rule for rule in rules.rules if kind_of(rule).sends_requests(rule)]
        others = {rule.id for index, rule in enumerate(divided) if index % self.count != self.number - 1}
        return rules.only(rule for rule in rules.rules if rule.id not in others)

    @property
    def generates(self) -> bool:
        """True if schemathesis runs in this shard."""
        return self.number == 1


def plan(source: ProbeSource, target: Target, seed: int) -> list[Probe]:
    """Return the probes of all rules in the order in which they are sent: requests that cost nothing come first.

    Args:
        source: The rules, and what their probes need.
        target: The target. If tasks cost money there, probes that could cost some are skipped.
        seed: The seed for the order of requests with equal cost.
    """
    probes = [_guard(probe, target) for rule in source.rules.rules for probe in kind_of(rule).probes(rule, source)]
    random.Random(seed).shuffle(probes)  # noqa: S311 - not a secret; no rule may depend on the order
    smallest = {create(request).body for request in source.rules.requests.values()}
    probes.sort(key=lambda probe: (ORDER[probe.intent], not probe.must_be_accepted, probe.request.body not in smallest))
    return probes


def needed_responses(rules: Rules) -> set[str]:
    """Return the names of all responses that a rule is about or needs."""
    return set[str]().union(*(kind_of(rule).responses(rule) for rule in rules.rules))


def _guard(probe: Probe, target: Target) -> Probe:
    """Return a probe as it may be sent where tasks cost money."""
    if not target.guarded:
        return probe
    if probe.request.is_upload:
        return replace(probe, skipped="files are only uploaded where tasks are not counted, as they use up a quota")
    if probe.intent == "refused" and (probe.amended or probe.rule.certainty != "documented"):
        if not target.spend:
            certainty = "stated by the overlay" if probe.amended else probe.rule.certainty
            return replace(probe, skipped=f"its refusal is only {certainty}, and SPEND=0 allows no task")
        return replace(probe, intent="may create")
    if probe.must_be_accepted and _has_foreign_callback(probe):
        return replace(probe, skipped="its callback would be sent to the address of a stranger")
    if probe.must_be_accepted and not target.spend:
        return replace(probe, skipped="it creates a task, and SPEND=0 allows none")
    return probe


def _has_foreign_callback(probe: Probe) -> bool:
    """Return whether the callback address is an IP address. Names in rules end in .invalid and lead nowhere."""
    callback = re.search(rb'"callback_url": "([^"]*)"', probe.request.body or b"")
    try:
        return bool(callback and ipaddress.ip_address(urlsplit(callback[1].decode()).hostname or ""))
    except ValueError:
        return False


def summary(probes: Sequence[Probe]) -> Iterator[str]:
    """Yield lines that say how many requests of each kind will be sent, and how many will not."""
    sent = Counter(
        DESCRIPTIONS[probe.intent] if probe.intent == "may create" or probe.authorization is None else OTHER_KEY
        for probe in probes
        if not probe.skipped
    )
    for description in ("read", OTHER_KEY, "must be refused", "upload a file, or must fail to", "may create a task"):
        yield f"{sent[description]:5} requests that {description}"
    for why, count in Counter(probe.skipped for probe in probes if probe.skipped).items():
        yield f"{count:5} requests not sent: {why}"
