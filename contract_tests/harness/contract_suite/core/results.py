"""The cases of every rule that a run observed, and the verdicts that follow from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from contract_suite.core.exchanges import Secrets
from contract_suite.core.oracle import Amendments
from contract_suite.rules.kinds import Rule

MAX_EVIDENCE = 30  # exchanges for each rule in the report; findings come first

Evidence = dict[str, Any]


def never(_: Amendments) -> bool:
    """Decide that no change of the contract overrules a finding."""
    return False


@dataclass(frozen=True)
class Finding:
    """A case in which a rule does not hold.

    Attributes:
        expected, actual: The expected and the actual outcome, in words.
        evidence: The exchange or other data that shows it.
        inferred: True if the finding concerns only our interpretation of the rule.
        enforcer: Who does not keep the rule.
        overruled_by: Decides whether an amended contract overrules the finding.
        amended: True if the finding contradicts an overlay that replaces the rule, so that it is always judged.
    """

    expected: str
    actual: str
    evidence: Evidence | None = None
    inferred: bool = False
    enforcer: Literal["target", "contract", "sdk"] = "target"
    overruled_by: Callable[[Amendments], bool] = never
    amended: bool = False

    def __str__(self) -> str:
        """Return the finding as text."""
        return f"expected {self.expected}; got {self.actual}"


@dataclass(frozen=True)
class Verdict:
    """The verdict on a rule.

    Attributes:
        why: How often the rule held, what breaks it, or why it was not tried.
        findings: The cases that break the rule.
        differences: Cases that differ from an inferred or contested rule, where those are not judged.
        evidence: At most `MAX_EVIDENCE` exchanges.
        held: The number of cases in which the rule holds.
        not_tried: The reasons for cases that were not tried, each with the number of cases.
    """

    rule: Rule
    verdict: Literal["holds", "broken", "not-run"]
    why: str
    findings: tuple[Finding, ...]
    differences: tuple[Finding, ...]
    evidence: tuple[Evidence, ...]
    held: int = 0
    not_tried: tuple[tuple[str, int], ...] = ()


@dataclass
class _Cases:
    held: int = 0
    findings: list[Finding] = field(default_factory=list[Finding])
    not_tried: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    evidence: list[Evidence] = field(default_factory=list[Evidence])
    note: str = ""
    overruled: int = 0


class Results:
    """Collects the cases of every rule and decides the verdicts.

    Args:
        rules: All rules.
        strict: True if inferred and contested rules are judged too, as on our own mock.
        secrets: Removes the key from everything that goes into a report.
        amendments: The contract with overlays, which overrules the rules that it contradicts.
    """

    def __init__(
        self,
        rules: tuple[Rule, ...],
        *,
        strict: bool,
        secrets: Secrets,
        amendments: Amendments | None = None,
    ) -> None:
        self._rules = rules
        self._amendments = amendments
        self._secrets = secrets
        self._strict = strict
        self._cases = {rule.id: _Cases() for rule in rules}
        self._cleaned: dict[int, tuple[Evidence, Evidence]] = {}

    def holds(
        self, rule: Rule, evidence: Callable[[], Evidence] | None = None, note: str = "", *, overruled: bool = False
    ) -> None:
        """Add a case in which a rule holds, or in which the overlay that overrules it does."""
        cases = self._cases[rule.id]
        cases.held += 1
        cases.overruled += overruled
        cases.note = note or cases.note
        if evidence is not None and len(cases.evidence) < MAX_EVIDENCE:
            cases.evidence.append(self._clean_evidence(evidence()))

    def breaks(self, rule: Rule, finding: Finding) -> None:
        """Add a case in which a rule does not hold, unless an overlay overrules it."""
        if self._amendments is not None and finding.overruled_by(self._amendments):
            self.holds(rule, lambda: finding.evidence or {}, overruled=True)
            return
        clean = self._secrets.clean
        evidence = None if finding.evidence is None else self._clean_evidence(finding.evidence)
        cleaned = replace(finding, expected=clean(finding.expected), actual=clean(finding.actual), evidence=evidence)
        self._cases[rule.id].findings.append(cleaned)

    def _clean_evidence(self, evidence: Evidence) -> Evidence:
        """Return evidence without the key. An exchange is cleaned once, although many rules are about it."""
        if id(evidence) not in self._cleaned:  # the original is kept, so that no other object gets its id
            self._cleaned[id(evidence)] = evidence, self._secrets.clean_evidence(evidence)
        return self._cleaned[id(evidence)][1]

    def not_tried(self, rule: Rule, why: str) -> None:
        """Add a case that was not tried."""
        self._cases[rule.id].not_tried[self._secrets.clean(why)] += 1

    def not_tried_at_all(self, rule: Rule, why: str) -> None:
        """Add the reason why a rule was not tried, if it has no case."""
        cases = self._cases[rule.id]
        if not (cases.held or cases.findings or cases.not_tried):
            self.not_tried(rule, why)

    def findings(self) -> list[tuple[Rule, list[Finding]]]:
        """Return every rule with its findings."""
        return [(rule, self._cases[rule.id].findings) for rule in self._rules]

    def verdicts(self) -> list[Verdict]:
        """Return the verdict on every rule."""
        return [
            replace(self._verdict(rule, cases), held=cases.held, not_tried=tuple(cases.not_tried.items()))
            for rule in self._rules
            for cases in [self._cases[rule.id]]
        ]

    def _verdict(self, rule: Rule, cases: _Cases) -> Verdict:
        judged = [finding for finding in cases.findings if self._is_judged(rule, finding)]
        differences = tuple(finding for finding in cases.findings if not self._is_judged(rule, finding))
        findings_first = [finding.evidence for finding in cases.findings if finding.evidence is not None]
        distinct = {id(evidence): evidence for evidence in (*findings_first, *cases.evidence)}
        evidence = tuple(distinct.values())[:MAX_EVIDENCE]
        reasons = "; ".join(f"{count} not tried: {why}" if count > 1 else why for why, count in cases.not_tried.items())
        if judged:
            why = f"{judged[0]} (and {len(judged) - 1} more)" if len(judged) > 1 else str(judged[0])
            return Verdict(rule, "broken", why, tuple(judged), differences, evidence)
        if differences and (rule.certainty != "documented" or not cases.held):
            why = f"not judged, because the rule is {_weakness(rule)}: {differences[0]}"
            return Verdict(rule, "not-run", why, (), differences, evidence)
        if cases.held:
            why = f"{cases.held} {'case' if cases.held == 1 else 'cases'}"
            why += f", {cases.note}" if cases.note else ""
            why += f", {cases.overruled} overruled by the overlay" if cases.overruled else ""
            why += f"; {len(differences)} differ in what is only {_weakness(rule)}" if differences else ""
            return Verdict(rule, "holds", f"{why}; {reasons}" if reasons else why, (), differences, evidence)
        return Verdict(rule, "not-run", reasons or "no request showed it", (), (), evidence)

    def _is_judged(self, rule: Rule, finding: Finding) -> bool:
        return self._strict or finding.amended or not (finding.inferred or rule.certainty != "documented")


def _weakness(rule: Rule) -> str:
    return rule.certainty if rule.certainty != "documented" else "inferred"
