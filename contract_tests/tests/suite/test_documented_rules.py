"""Tests of the documented rules: their form, agreement with the contract, and coverage of every constraint."""

from __future__ import annotations

import ipaddress
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from urllib.parse import urlsplit

import pytest

import bundle
from contract_suite.checks.contract import Parts
from contract_suite.checks.kinds import KINDS, kind_of
from contract_suite.checks.kinds.generated import GeneratedRule
from contract_suite.checks.kinds.known_fields import KnownFieldsRule
from contract_suite.checks.kinds.wire import WireRule
from contract_suite.coverage import rules as rule_coverage
from contract_suite.coverage.evident import EvidentRules
from contract_suite.coverage.missing_rules import describe
from contract_suite.reporting import rule_index, rules_readme
from contract_suite.rules import documented, editions, kinds
from contract_suite.rules.changes import changed
from contract_suite.rules.documented import RuleError
from contract_suite.rules.editions import BASE
from contract_suite.rules.kinds import (
    BEHAVIOURS,
    BillingCase,
    BillingRule,
    BodyRule,
    ExchangeRule,
    FailsLaterRule,
    FileCase,
    FileRule,
    IgnoredRule,
    LifecycleRule,
    RequestCase,
    RequestRule,
    ResponseRule,
    Rule,
    SurchargeRule,
)
from contract_suite.session import documented_rules
from evolink._contract import packaged_contract
from evolink_mock.domain.billing import BillingRules
from tests import few_models

RULES = documented_rules(BASE)
CONTRACT, SOURCES = bundle.bundle_with_sources()
PARTS = Parts.of(CONTRACT)


# --- the content of the rules


def test_contract_agrees_with_every_rule() -> None:
    differences = {rule.id: list(kind_of(rule).check_contract(rule, PARTS)) for rule in RULES.rules}
    assert {rule_id: lines for rule_id, lines in differences.items() if lines} == {}


def test_charge_for_a_request_that_the_contract_refuses_is_a_difference() -> None:
    wrong = {
        rule: replace(rule, costlier={**rule.costlier, "callback_url": 5}) for rule in RULES.of_kind(SurchargeRule)
    }
    assert len(wrong) > 10
    for rule in wrong.values():
        [difference] = kind_of(rule).check_contract(rule, PARTS)
        assert difference.startswith("the contract refuses {")
    [charge] = [rule for rule in RULES.of_kind(BillingRule) if rule.id == "wan25.billing.reserved"]
    [case, *_] = charge.cases
    charge = replace(charge, cases=(replace(case, request={**case.request, "callback_url": 5}),))
    [difference] = kind_of(charge).check_contract(charge, PARTS)
    assert difference.startswith("the contract refuses {")


def seconds_by_price(schema: dict[str, Any], case: BillingCase) -> tuple[float | None, ...]:
    """Return the seconds of a bill of the mock: reserved, settled and of input; None where the case states none."""
    rules = BillingRules.parse(schema["x-billing"], schema.get("x-price"))
    defaults = {name: node["default"] for name, node in schema["properties"].items() if "default" in node}
    remaining = iter(case.input_seconds)
    lengths: dict[str, list[float]] = {}
    for name in schema["properties"]:
        if name in rules.files and name in case.request:
            count = len(case.request[name]) if isinstance(case.request[name], list) else 1
            lengths[name] = list(islice(remaining, count))
    charge = rules.charge(rules.reserved_seconds(case.request, defaults, lengths), case.request, defaults, lengths)
    settled = charge.settled(rules.produced_seconds(case.request, defaults, lengths))
    return (
        case.reserved_seconds and charge.reserved_seconds,
        case.settled_seconds and settled.settled_seconds,
        case.billed_input_seconds and settled.input_seconds,
    )


def test_mock_with_prices_counts_the_seconds_that_the_pages_state() -> None:
    wrong = {
        rule.id: (case, found)
        for rule in RULES.of_kind(BillingRule)
        for case in rule.cases
        if case.outcome == "completed" or not case.settled_seconds
        for found in [seconds_by_price(packaged_contract().models[rule.model], case)]
        if found != (case.reserved_seconds, case.settled_seconds, case.billed_input_seconds)
    }
    assert wrong == {}


