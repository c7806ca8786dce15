"""Renders `contract.json` as `contract.html`: one page that loads nothing else and neutralizes data from a server.

.venv/bin/python -m contract_suite.reporting.html reports/contract.json
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template, TemplateError

from bundle import is_object, write_atomically
from contract_suite.core.exchanges import curl, member
from contract_suite.core.text import lines

FOLDER = Path(__file__).resolve().parent / "html_page"
MOST_FINDINGS = 8  # per rule; contract.json has more
MOST_EXCHANGES = 4  # per rule, in addition to those of the findings
LONGEST_HINT = 120  # characters
LONGEST_TEXT = 4000  # characters of a command or a body

LABELS = {
    "contract": {"agrees": "agrees", "differs": "differs", "no-words": "cannot express it"},
    "sdk": {
        "enforces": "enforces",
        "reads": "reads",
        "leaves": "left to the server",
        "none": "not involved",
        "differs": "differs",
    },
    "target": {"holds": "holds", "broken": "broken", "differs": "differs", "not-run": "not run"},
}
"""The label of every verdict, by enforcer."""

_CUT = re.compile(r"\.\.\. \(\d+ characters\)$")
_DRIFT_PREFIX = re.compile(r"^drift +(- )?")


def page(document: dict[str, Any]) -> str:
    """Render the page of a report.

    Args:
        document: the content of `contract.json`.
    """
    shown = _Exchanges()
    rules = [_rule(entry, shown) for entry in document["rules"]]
    style, script = _inlined("page.css"), _inlined("page.js")
    return _template().render(
        report=document,
        labels=LABELS,
        groups=[(source, list(group)) for source, group in groupby(rules, key=lambda rule: rule["source"])],
        rules=rules,
        judged=any(rule["overall"] in {"holds", "broken"} for rule in rules),
        tally=_tally(rules),
        models=sorted({rule["about"] for rule in rules} - {"shared"}),
        not_run=_not_run(rules),
        drift=[_DRIFT_PREFIX.sub("", line) for line in document.get("drift", ())],
        coverage=_coverage(document.get("coverage", {})),
        mutants=_mutants(document.get("mutants")),
        enforcers=_enforcers(rules),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, finalize=_inert, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html")


@cache
def _inlined(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _inert(value: Any) -> Any:
    """Escape the invisible characters and direction marks in a text."""
    return lines(value) if type(value) is str else value  # Markup objects stay, which are our own text


class _Exchanges(dict[int, dict[str, Any]]):
    """The template data of every exchange, by the id of its evidence, which many rules share."""

    def of(self, evidence: dict[str, Any]) -> dict[str, Any]:
        """Return the template data of an exchange."""
        if id(evidence) not in self:
            self[id(evidence)] = _exchange(evidence)
        return self[id(evidence)]


def _rule(entry: dict[str, Any], shown: _Exchanges) -> dict[str, Any]:
    """Return the template data of a rule."""
    evidence: list[dict[str, Any]] = entry["evidence"]
    verdicts = {
        "contract": entry["enforcers"]["contract"]["verdict"],
        "sdk": entry["enforcers"]["sdk"]["verdict"],
        "target": entry["enforcers"]["target"],
    }
    models: list[str] = entry["models"]
    findings = [{**finding, "kind": "broken"} for finding in entry["findings"] if finding["enforcer"] == "target"]
    findings += [{**finding, "kind": "differs"} for finding in entry["differences"]]
    used = {finding["evidence"] for finding in findings}
    others = [one for index, one in enumerate(evidence) if index not in used]
    return {
        **entry,
        "verdicts": verdicts,
        "overall": "broken" if entry["verdict"] == "broken" else verdicts["target"],
        "about": models[0] if len(models) == 1 else "shared",
        "findings": _merged(findings[:MOST_FINDINGS], evidence, shown),
        "more_findings": max(0, len(findings) - MOST_FINDINGS) + entry["more_findings"],
        "exchanges": [shown.of(one) for one in _alternated(others)[:MOST_EXCHANGES]],
        "more_exchanges": max(0, len(others) - MOST_EXCHANGES),
        "linked": entry["page"].startswith("https://"),
    }


def _merged(findings: list[dict[str, Any]], evidence: list[dict[str, Any]], shown: _Exchanges) -> list[dict[str, Any]]:
    """Merge equal findings into one that has the exchanges of all of them."""
    merged: dict[tuple[str, str, str], dict[str, Any]] = {}
    for finding in findings:
        key = finding["kind"], finding["expected"], finding["actual"]
        one = merged.setdefault(key, {**finding, "count": 0, "exchanges": []})
        one["count"] += 1
        place: int | None = finding["evidence"]
        if place is not None:
            one["exchanges"].append(shown.of(evidence[place]))
    return list(merged.values())


def _alternated(evidence: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort evidence so that one exchange of each status comes first, then a second one of each."""
    counts = Counter[Any]()
    turns: list[int] = []
    for one in evidence:
        status = one.get("response", {}).get("status")
        turns.append(counts[status])
        counts[status] += 1
    return [evidence[index] for index in sorted(range(len(evidence)), key=lambda index: turns[index])]


