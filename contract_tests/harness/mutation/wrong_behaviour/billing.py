"""Mocks that reserve or charge wrong amounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from evolink_mock.domain.billing import BillingRules, Length
from evolink_mock.domain.tasks import Task, TaskSpec, TaskStore
from mutation.behaviour import Original, mutant

CREATE = "evolink_mock.domain.tasks.TaskStore.create"
BILL = "evolink_mock.domain.tasks.TaskStore.bill"
RATE = "evolink_mock.domain.billing.BillingRules.rate"
INPUT_SECONDS = "evolink_mock.domain.billing.BillingRules.input_seconds"
RESERVED_SECONDS = "evolink_mock.domain.billing.BillingRules.reserved_seconds"

Fields = dict[str, Any]


@mutant("every task reserves 5 seconds", breaks="wan26.billing.reserved", replaces=CREATE)
def _(original: Original, store: TaskStore, spec: TaskSpec) -> Task:
    task: Task = original(store, spec._replace(charge=replace(spec.charge, seconds=5)))
    return task


@mutant("the video is shorter than charged", breaks="wan26.billing.settled", replaces=CREATE)
def _(original: Original, store: TaskStore, spec: TaskSpec) -> Task:
    task: Task = original(store, spec._replace(video=spec.video._replace(seconds=spec.video.seconds - 1)))
    return task


@mutant("a failed task is charged", breaks="wan26.billing.only-on-success", replaces=BILL)
def _(original: Original, store: TaskStore, task: Task) -> dict[str, Any]:
    bill: dict[str, Any] = original(store, task)
    if bill["settled"]:
        bill["settled"].update(bill["reserved"])
    return bill


@mutant("callbacks are sent before billing", breaks="callback.after-billing", replaces=BILL)
def _(original: Original, store: TaskStore, task: Task) -> dict[str, Any]:
    bill: dict[str, Any] = original(store, task)
    is_too_early = bill["settled"] and store.clock.elapsed() < bill["settled"]["at"] + 2
    return {**bill, "settled": None} if is_too_early else bill


@mutant("1080p costs the same", breaks="wan26.billing.dearer-1080p", replaces=RATE)
def _(original: Original, rules: BillingRules, request: Fields, defaults: Fields) -> Any:
    return original(rules, {name: value for name, value in request.items() if name != "quality"}, defaults)


@mutant("sound costs nothing", breaks="wan26.billing.dearer-sound", replaces=RATE)
def _(original: Original, rules: BillingRules, request: Fields, defaults: Fields) -> Any:
    return original(rules, {name: value for name, value in request.items() if name != "generate_audio"}, defaults)


@mutant("two videos are capped like one", breaks="wan26.billing.input-two-videos", replaces=INPUT_SECONDS)
def _(original: Original, rules: BillingRules, lengths: Sequence[float]) -> Any:
    one, _, three = rules.input_caps
    return original(rules._replace(input_caps=(one, one, three)), lengths)


@mutant("three videos are capped at 1.66 s", breaks="wan26.billing.input-three-videos", replaces=INPUT_SECONDS)
def _(original: Original, rules: BillingRules, lengths: Sequence[float]) -> Any:
    one, two, _ = rules.input_caps
    return original(rules._replace(input_caps=(one, two, 1.66)), lengths)


@mutant("input is billed without a cap", breaks="wan26.billing.input-one-video", replaces=INPUT_SECONDS)
def _(_: Original, __: BillingRules, lengths: Sequence[float]) -> float:
    return sum(lengths)


@mutant("all videos share one cap", breaks="wan26.billing.input-two-videos", replaces=INPUT_SECONDS)
def _(original: Original, rules: BillingRules, lengths: Sequence[float]) -> Any:
    return original(rules, [sum(lengths), *[0] * (len(lengths) - 1)] if lengths else lengths)


@mutant("input costs nothing", breaks="*.billing.input", replaces=INPUT_SECONDS)
def _(_: Original, __: BillingRules, ___: Sequence[float]) -> float:
    return 0


@mutant(
    "no value of a field changes the price", breaks="*.billing.dearer-*", replaces="evolink_mock.domain.billing._factor"
)
def _(_: Original, __: Fields, ___: Fields) -> Decimal:
    return Decimal(1)


@mutant("an automatic length reserves 5 seconds", breaks="*.billing.reserved-automatic", replaces=RESERVED_SECONDS)
def _(original: Original, rules: BillingRules, request: Fields, defaults: Fields, lengths: Sequence[float]) -> Any:
    short = rules._replace(reserved_values=dict.fromkeys(rules.reserved_values, 5))
    return original(short, request, defaults, lengths)


@mutant(
    "a short input is charged as it is",
    breaks="kling-o1-video-edit.billing.reserved",
    replaces="evolink_mock.domain.billing.Length.bounded",
)
def _(original: Original, length: Length, seconds: float) -> Any:
    return original(length._replace(least=0), seconds)
