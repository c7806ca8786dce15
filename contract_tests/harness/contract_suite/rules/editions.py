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
                    **{key: {"type": ["object", "string", "null"]} for key in short_form.KEYS},
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
        versions: The rules by their sources, as files: those of the file itself, then those of each edition.
    """

    content: dict[str, Any]
    versions: tuple[dict[str, Any], ...]


def load(edition: str = BASE, folder: Path = DOCUMENTED) -> Rules:
    """Read the rules of an edition. Those that a newer edition changes are contested.

    Raises:
        RuleError: The edition is unknown, or a file or a row is invalid.
    """
    known = names(folder)
    if edition not in known:
        raise RuleError(f"unknown edition {edition}: expected one of {', '.join(known)}")
    older: dict[str, str] = {}
    newer: dict[str, str] = {}
    files: dict[Path, _File] = {}
    for name, changed, amended in _editions(folder):
        if known.index(name) <= known.index(edition):
            older |= dict.fromkeys(changed, "")
            files = amended
        else:
            newer = dict.fromkeys(changed, name) | newer
    rules = documented.make_rules([(path, version) for path, file in files.items() for version in file.versions])
    return replace(rules, edition_name=edition, rules=tuple(_contested(rule, older | newer) for rule in rules.rules))


def own_rules(edition: str, folder: Path = DOCUMENTED) -> tuple[set[str], list[str]]:
    """Return the ids of the rules that an edition replaces or adds, and of those that it removes."""
    rows = next(changed for name, changed, _ in _editions(folder) if name == edition)
    return {one for one, row in rows.items() if row is not None}, [one for one, row in rows.items() if row is None]


def _editions(folder: Path) -> Iterator[tuple[str, Rows, dict[Path, _File]]]:
    """Yield each edition from the oldest on, with the rules that it changes and the files after it."""
    files = {path: _File(file, (file,)) for path, file in documented.read_files(folder).items()}
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
        RuleError: The section is invalid or says nothing new.
    """
    old, rows = file.content, section.get("rules", {})
    new = documented.validate(_changed(old, section, path.name), path.name)
    prefix = short_form.prefix(old) if "fields" in old else ""
    before, after = (documented.rows_of(path, one)[0] for one in (old, new))
    for rule_id, row in rows.items():
        if prefix and rule_id.startswith(prefix):
            raise RuleError(f"{path.name}: {rule_id}: write {rule_id.removeprefix(prefix)}, without the model")
        if row is None and prefix + rule_id not in before:
            raise RuleError(f"{path.name}: {rule_id} cannot be removed, because {old['title']} has no such rule")
        if row is not None and row == before.get(prefix + rule_id):
            raise RuleError(f"{path.name}: {rule_id} is the same in the edition before; leave it out")
    changed: Rows = {one: row for one, row in after.items() if row != before.get(one)}
    changed |= dict.fromkeys(one for one in before if one not in after)
    if not changed and "samples" not in section:
        raise RuleError(f"{path.name}: {old['title']}: this is the same in the edition before; leave it out")
    shared = {key: new[key] for key in ("title", "request", "requests", "samples") if key in new}
    own = {one: row for one, row in changed.items() if row is not None}
    others = [
        {**other, **shared, "rules": {one: row for one, row in other["rules"].items() if one not in changed}}
        for other in file.versions[1:]
    ]
    others.append({**shared, "page": section["page"], "edition": edition, "rules": own})
    elsewhere = {one for other in others for one in other["rules"]}
    # The file itself has the rest of its rules, and its table the lines of this edition.
    remaining = (
        {**new.get("rules", {}), **{one.removeprefix(prefix): None for one in elsewhere}}
        if prefix
        else {one: row for one, row in new["rules"].items() if one not in elsewhere}
    )
    return changed, _File(new, ({**new, "page": file.versions[0]["page"], "rules": remaining}, *others))


def _changed(file: dict[str, Any], section: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a file of rules as it would be written if there were only the edition that a section belongs to."""
    if "fields" in file:
        return short_form.like(file, {**section, "title": file["title"]})
    if own := [key for key in short_form.KEYS if key in section]:
        raise RuleError(f"{name}: {file['title']}: {own[0]}: its file has no table of fields; write the rows in rules")
    samples = {**file.get("samples", {}), **section.get("samples", {})}
    rules = {one: row for one, row in {**file["rules"], **section.get("rules", {})}.items() if row is not None}
    return {**file, **({"samples": samples} if samples else {}), "rules": rules}
