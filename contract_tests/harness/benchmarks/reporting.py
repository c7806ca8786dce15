"""Formats measurements as lines of text, as the table of the README, and as a chart in SVG."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

BEGIN, END = "<!-- written by `make bench-full` -->\n", "<!-- until here -->"
JSON = dict[str, Any]

STYLE = """
  svg { font: 12px system-ui, sans-serif; --ink: #1f2328; --paper: #ffffff; --ours: #0969da; --others: #afb8c1; }
  @media (prefers-color-scheme: dark) {
    svg { --ink: #e6edf3; --paper: #0d1117; --ours: #4493f8; --others: #57606a; }
  }
  .paper { fill: var(--paper); } text { fill: var(--ink); } .what { font-weight: 600; }
  .ours { fill: var(--ours); } .other { fill: var(--others); } .spread { stroke: var(--ink); }
"""
CLOSE = 0.02
WIDTH, NAMES, BARS, LINE, GAP = 860, 190, 480, 18, 16


def document(rows: list[JSON], *, full: bool, before: JSON | None = None) -> JSON:
    """Return measured rows with the date, the machine, and how they agree with the run before.

    Args:
        rows: the rows, as `Row.as_json` returns them.
        full: whether they were measured at full size.
        before: the document of the run before. It is compared only if its size and machine are the same.
    """
    measured: JSON = {
        "date": datetime.now(UTC).date().isoformat(),
        "full": full,
        "machine": machine(),
        "agreement": None,
        "rows": rows,
    }
    if before is not None and (before["full"], before["machine"]) == (full, measured["machine"]):
        measured["agreement"] = agreement(rows, before["rows"])
    return measured


def agreement(rows: list[JSON], before: list[JSON]) -> JSON:
    """Compare targets and figures with those of the run before.

    A figure agrees if its former median is between its lowest and its highest round, or within `CLOSE` of its median:
    a figure that hardly varies between rounds has hardly any spread.
    """
    return {kind: _agreement(dict(_named(rows, kind)), dict(_named(before, kind))) for kind in ("targets", "figures")}


def _agreement(now: dict[str, JSON], then: dict[str, JSON]) -> JSON:
    both = [name for name in now if name in then]
    different = [name for name in both if not _agree(now[name], then[name]["median"])]
    return {
        "compared": len(both),
        "different": {name: f"{figure(now[name])}, before {figure(then[name])}" for name in different},
    }


def _agree(now: JSON, median: float) -> bool:
    close = abs(median - float(now["median"])) <= CLOSE * abs(median)
    return close or bool(now["low"] <= median <= now["high"])


def _named(rows: list[JSON], kind: str) -> Iterator[tuple[str, JSON]]:
    for row in rows:
        targets = [(target["text"], target) for target in row["targets"]]
        for name, side in targets if kind == "targets" else row["sides"].items():
            if "median" in side:
                yield f"{row['what']}: {name}", side


def machine() -> JSON:
    """Return a description of this machine."""
    return {"cpu": _cpu(), "cores": os.cpu_count(), "system": platform.system(), "python": platform.python_version()}


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return " ".join((names or [platform.processor() or platform.machine()])[0].split())


def number(value: float) -> str:
    """Return a number with four significant digits, or as an integer from 1,000 on."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def figure(side: JSON) -> str:
    """Return the median of a side with its lowest and highest round."""
    if "missing" in side:
        return f"not measured: {side['missing']}"
    spread = "" if side["low"] == side["high"] else f" ({number(side['low'])} to {number(side['high'])})"
    return f"{number(side['median'])}{spread}"


def verdict(target: JSON) -> str:
    """Return a target, the figure that was measured for it, and whether it was missed."""
    if "missing" in target:
        return f"{target['text']}: {target['missing']}"
    return f"{target['text']}: {figure(target)}{'' if target['reached'] else ', missed'}"


def line(row: JSON) -> str:
    """Return a row as lines of text."""
    sides = [f"    {name:32} {figure(side)}" for name, side in row["sides"].items()]
    targets = [f"    {verdict(target)}" for target in row["targets"]]
    note = f"; {row['note']}" if row["note"] else ""
    return "\n".join([f"{row['what']}, {row['unit']} ({row['better']} is better{note})", *sides, *targets])


def summary(measured: JSON) -> str:
    """Return all measurements as Markdown."""
    where = measured["machine"]
    text = (
        f"Measured on {measured['date']}: {where['cpu']}, {where['cores']} cores, {where['system']}, "
        f"Python {where['python']}. Each figure is a median, with the lowest and the highest round in brackets."
    )
    if measured["agreement"]:
        targets, figures = (_counted(measured["agreement"][kind], kind) for kind in ("targets", "figures"))
        text += (
            f" {targets} and {figures} agree with the run before: its median is in the brackets, or within {CLOSE:.0%} "
            "of this one. The speed of the machine changes from run to run, which hardly affects ratios."
        )
    table = [f"| {' | '.join(_cells(row))} |" for row in measured["rows"]]
    lines = [text, "", "| | ours | others | target: result |", "|---|---|---|---|", *table, ""]
    return "\n".join(lines)


def _counted(compared: JSON, kind: str) -> str:
    return f"{compared['compared'] - len(compared['different'])} of {compared['compared']} {kind}"


def _cells(row: JSON) -> list[str]:
    ours, *others = (f"{name} {figure(side)}" for name, side in row["sides"].items())
    note = f"; {row['note']}" if row["note"] else ""
    cells = f"{row['what']}, {row['unit']}{note}", ours, "; ".join(others), "; ".join(map(verdict, row["targets"]))
    return [cell.replace("|", "\\|") for cell in cells]


def update_readme(readme: str, measured: JSON) -> str:
    """Return the text of the README with the table between its markers.

    Raises:
        ValueError: a marker is missing.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the README lacks the markers {BEGIN.strip()} and {END}, between which the table belongs")
    return f"{before}{BEGIN}{summary(measured)}{END}{after}"


def chart(measured: JSON) -> str:
    """Return an SVG with bars for every row that has more than one side. It follows the viewer's colour scheme."""
    parts: list[str] = []
    top = 2 * GAP
    for row in measured["rows"]:
        if len(row["sides"]) > 1:
            parts.append(_text(GAP, top, f"{row['what']}, {row['unit']}; {row['better']} is better", "what"))
            parts += _bars(row["sides"], top + LINE)
            top += LINE * (1 + len(row["sides"])) + GAP
    size = f'width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}"'
    title = f"Benchmarks of {measured['date']}, {measured['machine']['cpu']}"
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        '<rect class="paper" width="100%" height="100%"/>',
        *parts,
        "</svg>",
        "",
    ])  # fmt: skip


def _bars(sides: dict[str, JSON], top: int) -> Iterator[str]:
    longest = max((side["high"] for side in sides.values() if "high" in side), default=0) or 1
    for index, (name, side) in enumerate(sides.items()):
        y = top + index * LINE
        yield _text(GAP, y, name)
        if "missing" in side:
            yield _text(NAMES + GAP, y, figure(side))
            continue
        low, length, high = (round(BARS * side[key] / longest, 1) for key in ("low", "median", "high"))
        kind = "other" if index else "ours"
        yield f'<rect class="{kind}" x="{NAMES}" y="{y - 10}" width="{max(length, 1)}" height="12" rx="2"/>'
        yield f'<line class="spread" x1="{NAMES + low}" x2="{NAMES + high}" y1="{y - 4}" y2="{y - 4}"/>'
        yield _text(round(NAMES + high + 6), y, number(side["median"]))


def _text(x: float, y: float, text: str, kind: str = "name") -> str:
    return f'<text x="{x}" y="{y}" class="{kind}">{escape(text)}</text>'
