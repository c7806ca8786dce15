"""Rules on files behind URLs: kind, format, size, sides, frame rate, pages, and lengths, alone and together."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

import bundle
from contract_suite.checks.contract import ChangedParts, Parts, property_at, property_path
from contract_suite.checks.kinds.base import Kind
from contract_suite.checks.record import RunRecord
from contract_suite.checks.sdk import Sdk, SdkStance
from contract_suite.core.exchanges import excerpt
from contract_suite.core.results import Results
from contract_suite.rules.kinds import FileCase, FileEffect, FileRule
from contract_suite.rules.operations import UPLOADS
from evolink import media


class FileKind(Kind[FileRule]):
    """Properties of files on both sides of a rule."""

    label = "files"

    def check_contract(self, rule: FileRule, parts: Parts) -> Iterator[str]:
        """Compare the files with the `x-media` of their fields, and their lengths with the `x-file-limits`."""
        sums: Any = property_at(parts, rule.subject).get("x-file-limits", [])
        for case in rule.cases:
            effect: FileEffect = "accepted"
            for field, files in case.files.items():
                limits = property_at(parts, rule.subject, *property_path(field), "x-media")
                if not all(_fits(file, limits) for file in files) or not _in_range(
                    _seconds(files), limits.get("total-seconds", {})
                ):
                    effect = "rejected"
            for limit in sums:
                if effect == "accepted" and _is_beyond(limit, case, parts, rule.subject):
                    effect = "cut" if limit.get("effect") == "cut" else "rejected"
            if effect != case.effect:
                yield f"files are {effect}, not {case.effect}, with {_excerpt(case)}"

    def may_disagree(self, rule: FileRule, changed: ChangedParts) -> bool:
        """Return whether the schema of the rule's requests differs."""
        return rule.subject in changed.subjects

    def check_sdk(self, rule: FileRule, sdk: Sdk) -> SdkStance:
        """Compare the files with the SDK's check of media."""
        if rule.subject in UPLOADS:
            return SdkStance("leaves", "uploads any file, and leaves the check to the file host")
        differences = [
            f"files are {effect}, not {case.effect}, with {_excerpt(case)}"
            for case in rule.cases
            if (effect := _effect(sdk.judge(case.request, _named(case)), rule)) != case.effect
        ]
        return SdkStance("enforces", "evolink.media.check refuses the file before anything is sent", tuple(differences))

    def judge(self, rule: FileRule, record: RunRecord, results: Results) -> None:
        """Add one case for our own mock, which takes the limits from the contract and does not inspect files."""
        if record.is_mock and not record.stopped:
            results.holds(rule, note="decided by the limits in the contract, because the mock does not inspect files")

    def why_not_tried(self, rule: FileRule) -> str:
        """Return that the suite cannot observe this, because it has no files that break the limits."""
        del rule
        return "no request shows how the target judges a file"

    def models(self, rule: FileRule) -> list[str]:
        """Return the model, unless the rule is about uploads."""
        return [] if rule.subject in UPLOADS else [rule.subject]


def _named(case: FileCase) -> dict[str, media.Media]:
    """Return the properties of each file by its name in the request of its case, for example `image_urls[0]`."""
    return {
        name: media.Media(**properties)
        for field, files in case.files.items()
        for name, properties in zip(_names(field, case.request), files, strict=True)
    }


def _names(field: str, request: Any) -> list[str]:
    """Return the name of each URL in a field of a request: a list of URLs, an object, a single URL, or one per item."""
    first, _, rest = field.partition(".")
    value: Any = request.get(first) if bundle.is_object(request) else None
    if bundle.is_array(value):
        items = [(f"{first}[{index}]", item) for index, item in enumerate(value)]
        return [f"{name}.{inner}" for name, item in items for inner in _names(rest, item)] if rest else [*dict(items)]
    if rest:
        return [f"{first}.{name}" for name in _names(rest, value)]
    return [f"{first}.{name}" for name in value] if bundle.is_object(value) else [first]


def _value(request: Any, field: str) -> Any:
    for name in field.split("."):
        request = request.get(name) if bundle.is_object(request) else None
    return request


def _effect(judgement: media.Judgement, rule: FileRule) -> FileEffect:
    """Return what the SDK does with files, if it names one of the fields of the rule for it."""
    for effect, found in (
        ("rejected", [one.field for one in (*judgement.broken, *(each for each, _ in judgement.contested))]),
        ("cut", [warning.field for warning in judgement.cut]),
    ):
        if any(
            re.match(rf"{re.escape(field)}(\W|\Z)", re.sub(r"\[\d+\]", "", name))
            for name in found
            for field in rule.fields
        ):
            return "rejected" if effect == "rejected" else "cut"
    return "accepted"


def _excerpt(case: FileCase) -> str:
    return excerpt({field: list(files) for field, files in case.files.items()})


def _seconds(files: Iterable[dict[str, Any]]) -> float:
    return round(math.fsum(file.get("seconds", 0) for file in files), 3)


def _is_beyond(limit: dict[str, Any], case: FileCase, parts: Parts, subject: str) -> bool:
    """Return whether the files of a case are longer than an `x-file-limits` allows."""

    def value(field: str) -> Any:
        default = property_at(parts, subject, *property_path(field)).get("default")
        return default if (own := _value(case.request, field)) is None else own

    fields = [field for field in limit.get("fields", ()) if field in case.files]
    most: Any = limit.get("max-seconds")
    if bundle.is_object(most):
        given = value(most["field"])
        most = most["values"].get(str(given)) if "values" in most else given
    more: Any = value(limit["plus"]) if "plus" in limit else 0
    total = sum(_seconds(case.files[field]) for field in fields) + max(more or 0, 0)
    return bool(fields) and most is not None and total > most >= 0


def _fits(file: dict[str, Any], limits: dict[str, Any]) -> bool:
    """Return whether the known properties of a file are within the limits of an `x-media`."""
    sides = [file[side] for side in ("width", "height") if side in file]
    kinds = limits.get("kind", file.get("kind"))
    ranges = [("side-pixels", side) for side in sides]
    ranges += [("width-pixels", file["width"])] if "width" in file else []
    ranges += [(keyword, file[keyword]) for keyword in ("seconds", "fps") if keyword in file]
    if len(sides) > 1:
        ranges += [
            ("short-side-pixels", min(sides)), ("pixels", math.prod(sides)), ("ratio", file["width"] / file["height"]),
        ]  # fmt: skip
    return (
        ("kind" not in file or file["kind"] in (kinds if bundle.is_array(kinds) else [kinds]))
        and ("format" not in file or "formats" not in limits or file["format"] in limits["formats"])
        and file.get("bytes", 0) <= limits.get("max-bytes", math.inf)
        and file.get("pages", 0) <= limits.get("max-pages", math.inf)
        and not (file.get("alpha") and limits.get("alpha") is False)
        and all(_in_range(value, limits.get(keyword, {})) for keyword, value in ranges)
        and (file.get("reachable", True) or "reachable" not in limits)
    )


def _in_range(value: float, limits: dict[str, float]) -> bool:
    within = limits.get("min", -math.inf) <= value <= limits.get("max", math.inf)
    return within and value > limits.get("over", -math.inf)
