"""Requests that only our own mock understands: every documented response and outcome on demand, and bills."""

from __future__ import annotations

import io
from itertools import cycle

import av
import httpx
from av.error import FFmpegError

from contract_suite.checks.planning import needed_responses
from contract_suite.checks.record import Bill
from contract_suite.checks.sending import Sender
from contract_suite.core.exchanges import Request, member, smallest, upload
from contract_suite.core.rotation import rotating
from contract_suite.rules.kinds import BillingCase, BillingRule
from contract_suite.rules.operations import CALLBACK, CREATE, GET_CREDITS, GET_TASK, UPLOAD_URL, UPLOADS
from evolink_mock.contract.compiled_contract import packaged_contract

CALLBACK_URL = "https://your-domain.com/webhooks/video-task-completed"

BilledTask = tuple[BillingRule, BillingCase, str]
"""A rule, its case, and the id of the task that was created for the case."""


def provoke_responses(sender: Sender, file_url: str) -> None:
    """Request every documented response, and every outcome of a task, that a rule is about.

    Args:
        sender: The sender.
        file_url: The URL of a file that uploads by URL can fetch.
    """
    rules = sender.rules
    needed = needed_responses(rules)
    for name in rules.samples:
        operation, _, status = name.partition(" ")
        if name in needed and (status or operation in {GET_CREDITS, *UPLOADS}):
            request = smallest(operation, rules, {"prefer": f"code={status}"} if status else None)
            if name == UPLOAD_URL:
                request = upload(name, {"file_url": file_url})
            sender.add(sender.target.send(operation, request, "uploads" if operation in UPLOADS else "refused"))
    if needed & {CREATE, GET_TASK, CALLBACK}:
        _create_outcomes(sender)


def _create_outcomes(sender: Sender) -> None:
    outcomes = [
        *["outcome=completed"] * len(sender.rules.requests),
        "outcome=cancelled",
        *(f"outcome=failed; code={code}" for code in packaged_contract(sender.rules.edition_name).task_error_codes),
    ]
    for outcome, request in zip(outcomes, cycle(sender.rules.requests.values()), strict=False):
        sender.create({**request, "callback_url": CALLBACK_URL}, {"prefer": outcome})


def create_billed_tasks(sender: Sender) -> list[BilledTask]:
    """Create a task for every case of the billing rules."""
    tasks: list[BilledTask] = []
    for rule in sender.rules.of_kind(BillingRule):
        for case in rule.cases:
            preference = f"outcome={case.outcome}"
            if case.input_seconds:
                preference += f', input-seconds="{", ".join(map(str, case.input_seconds))}"'
            exchange = sender.create(case.request, {"prefer": preference})
            tasks.append((rule, case, exchange.task_id or ""))
    return tasks


def read_bills(sender: Sender, tasks: list[BilledTask], seed: int) -> None:
    """Record the bill of every task, and the length of its video where the case has a settled charge.

    The videos of a few models are enough, because the mock makes those of all models alike. Each takes half a second.
    """
    tried = rotating(list(sender.rules.requests), seed)
    for rule, case, task_id in tasks:
        exchange = sender.target.send("", Request("GET", f"/_mock/billing/{task_id}", {}), "read")
        watched = case.settled_seconds and not case.settled_on_input and rule.model in tried
        produced = (_produced_seconds(sender, task_id),) if watched else ()
        sender.record.bills[rule.id].append(Bill(case, exchange, produced))


def _produced_seconds(sender: Sender, task_id: str) -> float | None:
    """Download the video of a task and return its length. None if the task has no video."""
    results = member(sender.query(task_id).json, "results")
    if not results:
        return None
    video = httpx.get(results[0], trust_env=False, timeout=30, verify=sender.target.encrypted)
    try:
        with av.open(io.BytesIO(video.content), mode="r") as container:
            return round((container.duration or 0) / av.time_base, 1)
    except FFmpegError:
        return None