def test_rule_on_bodies_judges_its_own_samples_as_it_says() -> None:
    rules = RULES.of_kind(BodyRule)
    assert [rule.id for rule in rules if not rule.rejects] == []
    accepts = [(rule, name, body) for rule in rules for name, body in rule.accepts]
    rejects = [(rule, name, body) for rule in rules for name, body in rule.rejects]
    assert [
        (rule.id, name, body)
        for rule, name, body in accepts
        if rule.applies_to(body) and rule.problem(body) is not None
    ] == []
    assert [(rule.id, name, body) for rule, name, body in rejects if not rule.applies_to(body)] == []
    assert [(rule.id, name, body) for rule, name, body in rejects if rule.problem(body) is None] == []


def requests_of(rule: Rule) -> Iterator[Any]:
    match rule:
        case RequestRule():
            yield from (case.body for case in rule.cases)
        case ExchangeRule():
            yield from (case.body for case in rule.cases)
        case BillingRule():
            yield from (case.request for case in rule.cases)
        case SurchargeRule():
            yield from (rule.cheaper, rule.costlier)
        case _:
            pass


def test_no_request_of_a_rule_names_an_existing_host() -> None:
    hosts = {
        urlsplit(str(url)).hostname or ""
        for rule in RULES.rules
        for body in requests_of(rule)
        for url in re.findall(r'"((?:https?|ftp|s3|ws|httpss)://[^"]*)"', json.dumps(body), re.IGNORECASE)
    }
    assert len(hosts) > 30
    named = {host for host in hosts if host and not re.fullmatch(r"[0-9.]+|[0-9a-f:.]+|localhost", host)}
    assert {host for host in named if not host.endswith(".invalid")} == set()


BANNED = [
    ipaddress.IPv4Network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "0.0.0.0/8", "169.254.0.0/16")
]


@pytest.mark.parametrize("network", BANNED, ids=str)
def test_both_ends_of_every_banned_network_and_their_neighbours_are_tried(
    network: ipaddress.IPv4Network,
) -> None:
    tried = {True: set[str](), False: set[str]()}
    for rule in RULES.rules:
        for case in rule.cases if isinstance(rule, RequestRule) and rule.field == "callback_url" else ():
            url = case.body["callback_url"]
            tried[case.accepted].add(urlsplit(url).hostname or "" if isinstance(url, str) else "")
    assert {str(network[0]), str(network[-1])} <= tried[False]
    outside = {address for address in (int(network[0]) - 1, int(network[-1]) + 1) if address > 0}
    assert {str(ipaddress.IPv4Address(address)) for address in outside} <= tried[True]


def test_lengths_of_callback_addresses_are_tried_at_their_limit() -> None:
    lengths = {
        (case.accepted, len(case.body["callback_url"]))
        for rule in RULES.rules
        if rule.id == "callback.url.max-length" and isinstance(rule, RequestRule)
        for case in rule.cases
    }
    assert {(True, 2047), (True, 2048), (False, 2049)} <= lengths


def test_boundaries_are_tried_in_code_points_of_every_width() -> None:
    lengths = {
        (case.subject, case.accepted, len(case.body["prompt"]), len(case.body["prompt"].encode()))
        for rule in RULES.rules
        if isinstance(rule, RequestRule)
        and rule.field == "prompt"
        and rule.id.endswith((".prompt.max-length", ".prompt.too-long", ".prompt.max-length.beyond"))
        and "maxLength" in packaged_contract().models[rule.subjects[0]]["properties"]["prompt"]
        for case in rule.cases
    }
    expected = {
        (model, accepted, limit + over, (limit + over) * width)
        for model, schema in packaged_contract().models.items()
        for limit in (schema["properties"].get("prompt", {}).get("maxLength"),)
        if limit is not None
        for accepted, over in ((True, 0), (False, 1))
        for width in (1, 3, 4)
    }
    assert lengths == expected


# --- every constraint has a rule, and every rule covers a constraint


JUDGED_BY_RUNS = (LifecycleRule, ExchangeRule, ResponseRule, BillingRule)
"""The kinds whose rules may be about the behaviour of a server alone."""


def test_every_constraint_has_a_rule_and_every_rule_that_a_contract_can_state_covers_one() -> None:
    covered = rule_coverage.covering_rules(RULES, CONTRACT)
    assert len(covered) > 800
    missing = [place for place, rules in covered.items() if not rules]
    assert "\n".join(describe(missing, CONTRACT, SOURCES, RULES)) == ""
    covering = set[str]().union(*covered.values())
    written = [rule for rule in RULES.rules if rule.id not in RULES.derived]
    assert [rule.id for rule in written if rule.id not in covering and not isinstance(rule, JUDGED_BY_RUNS)] == []


