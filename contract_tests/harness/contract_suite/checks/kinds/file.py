"""Rules on files behind URLs: kind, format, size, sides, length."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import bundle
from contract_suite.checks.contract import ChangedParts, Parts, property_at
from contract_suite.checks.kinds.base import Kind
from contract_suite.checks.record import RunRecord
from contract_suite.checks.sdk import Sdk, SdkStance
from contract_suite.core.exchanges import excerpt
from contract_suite.core.results import Results
from contract_suite.rules.kinds import FileRule
from contract_suite.rules.operations import UPLOADS
from evolink import media
from evolink._contract import packaged_contract


class FileKind(Kind[FileRule]):
    """Properties of files on both sides of a rule."""

    label = "files"

    def check_contract(self, rule: FileRule, parts: Parts) -> Iterator[str]:
        """Compare the files with the `x-media` of the field."""
        limits = property_at(parts, rule.subject, "properties", rule.field, "x-media")
        for accepted, file in _single_files(rule):
            if _fits(file, limits) != accepted:
                yield f"x-media {'refuses' if accepted else 'accepts'} {excerpt(file)}"

    def may_disagree(self, rule: FileRule, changed: ChangedParts) -> bool:
        """Return whether the schema of the rule's requests differs."""
        return rule.subject in changed.subjects

    def check_sdk(self, rule: FileRule, sdk: Sdk) -> SdkStance:
        """Compare the files with the SDK's check of media."""
        if rule.subject in UPLOADS:
            return SdkStance("leaves", "uploads any file, and leaves the check to the file host")
        limits = packaged_contract().models[rule.subject]["properties"][rule.field]["x-media"]
        differences = [
            f"{'refuses' if accepted else 'accepts'} a file with {excerpt(properties)}"
            for accepted, properties in _single_files(rule)
            if (not sdk.violations(media.Media(**properties), limits, rule.field)) != accepted
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


def _single_files(rule: FileRule) -> Iterator[tuple[bool, dict[str, Any]]]:
    """Yield the properties of the file of each case that has one file, and whether it is accepted."""
    for case in rule.cases:
        files = case.files.get(rule.field, ())
        if len(files) == 1:
            yield case.effect != "rejected", files[0]


def _fits(file: dict[str, Any], limits: dict[str, Any]) -> bool:
    """Return whether the known properties of a file are within the limits of an `x-media`."""
    sides = [file[side] for side in ("width", "height") if side in file]
    kinds = limits.get("kind", file.get("kind"))
    return (
        ("kind" not in file or file["kind"] in (kinds if bundle.is_array(kinds) else [kinds]))
        and ("format" not in file or "formats" not in limits or file["format"] in limits["formats"])
        and file.get("bytes", 0) <= limits.get("max-bytes", math.inf)
        and not (file.get("alpha") and limits.get("alpha") is False)
        and all(_in_range(side, limits.get("side-pixels", {})) for side in sides)
        and ("seconds" not in file or _in_range(file["seconds"], limits.get("seconds", {})))
        and (file.get("reachable", True) or "reachable" not in limits)
    )


def _in_range(value: float, limits: dict[str, float]) -> bool:
    return limits.get("min", -math.inf) <= value <= limits.get("max", math.inf)
