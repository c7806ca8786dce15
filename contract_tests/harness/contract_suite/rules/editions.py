"""The documented rules of each edition: those in `documented/`, changed by the files in `documented/editions/`.

The file of an edition has a section for each file that it changes. A row in a section replaces the row with the same
id, `null` removes it, and a row with a new id is added. An edition applies on top of the older ones.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from contract_suite.rules import documented
from contract_suite.rules.documented import DOCUMENTED, EDITIONS, RuleError, Rules
from contract_suite.rules.json_schema import validator
from contract_suite.rules.kinds import RequestRule, Rule

BASE = "base"
"""The edition of the rules in `documented/` itself."""

_FILE: dict[str, Any] = {
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
                "required": ["page", "rules"],
                "additionalProperties": False,
                "properties": {
                    "page": {"type": "string"},
                    "samples": {"type": "object"},
                    "rules": {"type": "object", "additionalProperties": {"type": ["object", "null"]}},
                },
            },
        },
    },
}


def names(folder: Path = DOCUMENTED) -> list[str]:
    """Return the names of all editions: `base`, then from the oldest to the newest."""
    return [BASE, *(path.stem for path in sorted((folder / EDITIONS).glob("*.yaml")))]


def load(edition: str = BASE, folder: Path = DOCUMENTED) -> Rules:
    """Read the rules of an edition. Those that a newer edition changes are contested.

    Raises:
        RuleError: The edition is unknown, or a file or a row is invalid.
    """
    known = names(folder)
    if edition not in known:
        raise RuleError(f"unknown edition {edition}: expected one of {', '.join(known)}")
    number = known.index(edition)
    files = {path: [file] for path, file in documented.read_files(folder).items()}
    changed_by: dict[str, str] = {}
    for name in known[1 : number + 1]:
        changed_by |= dict.fromkeys(_amend(files, folder / EDITIONS / f"{name}.yaml"), "")
    for name in reversed(known[number + 1 :]):
        changed_by |= dict.fromkeys(_changed_rules(folder / EDITIONS / f"{name}.yaml"), name)
    rules = documented.make_rules([(path, file) for path, versions in files.items() for file in versions])
    return replace(rules, edition_name=edition, rules=tuple(_contested(rule, changed_by) for rule in rules.rules))


def own_rules(edition: str, folder: Path = DOCUMENTED) -> tuple[set[str], list[str]]:
    """Return the ids of the rules that an edition replaces or adds, and of those that it removes."""
    rows = {
        rule_id: row
        for section in _read(folder / EDITIONS / f"{edition}.yaml")["files"].values()
        for rule_id, row in section["rules"].items()
    }
    return {one for one, row in rows.items() if row is not None}, [one for one, row in rows.items() if row is None]


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
    error = next(validator(_FILE).iter_errors(overlay), None)
    if error is not None:
        field = ": ".join(str(part) for part in error.instance_path)
        raise RuleError(f"{path.name}: {field or 'the file'}: {error.message[:300]}")
    return overlay


def _changed_rules(path: Path) -> list[str]:
    """Return the ids of all rules that an edition replaces, adds or removes."""
    return [rule_id for section in _read(path)["files"].values() for rule_id in section["rules"]]


def _amend(files: dict[Path, list[dict[str, Any]]], path: Path) -> list[str]:
    """Apply an edition to the files of rules, and return the ids of the rules that it changes.

    Each file is a list of versions. An edition adds a version with its own page and its own rows.
    """
    overlay = _read(path)
    by_name = {one.stem: one for one in files}
    for name, section in overlay["files"].items():
        if name not in by_name:
            raise RuleError(f"{path.name}: {name} is not a file of rules; the files are {', '.join(by_name)}")
        versions = [_in_long_form(by_name[name], version) for version in files[by_name[name]]]
        known: dict[str, Any] = {rule_id: row for version in versions for rule_id, row in version["rules"].items()}
        for rule_id, row in section["rules"].items():
            if row is None and rule_id not in known:
                raise RuleError(f"{path.name}: {rule_id} cannot be removed, because {name} has no such rule")
            if rule_id in known and row == known[rule_id]:
                raise RuleError(f"{path.name}: {rule_id} is the same in the edition before; leave it out")
        samples = {**versions[0].get("samples", {}), **section.get("samples", {})}
        shared = {"samples": samples} if samples else {}
        kept = [
            {
                **version,
                **shared,
                "rules": {one: row for one, row in version["rules"].items() if one not in section["rules"]},
            }
            for version in versions
        ]
        rows = {rule_id: row for rule_id, row in section["rules"].items() if row is not None}
        own = {**versions[0], **shared, "page": section["page"], "edition": overlay["edition"], "rules": rows}
        documented.validate(own, path.name)
        files[by_name[name]] = [*kept, own]
    return [rule_id for section in overlay["files"].values() for rule_id in section["rules"]]


def _in_long_form(path: Path, file: dict[str, Any]) -> dict[str, Any]:
    """Return a file of rules with the rows of its table of fields written out."""
    if "fields" not in file:
        return file
    rest = {key: value for key, value in file.items() if key not in {"fields", "prefix"}}
    return {**rest, "rules": documented.rows_of(path, file)[0]}