def test_constraint_without_a_rule_is_listed_with_its_file_and_the_row_to_add() -> None:
    bare = [place for place, rules in _coverage_of_prompts("wan26.prompt.too-long").items() if not rules]
    index = list(packaged_contract().models).index("wan2.6-reference-video-flash")
    assert [rule_coverage.place_text(place).rpartition("oneOf/")[2] for place in bare] == [
        f"{index}/properties/prompt/maxLength"
    ]
    [text] = describe(bare, CONTRACT, SOURCES, RULES)
    where, file, row = text.split("\n")
    assert re.fullmatch(
        r"openapi/models/wan/wan2\.6-reference-video-flash\.yaml:[0-9]+: properties\.prompt\.maxLength: "
        "no documented rule checks it; add a row like this:",
        where,
    )
    assert re.fullmatch(r" +documented/(wan/)?wan2\.6-reference-video-flash\.yaml:", file)
    assert row == (
        '    wan26.prompt.maxlength: {"says": "<the statement of the page>", "field": "prompt", '
        '"accepts": [{"prompt": {"repeat": "a", "times": 1500}}], '
        '"rejects": [{"prompt": {"repeat": "a", "times": 1501}}]}'
    )


def _coverage_of_prompts(removed: str) -> dict[tuple[str | int | float, ...], list[str]]:
    """Return the rules on prompts, one excepted, that cover each constraint on prompts."""
    prompts = documented.Rules(
        tuple(rule for rule in RULES.rules if ".prompt." in rule.id), RULES.requests, RULES.samples, RULES.uploads
    ).without(removed)
    inlined = rule_coverage.inline_references(CONTRACT)
    before = Parts.of(inlined)
    return {
        place: list(
            rule_coverage.disagreeing_rules(prompts.rules, before, Parts.of(rule_coverage.without(inlined, place)))
        )
        for place in rule_coverage.constraints(inlined)
        if place[-2] == "prompt"
    }


def test_every_kind_of_rule_has_one_entry_in_the_table_of_kinds() -> None:
    documented_kinds = {
        kind for kind in vars(kinds).values() if isinstance(kind, type) and issubclass(kind, Rule) and kind is not Rule
    }
    assert {type(rule) for rule in RULES.rules} <= documented_kinds
    assert KINDS.keys() - documented_kinds == {GeneratedRule, KnownFieldsRule, WireRule}
    assert documented_kinds < KINDS.keys()


def test_every_behaviour_the_suite_observes_has_one_rule() -> None:
    named = [rule.behaviour for rule in RULES.rules if isinstance(rule, LifecycleRule)]
    assert sorted(named) == sorted(BEHAVIOURS)


def test_lifting_any_constraint_in_the_files_of_the_contract_makes_a_rule_disagree() -> None:
    # Those in the file of one model are the same as where it is used, and are lifted above. So are those of schemas
    # that only other models use.
    contract, rules = few_models.contract(), few_models.rules().rules
    parts = Parts.of(contract)
    own = {reference.rpartition("/")[2] for reference in packaged_contract().references.values()}
    own |= {"CreatedTask", "CreatedTaskStatus"}  # their conditions on models need the rules on all models, as above
    of_others = {
        (name, "allOf", index)
        for name, schema in contract["components"]["schemas"].items()
        for index, condition in enumerate(schema.get("allOf", ()))
        if "model" in condition.get("if", {}).get("properties", {})
    }
    used = json.dumps(contract)
    places = [
        place
        for place in rule_coverage.constraints(contract)
        if place[:2] != ("components", "schemas")
        or (place[2] not in own and place[2:5] not in of_others and f'/{place[2]}"' in used)
    ]
    assert len(places) > 150
    unnoticed = [
        rule_coverage.place_text(place)
        for place in places
        if not any(rule_coverage.disagreeing_rules(rules, parts, Parts.of(rule_coverage.without(contract, place))))
    ]
    assert unnoticed == []


