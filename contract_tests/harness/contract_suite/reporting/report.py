"""Writes what a run found: `contract.json` for programs, JUnit for CI, a page and a line a broken rule for people."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from bundle import is_array
from contract_suite.checks.sdk import SdkStance
from contract_suite.core.exchanges import curl
from contract_suite.core.results import MAX_EVIDENCE, Finding, Verdict
from contract_suite.core.writing import write_whole
from contract_suite.reporting import html
from contract_suite.rules.documented import (
    UPLOADS,
    BillingRule,
    BodyRule,
    DeliveryRule,
    ExchangeRule,
    FileRule,
    LifecycleRule,
    RequestRule,
    ResponseRule,
    Rule,
    SurchargeRule,
    UnobservableRule,
)

MOST_REASONS = 8  # that are printed; the report has all
LONGEST_BODY = 300  # characters of a body that is shown in a command; a longer one is put into a file
SCORE = Path(__file__).resolve().parents[2] / "mutation" / "score.json"
"""What `make mutants` made of wrong mocks the last time, if it ever ran."""

KINDS: dict[type[Rule], str] = {
    RequestRule: "requests",
    FileRule: "files",
    ExchangeRule: "exchanges",
    ResponseRule: "answers",
    BodyRule: "answers",
    LifecycleRule: "over time",
    DeliveryRule: "callbacks",
    BillingRule: "charges",
    SurchargeRule: "prices",
    UnobservableRule: "beyond a run",
    Rule: "generated",
}


class Enforcers(NamedTuple):
    """What those who enforce the rules beside the target make of them, by the rule's id.

    Attributes:
        contract: where the contract differs from a rule.
        sdk: how the SDK and a rule go together.
    """

    contract: Mapping[str, Sequence[str]]
    sdk: Mapping[str, SdkStance]


class Report:
    """The verdicts of one run.

    Args:
        target: the URL of the target, or what it is.
        edition: which editions of the documentation the rules restate.
        verdicts: the verdict on every rule.
        folder: where the report is written.
        stopped: why the run ended before its time, if it did.
        seed: what the order of the requests came from.
        contract: the bundled contract.
        coverage: how much of it the run has met.
        enforcers: what the contract and the SDK make of the rules.
        cases: how many requests schemathesis made up.
        notes: lines on the run as a whole.
    """

    def __init__(
        self,
        target: str,
        edition: str,
        verdicts: Sequence[Verdict],
        folder: Path,
        *,
        stopped: str,
        seed: int,
        contract: dict[str, Any],
        coverage: dict[str, Any],
        enforcers: Enforcers,
        cases: int,
        notes: Sequence[str] = (),
    ) -> None:
        self.stopped = stopped
        self.cases = cases
        self._seed = seed
        self._contract = contract
        self._coverage = coverage
        self._enforcers = enforcers
        self._notes = notes
        self._target = target
        self._edition = edition
        self._verdicts = verdicts
        self._folder = folder

    @property
    def broken(self) -> list[Verdict]:
        """The verdicts on rules that are broken."""
        return [verdict for verdict in self._verdicts if verdict.verdict == "broken"]

    def write(self) -> None:
        """Write `contract.json`, `.html` and `.xml`, and the bodies that the commands of the lines need."""
        self._folder.mkdir(parents=True, exist_ok=True)
        document = self._document()
        write_whole(self._folder / "contract.json", _lined(document))
        write_whole(self._folder / "contract.html", html.page(document))
        write_whole(self._folder / "contract.xml", self._junit())

    def _document(self) -> dict[str, Any]:
        text = json.dumps(self._contract, sort_keys=True)
        document = {
            "target": self._target,
            "edition": self._edition,
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "seed": self._seed,
            "contract": {
                "version": self._contract["info"]["version"],
                "sha256": hashlib.sha256(text.encode()).hexdigest(),
            },
            "stopped": self.stopped,
            "rules": [_entry(verdict, self._enforcers) for verdict in self._verdicts],
            "broken": [verdict.rule.id for verdict in self.broken],
            "differences": [verdict.rule.id for verdict in self._verdicts if verdict.differences],
            "coverage": self._coverage,
        }
        if self._notes:
            document["drift"] = [printable(note) for note in self._notes]
        with contextlib.suppress(OSError, ValueError):
            document["mutants"] = json.loads(SCORE.read_text(encoding="utf-8"))
        return document

    def _junit(self) -> str:
        counts = Counter(verdict.verdict for verdict in self._verdicts)
        suite = ET.Element(
            "testsuite",
            name="contract",
            tests=str(len(self._verdicts)),
            failures=str(counts["broken"]),
            errors="0",
            skipped=str(counts["not-run"]),
        )
        for verdict in self._verdicts:
            case = ET.SubElement(suite, "testcase", classname=verdict.rule.source, name=verdict.rule.id)
            if verdict.verdict == "broken":
                failure = ET.SubElement(case, "failure", message=_xml(verdict.why))
                failure.text = _xml("\n".join([verdict.rule.says, verdict.rule.page, self._command(verdict)]))
            elif verdict.verdict == "not-run":
                ET.SubElement(case, "skipped", message=_xml(verdict.why))
        return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"

    def lines(self) -> Iterator[str]:
        """Yield a line for each broken rule and each difference, and what it all comes to."""
        yield from map(printable, self._lines())

    def _lines(self) -> Iterator[str]:
        for verdict in self.broken:
            yield f"broken  {verdict.rule.id}: {verdict.why}; repeat: {self._command(verdict)}"
        different: dict[str, list[Verdict]] = {}
        for verdict in self._verdicts:
            if verdict.differences and verdict.verdict != "broken":
                different.setdefault(verdict.differences[0].actual, []).append(verdict)
        for actual, verdicts in different.items():
            ids = ", ".join(verdict.rule.id for verdict in verdicts)
            expected = f"expected {verdicts[0].differences[0].expected}; " if len(verdicts) == 1 else ""
            yield f"differs {ids}: {expected}came {actual}"
        unseen = Counter(
            verdict.why for verdict in self._verdicts if verdict.verdict == "not-run" and not verdict.differences
        )
        for why, count in unseen.most_common(MOST_REASONS):
            yield f"not run {count} {'rule' if count == 1 else 'rules'}: {why}"
        if len(unseen) > MOST_REASONS:
            yield f"not run {sum(unseen.values()) - sum(dict(unseen.most_common(MOST_REASONS)).values())} more"
        yield from self._notes
        counts = Counter(verdict.verdict for verdict in self._verdicts)
        tally = f"{counts['holds']} hold, {counts['broken']} broken, {counts['not-run']} not run"
        yield f"{len(self._verdicts)} rules: {tally}. The evidence is in {self._folder / 'contract.json'}."

    def _command(self, verdict: Verdict) -> str:
        evidence = next((found.evidence for found in verdict.findings if _is_exchange(found)), None)
        if evidence is None:
            return "make contract"
        body = evidence["request"]["body"]
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        if body is None or (len(text) <= LONGEST_BODY and text.isprintable()):
            return curl(evidence)
        path = self._folder / "requests" / f"{verdict.rule.id}{'.txt' if isinstance(body, str) else '.json'}"
        path.parent.mkdir(exist_ok=True)
        write_whole(path, text)
        return curl(evidence, str(path))


def printable(line: str) -> str:
    """Return a line in which a server cannot write lines, or colours, of its own."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)


