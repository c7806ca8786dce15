"""The documented rules of each edition: those in `documented/`, changed by the files in `documented/editions/`.

The file of an edition has a section for each file that it changes. A row in a section replaces the row with the same
id, `null` removes it, and a row with a new id is added. A section for a file in short form has the same form: its lines
and keys replace those of the file. An edition applies on top of the older ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from changes.keywords import canonical
from contract_suite.rules import documented, short_form
from contract_suite.rules.documented import DOCUMENTED, EDITIONS, RuleError, Rules
from contract_suite.rules.json_schema import validator
from contract_suite.rules.kinds import RequestRule, Rule

BASE = "base"
"""The edition of the rules in `documented/` itself."""

_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["edition", "files"],
    "additionalProperties": False,
    "properties": {
        "edition": {"type": "string"},
        "files": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "required": ["page"],
                "minProperties": 2,
                "additionalProperties": False,
                "properties": {
                    "page": {"type": "string"},
                    "samples": {"type": "object"},
                    "rules": {"type": "object", "additionalProperties": {"type": ["object", "null"]}},
                    "request": {"type": "object", "properties": {"model": False}},
                    "fields": {"type": "object"},
                    "unknown_fields": {"type": ["string", "null"]},
                    "billing": {"type": ["object", "null"]},
                    "response": {"type": ["object", "null"]},
                },
            },
        },
    },
}


def names(folder: Path = DOCUMENTED) -> list[str]:
    """Return the names of all editions: `base`, then from the oldest to the newest."""
    return [BASE, *(path.stem for path in sorted((folder / EDITIONS).glob("*.yaml")))]


Rows = dict[str, dict[str, Any] | None]
"""Rows by their ids. None removes a rule."""


@dataclass(frozen=True)
class _File:
    """A file of rules with the editions that were applied to it.

    Attributes:
        content: The file as it would be written if there were only the last of these editions.
        versions: The rules by the file that they come from: the file itself, then those of the editions.
    """

    content: dict[str, Any]
    versions: tuple[tuple[Path, dict[str, Any]], ...]


def load(edition: str = BASE, folder: Path = DOCUMENTED) -> Rules:
    """Read the rules of an edition. Those that a newer edition changes are contested.

    Raises:
        RuleError: The edition is unknown, or a file or a row is invalid.
    """
    known = _known(edition, folder)
    older: dict[str, str] = {}
    newer: dict[str, str] = {}
    files: dict[Path, _File] = {}
    for name, changed, amended in _editions(folder):
        if known.index(name) <= known.index(edition):
            older |= dict.fromkeys(changed, "")
            files = amended
        else:
            newer = dict.fromkeys(changed, name) | newer
    rules = documented.make_rules([version for file in files.values() for version in file.versions])
    return replace(rules, edition_name=edition, rules=tuple(_contested(rule, older | newer) for rule in rules.rules))


def own_rules(edition: str, folder: Path = DOCUMENTED) -> tuple[set[str], list[str]]:
    """Return the ids of the rules that an edition replaces or adds, and of those that it removes.

    Raises:
        RuleError: The edition is unknown, or a file or a row is invalid.
    """
    _known(edition, folder)
    rows = next(changed for name, changed, _ in _editions(folder) if name == edition)
    return {one for one, row in rows.items() if row is not None}, [one for one, row in rows.items() if row is None]


def _known(edition: str, folder: Path) -> list[str]:
    """Return the names of all editions, of which this must be one."""
    known = names(folder)
    if edition not in known:
        raise RuleError(f"unknown edition {edition}: expected one of {', '.join(known)}")
    return known


def _editions(folder: Path) -> Iterator[tuple[str, Rows, dict[Path, _File]]]:
    """Yield each edition from the oldest on, with the rules that it changes and the files after it."""
    files = {path: _File(file, ((path, file),)) for path, file in documented.read_files(folder).items()}
    yield BASE, {}, files
    for name in names(folder)[1:]:
        path = folder / EDITIONS / f"{name}.yaml"
        overlay = _read(path)
        by_name = {one.stem: one for one in files}
        changed: Rows = {}
        for stem, section in overlay["files"].items():
            if stem not in by_name:
                raise RuleError(f"{path.name}: {stem} is not a file of rules; the files are {', '.join(by_name)}")
            rows, amended = _amended(files[by_name[stem]], section, path, overlay["edition"])
            changed |= rows
            files = {**files, by_name[stem]: amended}
        yield name, changed, files


def _contested(rule: Rule, changed_by: dict[str, str]) -> Rule:
    """Mark a rule that another edition changes; it is contested if that edition is newer."""
    if rule.id not in changed_by:
        return rule
    newer = changed_by[rule.id]
    only_accepts = isinstance(rule, RequestRule) and all(case.accepted for case in rule.cases)
    if newer and rule.certainty == "documented" and not only_accepts:
        return replace(rule, disputed=True, certainty="contested", because=f"Edition {newer} says otherwise.")
    return replace(rule, disputed=True)


def _read(path: Path) -> dict[str, Any]:
    overlay: dict[str, Any] = documented.read_yaml(path)
    error = next(validator(_FORM).iter_errors(overlay), None)
    if error is not None:
        field = ": ".join(str(part) for part in error.instance_path)
        raise RuleError(f"{path.name}: {field or 'the file'}: {error.message[:300]}")
    return overlay


def _amended(file: _File, section: dict[str, Any], path: Path, edition: str) -> tuple[Rows, _File]:
    """Apply a section of the file of an edition to a file of rules. Return the rows that it changes, and the file.

    Raises:
        RuleError: The section is invalid or changes nothing.
    """
    old, rows = file.content, section.get("rules", {})
    prefix = short_form.prefix(old) if "fields" in old else ""
    place = f"{path.name}: {old['title']}" if prefix else path.name  # in short form, no id names the model
    new = documented.validate(_changed(old, section, place), place)
    before, after = (documented.rows_of(place, one)[0] for one in (old, new))
    for rule_id, row in rows.items():
        if prefix and rule_id.startswith(prefix):
            raise RuleError(f"{place}: {rule_id}: write {rule_id.removeprefix(prefix)}, without the model")
        if row is None and prefix + rule_id not in before:
            raise RuleError(f"{place}: {rule_id} cannot be removed, because {old['title']} has no such rule")
        if row is not None and canonical(row) == canonical(before.get(prefix + rule_id)):
            raise RuleError(f"{place}: {rule_id} is the same in the edition before; leave it out")
    # The cases of every row are changes to the smallest request.
    kept = before if canonical(old.get("request")) == canonical(new.get("request")) else {}
    changed: Rows = {one: row for one, row in after.items() if canonical(row) != canonical(kept.get(one))}
    changed |= dict.fromkeys(one for one in before if one not in after)
    if not changed and canonical(old.get("samples")) == canonical(new.get("samples")):
        raise RuleError(f"{path.name}: {old['title']}: the section changes no rule; leave it out")
    shared = {key: new[key] for key in ("title", "request", "requests", "samples") if key in new}
    own = {one: row for one, row in changed.items() if row is not None}
    others = [
        (source, {**other, **shared, "rules": {one: row for one, row in other["rules"].items() if one not in changed}})
        for source, other in file.versions[1:]
    ]
    others.append((path, {**shared, "page": section["page"], "edition": edition, "rules": own}))
    elsewhere = {one for _, other in others for one in other["rules"]}
    # The file keeps the rest of its rules. Its table has the lines of this edition.
    remaining = (
        {**new.get("rules", {}), **{one.removeprefix(prefix): None for one in elsewhere}}
        if prefix
        else {one: row for one, row in new["rules"].items() if one not in elsewhere}
    )
    source, first = file.versions[0]
    return changed, _File(new, ((source, {**new, "page": first["page"], "rules": remaining}), *others))


def _changed(file: dict[str, Any], section: dict[str, Any], place: str) -> dict[str, Any]:
    """Return a file of rules as it would be written if there were only the edition that a section belongs to."""
    samples = {**file.get("samples", {}), **section.get("samples", {})}
    shared = {"samples": samples} if samples else {}
    if "fields" in file:
        request = {**section.get("request", {}), "model": file["request"]["model"]}
        new = short_form.like(file, {**section, **shared, "request": request, "title": file["title"]})
        if "fields" not in new:
            raise RuleError(f"{place}: fields: no line would remain")
        return new
    if own := [key for key in short_form.KEYS if key in section]:
        raise RuleError(f"{place}: {file['title']}: {own[0]}: its file has no table of fields; write the rows in rules")
    rules = {one: row for one, row in {**file["rules"], **section.get("rules", {})}.items() if row is not None}
    return {**file, **shared, "rules": rules}
