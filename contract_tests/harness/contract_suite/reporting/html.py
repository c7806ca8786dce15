"""Makes `contract.html` of `contract.json`: one file that asks nobody for anything, and in which a server is inert.

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

from bundle import is_object
from contract_suite.core.exchanges import curl, member
from contract_suite.core.writing import write_whole

FOLDER = Path(__file__).resolve().parent / "html_page"
MOST_FINDINGS = 8  # of a rule on the page; contract.json has more
MOST_EXCHANGES = 4  # besides those of the findings
LONGEST_HINT = 120
LONGEST_TEXT = 4000  # characters of a command or a body

LABELS = {
    "contract": {"agrees": "agrees", "differs": "differs", "no-words": "no words for it"},
    "sdk": {
        "enforces": "enforces",
        "reads": "reads",
        "leaves": "leaves to server",
        "none": "no part in it",
        "differs": "differs",
    },
    "target": {"holds": "holds", "broken": "broken", "differs": "differs", "not-run": "not run"},
}
"""What the verdict of each enforcer is called."""

_CUT = re.compile(r"\.\.\. \(\d+ characters\)$")


def page(document: dict[str, Any]) -> str:
    """Return the page that shows a report."""
    rules = [_rule(entry) for entry in document["rules"]]
    style, script = _inlined("page.css"), _inlined("page.js")
    return _template().render(
        report=document,
        labels=LABELS,
        groups=[(source, list(group)) for source, group in groupby(rules, key=lambda rule: rule["source"])],
        rules=rules,
        tally=_tally(rules),
        models=sorted({rule["about"] for rule in rules} - {"shared"}),
        not_run=_not_run(rules),
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
    """Return a text in which nothing is invisible and nothing turns the direction; what else is said is escaped."""
    if type(value) is not str or value.isprintable():  # what is marked as safe is our own
        return value
    return "".join(sign if sign.isprintable() or sign in "\n\t" else ascii(sign)[1:-1] for sign in value)


def _rule(entry: dict[str, Any]) -> dict[str, Any]:
    """Return a rule as it is shown."""
    evidence: list[dict[str, Any]] = entry["evidence"]
    verdicts = {
        "contract": entry["enforcers"]["contract"]["verdict"],
        "sdk": entry["enforcers"]["sdk"]["verdict"],
        "target": entry["enforcers"]["target"],
    }
    models: list[str] = entry["models"]
    findings = [{**found, "kind": "broken"} for found in entry["findings"] if found["enforcer"] == "target"]
    findings += [{**found, "kind": "differs"} for found in entry["differences"]]
    shown = {found["evidence"] for found in findings}
    others = [one for index, one in enumerate(evidence) if index not in shown]
    return {
        **entry,
        "verdicts": verdicts,
        "overall": "broken" if entry["verdict"] == "broken" else verdicts["target"],
        "about": models[0] if len(models) == 1 else "shared",
        "told": _told(findings[:MOST_FINDINGS], evidence),
        "more_told": max(0, len(findings) - MOST_FINDINGS) + entry["more_findings"],
        "exchanges": [_shown(one) for one in _various(others)[:MOST_EXCHANGES]],
        "more_exchanges": max(0, len(others) - MOST_EXCHANGES),
        "linked": entry["page"].startswith("https://"),
    }


def _told(findings: list[dict[str, Any]], evidence: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return findings that are alike as one, with the exchanges of all of them."""
    told: dict[tuple[str, str, str], dict[str, Any]] = {}
    for found in findings:
        key = found["kind"], found["expected"], found["actual"]
        one = told.setdefault(key, {**found, "count": 0, "exchanges": []})
        one["count"] += 1
        place: int | None = found["evidence"]
        if place is not None:
            one["exchanges"].append(_shown(evidence[place]))
    return list(told.values())


def _various(evidence: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return evidence with one of each status first, then a second one of each."""
    seen = Counter[Any]()
    turns: list[int] = []
    for one in evidence:
        status = one.get("response", {}).get("status")
        turns.append(seen[status])
        seen[status] += 1
    return [evidence[index] for index in sorted(range(len(evidence)), key=lambda index: turns[index])]


def _shown(evidence: dict[str, Any]) -> dict[str, Any]:
    """Return an exchange, or what else shows a rule, as texts."""
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
    """Return what tells an answer from others with its status: its message, or the state of its task."""
    error = member(body, "error")
    told: Any = member(error, "message") if error else member(body, "msg") or member(body, "status")
    if not isinstance(told, str):
        return ""
    return told if len(told) <= LONGEST_HINT else f"{told[:LONGEST_HINT]}..."


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[-1] if url.count("/") > 2 else url


def _text(value: Any) -> str:
    return _clipped(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2))


def _clipped(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}\n... (cut here; contract.json may have more)"


def _tally(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return how many rules have each verdict, and where their part of a bar of 100 begins."""
    counts = Counter(rule["overall"] for rule in rules)
    parts: list[dict[str, Any]] = []
    start = 0.0
    for verdict, label in (("broken", "broken"), ("differs", "differ"), ("holds", "hold"), ("not-run", "not run")):
        width = 100 * counts[verdict] / max(1, len(rules))
        parts.append({"verdict": verdict, "label": label, "count": counts[verdict], "start": start, "width": width})
        start += width
    return parts


def _enforcers(rules: list[dict[str, Any]]) -> dict[str, list[tuple[str, str, int]]]:
    """Return, for each enforcer, how many rules have each of its verdicts."""
    counts = {name: Counter(rule["verdicts"][name] for rule in rules) for name in LABELS}
    return {
        name: [(verdict, label, counts[name][verdict]) for verdict, label in labels.items() if counts[name][verdict]]
        for name, labels in LABELS.items()
    }


def _not_run(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the reasons for what was not run, the most frequent first, with the rules each concerns."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for rule in rules:
        for reason in rule["not_tried"]:
            found[reason["why"]][rule["id"]] = reason["cases"]
    reasons = [{"why": why, "rules": ids, "cases": sum(ids.values())} for why, ids in found.items()]
    return sorted(reasons, key=lambda reason: -reason["cases"])


def _coverage(coverage: dict[str, Any]) -> Iterator[dict[str, Any]]:
    labels = {
        "requests": "keywords of requests, each kept and broken",
        "statuses": "documented statuses, by operation",
        "answers": "keywords of answers and callbacks",
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


def _percent(part: int, whole: int) -> float:
    """Return a percentage that is 100 only where nothing is missing."""
    return 100.0 if part >= whole else min(99.9, round(100 * part / whole, 1))


def main(arguments: list[str]) -> int:
    """Write the page beside the report that is named."""
    if len(arguments) != 1:
        sys.stderr.write("usage: page.py reports/contract.json\n")
        return 2
    path = Path(arguments[0])
    try:
        text = page(json.loads(path.read_text(encoding="utf-8")))
        write_whole(path.with_suffix(".html"), text)
    except OSError as error:
        sys.stderr.write(f"page.py: {path}: {error.strerror}\n")
        return 2
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, TemplateError):
        sys.stderr.write(f"page.py: {path}: is no contract.json of a run; make one with 'make contract'\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