def _is_exchange(finding: Finding) -> bool:
    return finding.evidence is not None and "request" in finding.evidence


def _lined(document: dict[str, Any]) -> str:
    """Return a JSON object with a line for each member, and for each item of a list: for people, and made quickly."""
    members: list[str] = []
    for name, value in document.items():
        lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in value) if is_array(value) else ""
        text = f"[\n{lines}\n]" if lines else json.dumps(value, ensure_ascii=False)
        members.append(f"{json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(members) + "\n}\n"


def _entry(verdict: Verdict, enforcers: Enforcers) -> dict[str, Any]:
    rule = verdict.rule
    places = {id(shown): index for index, shown in enumerate(verdict.evidence)}
    return {
        "id": rule.id,
        "verdict": verdict.verdict,
        "why": verdict.why,
        "evidence": list(verdict.evidence),
        "says": rule.says,
        "certainty": rule.certainty,
        "because": rule.because,
        "page": rule.page,
        "edition": rule.edition,
        "source": rule.source,
        "kind": KINDS[type(rule)],
        "models": _models(rule),
        "enforcers": {
            "contract": _of_contract(rule, enforcers.contract),
            "sdk": _of_sdk(rule, enforcers.sdk),
            "target": _of_target(verdict),
        },
        "findings": [
            {
                "expected": found.expected,
                "came": found.actual,
                "of": found.of,
                "evidence": places.get(id(found.evidence)),
            }
            for found in verdict.findings[:MAX_EVIDENCE]
        ],
        "more_findings": max(0, len(verdict.findings) - MAX_EVIDENCE),
        "differences": [
            {"expected": found.expected, "came": found.actual, "evidence": places.get(id(found.evidence))}
            for found in verdict.differences
        ],
        "unseen": [{"why": why, "cases": cases} for why, cases in verdict.unseen],
    }


def _models(rule: Rule) -> list[str]:
    """Return the models that a rule speaks of; none where it speaks of no model in particular."""
    match rule:
        case RequestRule():
            return [model for model in rule.of if model not in UPLOADS]
        case FileRule():
            return [] if rule.of in UPLOADS else [rule.of]
        case BillingRule() | SurchargeRule():
            return [rule.model]
        case _:
            return []


def _of_contract(rule: Rule, contract: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    differences = list(contract.get(rule.id, ()))
    if differences:
        return {"verdict": "differs", "differences": differences}
    speechless = isinstance(rule, LifecycleRule) or (isinstance(rule, UnobservableRule) and not rule.states)
    if speechless or rule.id not in contract:
        return {"verdict": "no-words", "differences": []}
    return {"verdict": "agrees", "differences": []}


def _of_sdk(rule: Rule, sdk: Mapping[str, SdkStance]) -> dict[str, Any]:
    holding = sdk.get(rule.id)
    if holding is None:
        return {"verdict": "none", "why": "requests that no program of ours makes", "differences": []}
    verdict = "differs" if holding.differences else holding.part
    return {"verdict": verdict, "why": holding.why, "differences": list(holding.differences)}


def _of_target(verdict: Verdict) -> str:
    """Return the verdict on the target alone, whatever the contract and the SDK make of the rule."""
    if any(found.of == "target" for found in verdict.findings):
        return "broken"
    if verdict.verdict == "holds" or (verdict.verdict == "broken" and verdict.held):
        return "holds"
    return "differs" if verdict.differences else "not-run"


def _xml(text: str) -> str:
    """Return text without what XML cannot hold."""
    return re.sub("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)