def test_rules_that_evidently_cover_a_constraint_disagree_without_it() -> None:
    *_, model = few_models.rules().requests
    used = rule_coverage.inline_references(few_models.contract())
    before = Parts.of(used)
    rules = [rule for rule in few_models.rules().of_kind(RequestRule) if rule.subjects == (model,)]
    evident = EvidentRules(model, rules, before)
    top = (*rule_coverage.VARIANTS, list(before.variants).index(model))
    changes = [
        (evident.without(place[len(top) :]), rule_coverage.without(used, place))
        for place in rule_coverage.constraints(used)
        if place[: len(top)] == top
    ]
    changes += [
        (evident.with_limit(place[len(top) :], value), rule_coverage.with_value(used, place, value))
        for place, value in rule_coverage.shifted_limits(used)
        if place[: len(top)] == top
    ]
    found = [(set(rule_ids), Parts.of(changed)) for rule_ids, changed in changes if rule_ids]
    assert len(found) > 30
    for rule_ids, after in found:
        named = [rule for rule in rules if rule.id in rule_ids]
        assert set(rule_coverage.disagreeing_rules(named, before, after)) == rule_ids


# --- the form of a row


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the rules that are written out, for a test to change."""
    copy = tmp_path / "documented"
    others = [f"{model}.yaml" for model in RULES.tables]
    shutil.copytree(documented.DOCUMENTED, copy, ignore=shutil.ignore_patterns(*others))
    for path in (copy / "editions").glob("*.yaml"):
        edition = bundle.load(path)
        edition["files"] = {name: part for name, part in edition["files"].items() if name not in RULES.tables}
        path.unlink()
        if edition["files"]:
            path.write_text(json.dumps(edition, ensure_ascii=False), encoding="utf-8")
    return copy


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    says: A request must name its model.\n", "", "wan25.model.required: "),
        ("  wan25.model.type:", "  Wan25.model.type:", "wan2.5-image-to-video.yaml: "),
        ("    type: string\n", "    kind: string\n", "kind"),
        ("    type: string\n", "    type: text\n", "wan25.model.type: type"),
        ("    certainty: contested\n", "    certainty: disputed\n", "wan25.prompt.too-long: certainty"),
        (
            "    certainty: contested\n",
            "",
            "wan25.prompt.too-long: `because` is required for inferred and contested rules",
        ),
        ("    field: model\n    rejects:", "    rejects:", "wan25.model.required: `field` is required"),
        ("      - model: {absent: true}\n", "", "wan25.model.required: rejects: "),
        ("rules:\n", "rules: [\n", "wan2.5-image-to-video.yaml:11: is not valid YAML"),
        (
            "  wan25.model.type:",
            "  wan25.model.required:",
            "duplicate key 'wan25.model.required', which is also in line",
        ),
        ("    billing:\n", "    follow: nothing\n    billing:\n", "wan25.billing.reserved: "),
    ],
)
def test_invalid_row_is_named(folder: Path, old: str, new: str, message: str) -> None:
    path = folder / "wan" / "wan2.5-image-to-video.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RuleError) as error:
        documented.load(folder)
    assert message in str(error.value)
    assert "wan2.5-image-to-video.yaml" in str(error.value)


def test_id_is_used_once(folder: Path) -> None:
    shutil.copy(folder / "authentication.yaml", folder / "again.yaml")
    with pytest.raises(RuleError, match=r"auth\.create\.key-required is also a rule of Authentication"):
        documented.load(folder)


def test_folder_without_rules_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="contains no file of rules"):
        documented.load(tmp_path)


@pytest.mark.parametrize(
    ("value", "change", "result"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": {"absent": True}}}, {"a": {"c": 2}}),
        ({"a": 1}, {"a": {"b": 2}}, {"a": {"b": 2}}),
        ({"a": 1}, [], []),
        ({"a": 1}, None, None),
        ({}, {"a": {"repeat": "猫", "times": 3}}, {"a": "猫猫猫"}),
        ({}, {"a": {"start": "https://x/", "length": 12}}, {"a": "https://x/aa"}),
        ({"a": [1, 2]}, {"a": [{"b": 1}]}, {"a": [{"b": 1}]}),
    ],
)
def test_change_merges_objects_and_replaces_other_values(value: Any, change: Any, result: Any) -> None:
    before = json.dumps(value)
    assert changed(value, change) == result
    assert json.dumps(value) == before


# --- rules on several fields, without effect, or on several files

FILE = """
title: A page
page: https://docs.invalid/
request: {model: invented, prompt: A cat, audio_url: 'https://media.invalid/sound.mp3'}
rules:
"""


def read_rule(folder: Path, row: str) -> Any:
    """Return the rule of a file that has one row."""
    (folder / "invented.yaml").write_text(f"{FILE}  invented.rule:\n    says: The only rule.\n{row}", encoding="utf-8")
    [rule] = documented.load(folder).rules
    return rule


SMALLEST = {"model": "invented", "prompt": "A cat", "audio_url": "https://media.invalid/sound.mp3"}


def test_refusal_may_name_any_of_the_fields_of_a_rule(tmp_path: Path) -> None:
    rule = read_rule(tmp_path, "    field: [a, b.c]\n    rejects: [{a: 1, b: {c: 2}}]\n")
    assert (rule.fields, rule.field) == (("a", "b.c"), "a")
    assert rule.cases == (RequestCase({**SMALLEST, "a": 1, "b": {"c": 2}}, "invented", accepted=False),)


def test_rule_on_a_field_without_effect_has_requests_with_and_without_the_effect(tmp_path: Path) -> None:
    rule = read_rule(
        tmp_path, "    field: ratio\n    ignored: [{ratio: '1:1', image: x}]\n    accepts: [{ratio: '1:1'}]\n"
    )
    assert isinstance(rule, IgnoredRule)
    assert (rule.fields, rule.model) == (("ratio",), "invented")
    assert rule.ignored == ({**SMALLEST, "ratio": "1:1", "image": "x"},)
    assert rule.accepts == ({**SMALLEST, "ratio": "1:1"},)


def test_rule_on_a_task_that_fails_has_the_code_of_its_error(tmp_path: Path) -> None:
    rule = read_rule(tmp_path, "    field: draft\n    code: invalid_parameters\n    fails_later: [{draft: 1}]\n")
    assert isinstance(rule, FailsLaterRule)
    assert (rule.fields, rule.model, rule.code) == (("draft",), "invented", "invalid_parameters")
    assert (rule.fails_later, rule.accepts) == (({**SMALLEST, "draft": 1},), ())


def test_files_of_a_case_have_as_many_urls_as_there_are_files(tmp_path: Path) -> None:
    rule = read_rule(
        tmp_path,
        "    field: [audio_url, videos]\n"
        "    files:\n"
        "      accepts: [{seconds: 2}]\n"
        "      rejects: [{request: {duration: 5}, files: {videos: [{seconds: 2}, {seconds: 4}]}}]\n"
        "      cuts: [{request: {bindings: {image1: x}}, files: {bindings: [{fps: 30}]}}]\n",
    )
    assert isinstance(rule, FileRule)
    first, second = "https://media.invalid/1", "https://media.invalid/2"
    assert rule.cases == (
        FileCase({"audio_url": ({"seconds": 2},)}, {**SMALLEST, "audio_url": first}, "accepted"),
        FileCase(
            {"videos": ({"seconds": 2}, {"seconds": 4})},
            {**SMALLEST, "duration": 5, "videos": [first, second]},
            "rejected",
        ),
        FileCase({"bindings": ({"fps": 30},)}, {**SMALLEST, "bindings": {"image1": first}}, "cut"),
    )


# --- the table


def test_table_is_checked_and_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme, index = folder / "README.md", tmp_path / "rules.json"
    monkeypatch.setattr(rules_readme, "README", readme)
    monkeypatch.setattr(rule_index, "RULES", index)
    monkeypatch.setattr(editions, "names", Mock(return_value=editions.names(folder)))
    monkeypatch.setattr(editions, "load", partial(editions.load, folder=folder))
    monkeypatch.setattr(editions, "own_rules", partial(editions.own_rules, folder=folder))
    assert rules_readme.main([]) == 0
    assert rules_readme.main(["--check"]) == 0
    path = folder / "authentication.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("does not learn", "learns little of"), encoding="utf-8")
    assert rules_readme.main(["--check"]) == 1
    assert capsys.readouterr().err == f"{readme} is stale; run 'make rules'\n"
    assert rules_readme.main([]) == 0
    assert "learns little of" in readme.read_text(encoding="utf-8")
    assert rules_readme.main(["--check"]) == 0
    path.write_text("rules: []", encoding="utf-8")
    assert rules_readme.main(["--check"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
