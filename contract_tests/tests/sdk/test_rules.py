"""The SDK complies with every documented rule, and the suite detects an SDK that does not."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx
import pytest

from contract_suite.checks.judging import sdk_stance, sdk_stances
from contract_suite.checks.sdk import Sdk
from contract_suite.rules.editions import BASE
from contract_suite.rules.kinds import (
    BillingRule,
    BodyRule,
    ExchangeRule,
    FileRule,
    RequestRule,
    SurchargeRule,
)
from contract_suite.rules.operations import UPLOADS
from contract_suite.session import documented_rules
from evolink import InvalidCallback, InvalidRequest, Violation, media
from evolink.billing import Estimate, estimate
from evolink.errors import EvoLinkError
from tests import few_models

RULES, FEW = documented_rules(BASE), few_models.rules()
BY_ID = {rule.id: rule for rule in RULES.rules}


def test_sdk_complies_with_every_rule() -> None:
    sdk = Sdk()
    few = {rule.id: rule for rule in FEW.rules}  # rules on all models are checked for a few of them
    differences = {rule.id: sdk_stance(few.get(rule.id, rule), sdk).differences for rule in RULES.rules}
    assert {rule_id: lines for rule_id, lines in differences.items() if lines} == {}


def test_role_of_the_sdk_in_each_kind_of_rule_is_correct() -> None:
    sdk = Sdk()
    roles = {
        rule_id: sdk_stance(BY_ID[rule_id], sdk).role
        for rule_id in (
            "wan25.prompt.required", "wan25.prompt.too-long", "wan25.image.alpha", "wan26.billing.input-one-video",
            "wan26.billing.dearer-1080p", "task.error.retry", "files.host", "task.id.type",
            "task.status.values", "auth.create.key-required", "wan26.quality.default", "files.url.media",
            "files.link", "callback.retries", "files.upload_path.type",
        )
    }  # fmt: skip
    assert roles == {
        "wan25.prompt.required": "enforces", "wan25.prompt.too-long": "enforces", "wan25.image.alpha": "enforces",
        "wan26.billing.input-one-video": "enforces", "wan26.billing.dearer-1080p": "enforces",
        "task.error.retry": "enforces", "files.host": "enforces", "task.id.type": "enforces",
        "task.status.values": "reads", "auth.create.key-required": "reads",
        "wan26.quality.default": "leaves", "files.url.media": "leaves",
        "files.link": "none", "callback.retries": "none", "files.upload_path.type": "none",
    }  # fmt: skip
    assert "disagree" in sdk_stance(BY_ID["wan25.prompt.too-long"], sdk).why


def test_every_kind_of_charge_and_case_is_checked() -> None:
    charges = [case for rule in RULES.rules if isinstance(rule, BillingRule) for case in rule.cases]
    for kind in ("reserved_seconds", "settled_seconds", "billed_input_seconds"):
        assert any(getattr(case, kind) is not None for case in charges)
    sdk = Sdk()
    counts = Counter(sdk_stance(rule, sdk).role for rule in FEW.rules if isinstance(rule, RequestRule | FileRule))
    assert counts["enforces"] > 50
    assert any(isinstance(rule, SurchargeRule) for rule in RULES.rules)


def test_stances_of_the_same_rules_are_cached() -> None:
    prompts = FEW.only(rule for rule in FEW.rules if ".prompt." in rule.id)
    first, second = sdk_stances(prompts), sdk_stances(prompts)
    assert all(first[rule_id] is second[rule_id] for rule_id in first)
    assert "wan25.prompt.required" not in sdk_stances(prompts.without("wan25.prompt.required"))


# --- an SDK with errors


def refusing(field: str) -> Any:
    def refuse(body: Any, **_: Any) -> None:
        raise InvalidRequest([Violation(field, "type", None, repr(body), "no")])

    return refuse


def accepting(*_: Any) -> media.Judgement:
    return media.Judgement()


def nothing(*_: Any) -> tuple[()]:
    return ()


def wrong(**functions: Any) -> Sdk:
    """Return an SDK in which some functions are replaced."""
    sdk = Sdk()
    for name, function in functions.items():
        setattr(sdk, name, function)
    return sdk


def differences(rule_id: str, sdk: Sdk) -> tuple[str, ...]:
    return sdk_stance(BY_ID[rule_id], sdk).differences


def test_check_that_accepts_a_broken_rule_differs() -> None:
    sdk = Sdk()
    unchecked = sdk.submit
    sdk.submit = lambda body: unchecked({**body, "duration": 5})
    assert any(difference.startswith("sends") for difference in differences("wan25.duration.values", sdk))
    sdk = Sdk()
    sending = sdk.server.handle_request
    sdk.submit = lambda body: sending(httpx.Request("POST", "https://api.invalid/", json=body))
    for rule_id in ("wan25.duration.values", "wan26.prompt.too-long", "callback.url.not-10"):
        assert all(difference.startswith("sends {") for difference in differences(rule_id, sdk))
        assert differences(rule_id, sdk)
    assert differences("wan25.prompt.too-long", sdk), "a contested limit must cause a warning"


def test_check_that_refuses_a_valid_request_differs() -> None:
    sdk = wrong(submit=refusing("duration"))
    assert differences("wan25.smallest-request", sdk)
    assert all(difference.startswith("refuses") for difference in differences("wan25.prompt.max-length", sdk))


def test_check_that_names_another_field_differs() -> None:
    [first, *_] = differences("wan25.prompt.required", wrong(submit=refusing("duration")))
    assert first.startswith("refuses the fields duration of {")


def test_request_that_is_changed_before_sending_differs() -> None:
    sdk = Sdk()
    submit = sdk.submit
    sdk.submit = lambda body: submit({**body, "quality": "720p"})
    assert any(" instead of " in difference for difference in differences("wan26.smallest-request", sdk))


def test_media_check_that_accepts_everything_differs() -> None:
    sdk = wrong(judge=accepting)
    files = [rule for rule in FEW.rules if isinstance(rule, FileRule) and rule.subject not in UPLOADS]
    assert all(sdk_stance(rule, sdk).differences for rule in files)


@pytest.mark.parametrize("rule_id", ["wan26.billing.dearer-1080p", "wan26.billing.input-one-video"])
def test_estimate_that_refuses_a_valid_request_differs(rule_id: str) -> None:
    [difference] = differences(rule_id, wrong(estimate=refusing("duration")))
    assert difference.startswith("refuses a request of the rule: duration: no; it is {'model': ")


def test_wrong_estimate_differs() -> None:
    def wrong_estimate(request: Any, *, input_seconds: Any = None) -> Estimate:
        right = estimate(request, input_seconds=input_seconds)
        return Estimate(right.model, (right.reserved_seconds or 0) + 1, (right.input_seconds or 0) + 1, (), None)

    sdk = wrong(estimate=wrong_estimate)
    billing_rules = [rule for rule in FEW.rules if isinstance(rule, BillingRule | SurchargeRule)]
    right = {rule.id for rule in billing_rules if not sdk_stance(rule, sdk).differences}
    assert right == {rule.id for rule in billing_rules if rule.id.endswith(".billing.only-on-success")}
    assert sdk_stance(BY_ID["wan26.billing.only-on-success"], sdk).role == "none"


def test_parser_that_refuses_documented_responses_differs() -> None:
    def fail(*_: Any) -> Any:
        raise InvalidCallback("no")

    assert differences("task.status.values", wrong(parse=fail))
    assert differences("task.status.values", wrong(task=fail))
    assert differences("credits.remaining.type", wrong(credits=fail))
    assert differences("files.answer.body", wrong(upload=fail))


def test_parser_that_crashes_on_a_possible_response_differs() -> None:
    def crash(*_: Any) -> Any:
        raise KeyError("status")

    lines = differences("task.status.values", wrong(parse=crash))
    assert any(line.startswith("raises KeyError for callback") for line in lines)


def test_refusal_that_counts_as_success_differs() -> None:
    sdk = wrong(submit=nothing)
    assert differences("error.400", sdk)
    assert any(
        "treats a 401 of create_video_generation as a success" in line
        for line in differences("auth.create.key-required", sdk)
    )


def test_request_to_another_path_or_without_the_key_differs() -> None:
    sdk = Sdk()
    server = sdk.server
    sdk.credits = lambda: server.handle_request(httpx.Request("POST", "https://api.invalid/v2/credits"))
    lines = differences("credits.query", sdk)
    assert lines[:2] == ("sends POST /v2/credits for get_credits", "sends no bearer token to get_credits")
    sdk.upload = lambda _: server.handle_request(httpx.Request("POST", "https://api.invalid/"))
    assert len(differences("files.host", sdk)) == 3


def test_wrong_advice_differs() -> None:
    def wait(_: str) -> None:
        raise EvoLinkError("no")

    assert len(differences("task.error.retry", wrong(wait=wait))) > 5


def test_every_rule_on_responses_and_exchanges_notices_a_failing_sdk() -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError

    sdk = wrong(submit=fail, task=fail, credits=fail, upload=fail, parse=fail)
    affected = [rule for rule in FEW.rules if isinstance(rule, BodyRule | ExchangeRule)]
    assert [rule.id for rule in affected if not sdk_stance(rule, sdk).differences] == []