def _exchange(evidence: dict[str, Any]) -> dict[str, Any]:
    """Return the template data of an exchange or of a callback's deliveries."""
    if "request" not in evidence:
        title = "a callback" if "callback" in evidence else "deliveries of a callback"
        return {"title": title, "command": "", "cut": False, "response": _text(evidence), "headers": {}}
    request, response = evidence["request"], evidence.get("response")
    actual = str(response["status"]) if response else "no response"
    body = request["body"]
    return {
        "title": f"{request['method']} {_path(request['url'])}",
        "actual": actual,
        "ms": response["ms"] if response else None,
        "hint": _hint(response["body"]) if response else "",
        "command": _clipped(curl(evidence)),
        "cut": isinstance(body, str) and _CUT.search(body) is not None,
        "headers": response["headers"] if response else {},
        "response": _text(response["body"]) if response else str(evidence.get("problem", "")),
    }


def _hint(body: Any) -> str:
    """Return the error message of a response, or the status of its task."""
    error = member(body, "error")
    text: Any = member(error, "message") if error else member(body, "msg") or member(body, "status")
    if not isinstance(text, str):
        return ""
    return text if len(text) <= LONGEST_HINT else f"{text[:LONGEST_HINT]}..."


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[-1] if url.count("/") > 2 else url


def _text(value: Any) -> str:
    if isinstance(value, str):
        return _clipped(value)
    parts: list[str] = []
    length = 0
    for part in json.JSONEncoder(ensure_ascii=False, indent=2).iterencode(value):
        parts.append(part)
        length += len(part)
        if length > LONGEST_TEXT:  # the rest of a large value is not shown
            break
    return _clipped("".join(parts))


def _clipped(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}\n... (cut here; contract.json may have more)"


def _tally(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Count the rules by verdict, with the start and the width of each part of a bar of length 100."""
    counts = Counter(rule["overall"] for rule in rules)
    parts: list[dict[str, Any]] = []
    start = 0.0
    for verdict, label in (("broken", "broken"), ("differs", "differ"), ("holds", "hold"), ("not-run", "not run")):
        width = 100 * counts[verdict] / max(1, len(rules))
        parts.append({"verdict": verdict, "label": label, "count": counts[verdict], "start": start, "width": width})
        start += width
    return parts


def _enforcers(rules: list[dict[str, Any]]) -> dict[str, list[tuple[str, str, int]]]:
    """Count the rules by enforcer and verdict."""
    counts = {name: Counter(rule["verdicts"][name] for rule in rules) for name in LABELS}
    return {
        name: [(verdict, label, counts[name][verdict]) for verdict, label in labels.items() if counts[name][verdict]]
        for name, labels in LABELS.items()
    }


def _not_run(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the reasons why cases were not run, the most frequent first, each with its rules."""
    by_reason: dict[str, dict[str, int]] = defaultdict(dict)
    for rule in rules:
        for reason in rule["not_tried"]:
            by_reason[reason["why"]][rule["id"]] = reason["cases"]
    reasons = [{"why": why, "rules": ids, "cases": sum(ids.values())} for why, ids in by_reason.items()]
    return sorted(reasons, key=lambda reason: -reason["cases"])


def _coverage(coverage: dict[str, Any]) -> Iterator[dict[str, Any]]:
    labels = {
        "requests": "keywords of requests, with valid and with invalid values",
        "statuses": "documented statuses of each operation",
        "responses": "keywords of responses and callbacks",
    }
    for name, label in labels.items():
        if name in coverage:
            yield {**coverage[name], "label": label, "percent": _percent(coverage[name]["met"], coverage[name]["all"])}


def _mutants(score: Any) -> dict[str, Any] | None:
    if not is_object(score):
        return None
    kinds: dict[str, Any] = {"all": score, **score.get("by_kind", {})}
    rows = [{"kind": kind, **row, "percent": _killed(row)} for kind, row in kinds.items()]
    return {**score, "rows": rows, "percent": _killed(score)}


def _killed(row: dict[str, Any]) -> float:
    return _percent(row["killed"], row["mutants"])


def _percent(part: int, total: int) -> float:
    """Return a percentage that is 100 only if nothing is missing."""
    return 100.0 if part >= total else min(99.9, round(100 * part / total, 1))


def main(arguments: list[str]) -> int:
    """Write the page next to the given `contract.json`."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m contract_suite.reporting.html reports/contract.json\n")
        return 2
    path = Path(arguments[0])
    try:
        text = page(json.loads(path.read_text(encoding="utf-8")))
        write_atomically(path.with_suffix(".html"), text, private=True)
    except OSError as error:
        sys.stderr.write(f"{path}: {error.strerror}\n")
        return 2
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, TemplateError):
        sys.stderr.write(f"{path}: not the contract.json of a run; create one with 'make contract'\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
