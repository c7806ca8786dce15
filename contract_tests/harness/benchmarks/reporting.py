"""Shows what was measured: as lines, as a table for the README, and as a chart."""

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
    """Return what was measured, with where and when; and how it agrees with what was measured before, if that can be.

    Args:
        rows: what was measured.
        full: whether at full size.
        before: what was measured before.
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
    """Return how many aims and figures are as they were: their median was within the spread of now, or close.

    Close, because what hardly differs from round to round has hardly any spread.
    """
    return {kind: _agreement(dict(_named(rows, kind)), dict(_named(before, kind))) for kind in ("aims", "figures")}


def _agreement(now: dict[str, JSON], then: dict[str, JSON]) -> JSON:
    both = [name for name in now if name in then]
    apart = [name for name in both if not _agree(now[name], then[name]["median"])]
    return {
        "compared": len(both),
        "apart": {name: f"{figure(now[name])}, before {figure(then[name])}" for name in apart},
    }


def _agree(now: JSON, median: float) -> bool:
    close = abs(median - float(now["median"])) <= CLOSE * abs(median)
    return close or bool(now["low"] <= median <= now["high"])


def _named(rows: list[JSON], kind: str) -> Iterator[tuple[str, JSON]]:
    for row in rows:
        reaches = [(reach["says"], reach) for reach in row["reaches"]]
        for name, found in reaches if kind == "aims" else row["sides"].items():
            if "median" in found:
                yield f"{row['what']}: {name}", found


def machine() -> JSON:
    """Return what this machine is."""
    return {"cpu": _cpu(), "cores": os.cpu_count(), "system": platform.system(), "python": platform.python_version()}


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return " ".join((names or [platform.processor() or platform.machine()])[0].split())


def number(value: float) -> str:
    """Return a number with four digits that count, and whole thousands."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def figure(side: JSON) -> str:
    """Return the median of a side with its spread."""
    if "missing" in side:
        return f"not measured: {side['missing']}"
    spread = "" if side["low"] == side["high"] else f" ({number(side['low'])} to {number(side['high'])})"
    return f"{number(side['median'])}{spread}"


def verdict(reach: JSON) -> str:
    """Return what a reach is, how far it went, and whether that is enough."""
    if "missing" in reach:
        return f"{reach['says']}: {reach['missing']}"
    return f"{reach['says']}: {figure(reach)}{'' if reach['reached'] else ', missed'}"


def line(row: JSON) -> str:
    """Return a row as lines of text."""
    sides = [f"    {name:32} {figure(side)}" for name, side in row["sides"].items()]
    reaches = [f"    {verdict(reach)}" for reach in row["reaches"]]
    note = f"; {row['note']}" if row["note"] else ""
    return "\n".join([f"{row['what']}, {row['unit']} ({row['better']} is better{note})", *sides, *reaches])


def in_words(measured: JSON) -> str:
    """Return the table of the README."""
    where = measured["machine"]
    text = (
        f"Measured on {measured['date']}: {where['cpu']}, {where['cores']} cores, {where['system']}, "
        f"Python {where['python']}. Medians, and in brackets the lowest and the highest round."
    )
    if measured["agreement"]:
        aims, figures = (_counted(measured["agreement"][kind], kind) for kind in ("aims", "figures"))
        text += (
            f" Of {aims} agree with the run before, whose median is in the brackets or within {CLOSE:.0%} of this one; "
            f"of {figures}. How fast the machine itself is changes from run to run, which ratios hardly feel."
        )
    table = [f"| {' | '.join(_cells(row))} |" for row in measured["rows"]]
    lines = [text, "", "| | ours | others | aim, and what became of it |", "|---|---|---|---|", *table, ""]
    return "\n".join(lines)


def _counted(found: JSON, kind: str) -> str:
    return f"{found['compared']} {kind}, {found['compared'] - len(found['apart'])}"


def _cells(row: JSON) -> list[str]:
    ours, *others = (f"{name} {figure(side)}" for name, side in row["sides"].items())
    note = f"; {row['note']}" if row["note"] else ""
    cells = f"{row['what']}, {row['unit']}{note}", ours, "; ".join(others), "; ".join(map(verdict, row["reaches"]))
    return [cell.replace("|", "\\|") for cell in cells]


def in_readme(readme: str, measured: JSON) -> str:
    """Return the README with the table in its place.

    Raises:
        ValueError: it has no place for one.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the README has no place for the table, between {BEGIN.strip()} and {END}")
    return f"{before}{BEGIN}{in_words(measured)}{END}{after}"


def chart(measured: JSON) -> str:
    """Return every row with more than one side as bars, in SVG; it follows the reader's colour scheme."""
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
