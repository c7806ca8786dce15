"""The kinds of rules: one module for each, with what each stage of a run does for rules of that kind."""

from __future__ import annotations

from typing import Any

from contract_suite.checks.kinds.base import Kind
from contract_suite.checks.kinds.billing import BillingKind
from contract_suite.checks.kinds.body import BodyKind
from contract_suite.checks.kinds.delivery import DeliveryKind
from contract_suite.checks.kinds.exchange import ExchangeKind
from contract_suite.checks.kinds.fails_later import FailsLaterKind
from contract_suite.checks.kinds.file import FileKind
from contract_suite.checks.kinds.generated import GeneratedKind, GeneratedRule
from contract_suite.checks.kinds.ignored import IgnoredKind, TokenLimitKind
from contract_suite.checks.kinds.known_fields import KnownFieldsKind, KnownFieldsRule
from contract_suite.checks.kinds.lifecycle import LifecycleKind
from contract_suite.checks.kinds.request import RequestKind
from contract_suite.checks.kinds.response import ResponseKind
from contract_suite.checks.kinds.surcharge import SurchargeKind
from contract_suite.checks.kinds.unobservable import UnobservableKind
from contract_suite.checks.kinds.wire import WireKind, WireRule
from contract_suite.rules.kinds import (
    BillingRule,
    BodyRule,
    DeliveryRule,
    ExchangeRule,
    FailsLaterRule,
    FileRule,
    IgnoredRule,
    LifecycleRule,
    RequestRule,
    ResponseRule,
    Rule,
    SurchargeRule,
    TokenLimitRule,
    UnobservableRule,
)

KINDS: dict[type[Rule], Kind[Any]] = {
    RequestRule: RequestKind(),
    IgnoredRule: IgnoredKind(),
    TokenLimitRule: TokenLimitKind(),
    FailsLaterRule: FailsLaterKind(),
    FileRule: FileKind(),
    ExchangeRule: ExchangeKind(),
    ResponseRule: ResponseKind(),
    BodyRule: BodyKind(),
    LifecycleRule: LifecycleKind(),
    DeliveryRule: DeliveryKind(),
    BillingRule: BillingKind(),
    SurchargeRule: SurchargeKind(),
    UnobservableRule: UnobservableKind(),
    GeneratedRule: GeneratedKind(),
    KnownFieldsRule: KnownFieldsKind(),
    WireRule: WireKind(),
}


def kind_of(rule: Rule) -> Kind[Any]:
    """Return the kind of a rule."""
    return KINDS[type(rule)]
