"""The mock's verdicts: a refused request is told every documented rule that it breaks, and no other."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from contract_suite.core.exchanges import is_part
from contract_suite.reporting import rule_index, rules_readme
from contract_suite.rules import documented
from contract_suite.rules.kinds import ExchangeCase, ExchangeRule, RequestRule
from contract_suite.rules.operations import OPERATIONS as NAMED
from evolink_mock.contract.contract import CREATE, GET_TASK, OPERATIONS, UPLOAD_URL, Refusal, packaged_contract
from evolink_mock.contract.rule_lookup import Broken, Verdicts
from evolink_mock.http.bodies import parsed

RULES = documented.load()
CONTRACT = packaged_contract()
VERDICTS = Verdicts(CONTRACT)
REQUEST_RULES = [
    rule for rule in RULES.rules if isinstance(rule, RequestRule) and not set(rule.subjects).isdisjoint(CONTRACT.models)
]
EXCHANGE_RULES = [rule for rule in RULES.rules if isinstance(rule, ExchangeRule)]
FIELDS = ["callback_url", "duration", "image_urls", "prompt", "quality", "video_urls"]
UNBLAMED = {"auth.before-the-request"}
"""Rules on which of several things a refusal tells: such a request breaks the rules on those things."""


def by_id(rule: Any) -> str:
    return str(rule.id)


def bodies(rule: RequestRule, *, accepted: bool) -> list[Any]:
    return [case.body for case in rule.cases if case.subject in CONTRACT.models and case.accepted == accepted]


def named(broken: list[Broken]) -> list[str]:
    return [rule for one in broken for rule in one.rules]


# --- creates


@pytest.mark.parametrize("rule", [rule for rule in REQUEST_RULES if bodies(rule, accepted=False)], ids=by_id)
def test_request_is_told_the_rule_that_rejects_it(rule: RequestRule) -> None:
    for body in bodies(rule, accepted=False):
        broken = VERDICTS.of_create(body)
        assert rule.id in named(broken), body
        for one in broken:
            assert is_part(rule.field, one.field.partition("[")[0]), "nothing else is wrong with it"
            assert one.message.startswith(one.field) or one.field == "model"


@pytest.mark.parametrize("rule", [rule for rule in REQUEST_RULES if bodies(rule, accepted=True)], ids=by_id)
def test_request_that_a_rule_accepts_is_told_nothing(rule: RequestRule) -> None:
    for body in bodies(rule, accepted=True):
        assert VERDICTS.of_create(body) == []


def test_everything_that_is_wrong_is_told_once() -> None:
    body = {
        "model": "wan2.6-reference-video-flash",
        "video_urls": ["ftp://media.invalid/1.mp4", 2, 3, "ftp://media.invalid/4.mp4"],
        "duration": 1,
        "quality": 8,
        "model_params": {"shot_type": "triple"},
        "callback_url": "https://10.1.2.3/hook",
    }
    broken = sorted(VERDICTS.of_create(body), key=lambda one: one.field)
    assert [(one.field, *one.rules) for one in broken] == [
        ("callback_url", "callback.url.not-10"),
        ("duration", "wan26.duration.minimum"),
        ("model_params.shot_type", "wan26.shot_type.values"),
        ("prompt", "wan26.prompt.required"),
        ("quality", "wan26.quality.type"),
        ("video_urls", "wan26.video_urls.max-items"),
        ("video_urls[0]", "wan26.video_urls.http-or-https"),
        ("video_urls[1]", "wan26.video_urls.item-type"),
    ]
    assert broken[0].message == "callback_url: the value is banned: The network 10/8."
    assert broken[3].message == "prompt: is required."


def test_field_that_the_answer_blames_is_told_of() -> None:
    for rule in REQUEST_RULES:
        for body in bodies(rule, accepted=False):
            with pytest.raises(Refusal) as refused:
                CONTRACT.check_create(body)
            assert refused.value.body["error"]["param"] in {one.field for one in VERDICTS.of_create(body)}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ["wan25.model.required", "wan26.model.required"]),
        ({"model": None}, ["wan25.model.type", "wan26.model.type"]),
        ({"model": ["wan2.5-image-to-video"]}, ["wan25.model.type", "wan26.model.type"]),
        ({"model": "\ud800"}, ["request.unknown-model", "wan25.model.value", "wan26.model.value"]),
        ([], ["request.object"]),
        (None, ["request.object"]),
        ("\ud800", ["request.object"]),
    ],
)
def test_request_that_is_for_no_model_is_told_so_alone(body: Any, expected: list[str]) -> None:
    [broken] = VERDICTS.of_create(body)
    assert list(broken.rules) == expected


def test_request_under_another_contract_is_told_what_no_rule_says(contract: dict[str, Any]) -> None:
    changed = json.loads(json.dumps(contract))
    changed["components"]["schemas"]["Wan25ImageToVideo"]["properties"]["prompt"]["minLength"] = 5
    verdicts = Verdicts(type(CONTRACT)(changed))
    body = RULES.requests["wan2.5-image-to-video"] | {"prompt": "cat"}
    assert verdicts.of_create(body) == [Broken((), "prompt", "prompt: the value is shorter than 5 characters.")]


# --- hostile ones


def test_no_verdict_holds_what_the_caller_wrote() -> None:
    secret = secrets.token_hex(800)
    values: list[Any] = [secret, [secret], {secret: secret}, [{secret: secret}], f"https://10.0.0.1/{secret}", None, 5]
    for model, request in RULES.requests.items():
        if model in CONTRACT.models:
            for value in values:
                body = dict.fromkeys(
                    ["callback_url", "duration", "image_urls", "prompt", "quality", "video_urls"], value
                )
                broken = VERDICTS.of_create(request | body)
                assert len(broken) > 2
                assert secret[:8] not in repr(broken)
    assert secret[:64] not in repr(VERDICTS.of_create({"model": secret}))


@pytest.mark.parametrize(
    "text",
    [
        '"prompt": "\\ud800"',
        '"\\udfff": 1',
        '"made_up": ["\\ud800"]',
        '"made_up": ' + "[" * 900 + "]" * 900,
        '"prompt": ' + "[" * 200 + "]" * 200,
        '"made_up": ' + "[" * 100_000 + "]" * 100_000,
        '"duration": 1e999',
        '"duration": -' + "9" * 4000,
        '"duration": ' + "9" * 5000,
        '"duration": 5.0000000000000000001e-400',
        '"image_urls": [' + ", ".join(["5"] * 100_000) + "]",
        '"callback_url": "https://10.1.1.1/' + "a" * 100_000 + '"',
        '"callback_url": "https://[\\u0000"',
        '"": {}',
        '"prompt": "' + "猫" * 100_000 + '"',
    ],
    ids=lambda text: text[:24],
)
def test_hostile_request_gets_a_verdict_of_bounded_size(text: str) -> None:
    request = json.dumps(RULES.requests["wan2.5-image-to-video"])
    content = f"{request[:-1]}, {text}}}".encode()
    refusal = CONTRACT.refusal(CREATE, 400)
    broken = VERDICTS.of_refusal(CREATE, refusal, content)
    assert 1 <= len(broken) <= 3
    assert len(repr(broken)) < 2000


# --- refusals of other kinds


def refused(case: ExchangeCase) -> list[Broken]:
    """Return the verdict on a request that differs in some way from a valid one."""
    method, path = NAMED[case.operation]
    operation = (path, method.lower())
    content = case.text.encode() if case.text is not None else None
    if case.body:
        content = json.dumps(case.body[0]).encode()
    return VERDICTS.of_refusal(operation, CONTRACT.refusal(operation, case.code or case.status), content)


@pytest.mark.parametrize(
    ("rule_id", "case"),
    [
        (rule.id, case)
        for rule in EXCHANGE_RULES
        for case in rule.cases
        if case.status >= 400 and rule.id not in UNBLAMED
    ],
)
def test_refusal_is_told_its_rule(rule_id: str, case: ExchangeCase) -> None:
    assert rule_id in named(refused(case))


def test_rule_on_the_order_of_checks_is_never_told() -> None:
    cases = [case for rule in EXCHANGE_RULES for case in rule.cases if case.status >= 400]
    told = {rule_id for case in cases for rule_id in named(refused(case))}
    assert {rule.id for rule in EXCHANGE_RULES} - told == UNBLAMED | {"credits.query"}


def test_refusal_is_told_in_the_words_of_its_answer() -> None:
    assert VERDICTS.of_refusal(GET_TASK, CONTRACT.refusal(GET_TASK, 400)) == [
        Broken(("task.query.id-form",), "task_id", "Invalid task ID format")
    ]
    unfetched = CONTRACT.refusal(UPLOAD_URL, 40004, message="The file could not be fetched.")
    assert VERDICTS.of_refusal(UPLOAD_URL, unfetched, b"{}") == [
        Broken(("files.url.source",), "", "The file could not be fetched.")
    ]


@pytest.mark.parametrize("status", [402, 403, 429, 500, 502, 503])
def test_refusal_that_is_not_the_fault_of_the_request_is_told_no_rule(status: int) -> None:
    [broken] = VERDICTS.of_refusal(CREATE, CONTRACT.refusal(CREATE, status), b"{}")
    assert broken.rules == ()


@pytest.mark.parametrize("status", [400, 404])
def test_valid_request_that_is_refused_all_the_same_is_told_no_rule(status: int) -> None:
    content = json.dumps(RULES.requests["wan2.5-image-to-video"]).encode()
    [broken] = VERDICTS.of_refusal(CREATE, CONTRACT.refusal(CREATE, status), content)
    assert broken.rules == ()


# --- what they go by


def test_every_place_and_every_refusal_names_rules_that_there_are() -> None:
    known = json.loads(rule_index.RULES.read_text(encoding="utf-8"))
    assert set(known["fields"]) == set(CONTRACT.models)
    assert set(known["refusals"]) == {CONTRACT.id_of(operation) for operation in OPERATIONS}
    places = [ids for fields in known["fields"].values() for keywords in fields.values() for ids in keywords.values()]
    situations = [ids for refusals in known["refusals"].values() for ids in refusals.values()]
    assert all(places)
    assert all(situations)
    assert {rule_id for ids in [*places, *situations] for rule_id in ids} <= {rule.id for rule in RULES.rules}


def test_place_that_two_rules_share_has_both_the_one_with_fewer_places_first() -> None:
    wide, narrow = {("a", "type"), ("a", "enum")}, {("a", "enum")}
    assert rule_index.allotted({"wide": [wide - narrow, narrow], "narrow": [narrow]}) == {
        "wide": wide,
        "narrow": narrow,
    }
    assert rule_index.allotted({"both": [wide], "narrow": [narrow]}) == {"both": wide - narrow, "narrow": narrow}
    assert rule_index.allotted({"same": [narrow], "narrow": [narrow]}) == {"same": narrow, "narrow": narrow}
    assert rule_index.allotted({"never": []}) == {"never": set()}


def test_file_is_checked_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rules.json"
    monkeypatch.setattr(rule_index, "RULES", path)
    assert rules_readme.main(["--check"]) == 1
    assert capsys.readouterr().err == f"{path} is stale; run 'make rules'\n"
    assert rules_readme.main([]) == 0
    assert parsed(path.read_bytes())["fields"].keys() == set(CONTRACT.models)
    assert rules_readme.main(["--check"]) == 0
    path.write_text("{}", encoding="utf-8")
    assert rules_readme.main(["--check"]) == 1
