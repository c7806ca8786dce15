"""Judges mutants one after another; `python -m mutation` runs several of these programs.

Each line of the input is a JSON task: the `kind` and `name` of a mutant, or the kind `clean` and a `seed` for the mock
as it is. Each line of the output is the JSON result of a task. Each task that runs a mock runs in a fork, since
importing everything takes longer than judging a mutant.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

import bundle
from contract_suite.checks.chosen_models import contract_of, rules_of
from contract_suite.checks.contract import Parts
from contract_suite.checks.kinds import kind_of
from contract_suite.coverage.rules import disagreeing_rules
from contract_suite.rules import documented
from contract_suite.rules.documented import Rules
from contract_suite.rules.kinds import BodyRule, ExchangeRule, ResponseRule, Rule
from contract_suite.session import broken
from evolink._contract import packaged_contract
from evolink_mock import MockServer
from mutation.behaviour import BehaviourMutant
from mutation.equivalent_mutants import EQUIVALENT
from mutation.response_middleware import ErrorFallback, WrappedMock
from mutation.wrong_behaviour import behaviour_mutants
from mutation.wrong_requests import RequestMutant, request_mutants
from mutation.wrong_responses import ResponseMutant, Rewritten, response_mutants

NOT_A_KIND = {"description", "x-fields", "x-inferred"}
"""The keys of every rule on several fields."""
MAX_SECONDS = 150  # for one task


@dataclass(frozen=True)
class RowMutant:
    """A contract that accepts other requests for one model, which is judged by the rules of that model alone."""

    request: RequestMutant
    model: str


Mutant = RequestMutant | ResponseMutant | BehaviourMutant | RowMutant


def whole_models(document: dict[str, Any], rules: Rules) -> list[str]:
    """Return the models whose rules are all written out, and the first with each kind of rule on several fields."""
    chosen = list(rules.written_models)
    known: set[str] = set()
    for model, variant in Parts.of(document).variants.items():
        kinds = {f"allOf {sorted(one.keys() - NOT_A_KIND)}" for one in variant.get("allOf", ())}
        kinds |= {
            key
            for key in ("x-ignored", "x-fails-later", "x-cut-after", "x-token-limit")
            if json.dumps(key) in json.dumps(variant)
        }
        if kinds - known and model not in chosen:
            chosen.append(model)
        known |= kinds
    return chosen


def models_with_other_responses(document: dict[str, Any]) -> list[str]:
    """Return the first model of each condition on responses that holds for the models that it lists."""
    schemas = document["components"]["schemas"]
    conditions = [
        one["if"]["properties"]["model"] for name in ("CreatedTask", "Task") for one in schemas[name]["allOf"]
    ]
    return list(dict.fromkeys(one["not"]["enum"][0] for one in conditions if "not" in one))


@dataclass
class Result:
    """The result of a task.

    Attributes:
        caught_by: the ids of the rules that caught the mutant; for the clean mock, of all broken rules.
        equivalent: why the mutant does nothing wrong; empty if that is not known.
        problem: why a verdict is impossible; empty if there is one.
    """

    caught_by: list[str] = field(default_factory=list[str])
    equivalent: str = ""
    problem: str = ""


class Judge:
    """Judges mutants by the documented rules. It holds the rules, the contract and all mutants.

    A few mutants are judged as a whole mock: those of the models whose rules are all written out, and those of rules on
    several fields of the first model with each kind of them. All others are judged by the rules of their model alone,
    so that the time hardly grows with the number of models.

    Attributes:
        document: The contract of the few models.
        rules: The rules of the few models, and those that are not about certain models.
        all_rules: The rules of all models.
    """

    def __init__(self) -> None:
        self._all_models = bundle.bundle()
        self.all_rules = documented.load()
        models = whole_models(self._all_models, self.all_rules)
        self._alone: dict[str, tuple[dict[str, Any], list[Rule]]] = {}
        self.document = contract_of(self._all_models, models)
        self.rules = rules_of(self.all_rules, models)

    @cached_property
    def _about(self) -> dict[str, list[Rule]]:
        """The rules on each model."""
        about: dict[str, list[Rule]] = {}
        for rule in self.all_rules.rules:
            for model in kind_of(rule).models(rule):
                about.setdefault(model, []).append(rule)
        return about

    @cached_property
    def parts(self) -> Parts:
        """The contract, split into the parts that rules refer to."""
        return Parts.of(self.document)

    @cached_property
    def mutants(self) -> dict[str, dict[str, Mutant]]:
        """Every mutant that is judged as a whole mock, by its kind and name."""
        return {
            "requests": {mutant.name: mutant for mutant in self._request_mutants()},
            "responses": {mutant.name: mutant for mutant in response_mutants(self.document)},
            "behaviour": {mutant.name: mutant for mutant in behaviour_mutants()},
        }

    @cached_property
    def row_mutants(self) -> dict[str, Mutant]:
        """Every mutant that is judged by the rules of its model, by its name."""
        return dict(self._row_mutants())

    def prepare(self) -> None:
        """Load what every mock and every run of the suite needs, so that no fork has to."""
        broken(self.rules.only([]), MockServer)
        _ = self.mutants, self.parts

    def _request_mutants(self) -> Iterator[RequestMutant]:
        """Yield every mutant that is judged as a whole mock."""
        yield from request_mutants(contract_of(self._all_models, self.all_rules.written_models))
        for mutant in request_mutants(self.document):
            if mutant.is_about_several_fields:
                yield mutant

    def _row_mutants(self) -> Iterator[tuple[str, Mutant]]:
        judged = {mutant.name for mutant in self._request_mutants()}
        for model in self.all_rules.requests:
            for mutant in request_mutants(contract_of(self._all_models, [model])):
                if mutant.name not in judged:
                    judged.add(mutant.name)
                    yield mutant.name, RowMutant(mutant, model)

    def result(self, task: dict[str, Any]) -> Result:
        """Run a task. A behaviour mutant changes the mock in this process for good."""
        if task["kind"] == "clean":
            return Result(broken(self.clean_rules(task["seed"]), MockServer, task["seed"]))
        mutants = self.row_mutants if task["kind"] == "rows" else self.mutants[task["kind"]]
        mutant = mutants[task["name"]]
        match mutant:
            case RowMutant():
                return self._judge_rows(mutant)
            case RequestMutant():
                return self._judge_requests(mutant)
            case ResponseMutant():
                return self._judge_responses(mutant)
            case BehaviourMutant():
                return self._judge_behaviour(mutant)

    def clean_rules(self, seed: int) -> Rules:
        """Return the rules by which the mock as it is is judged: with one further model for each seed, in turn."""
        written = self.all_rules.written_models
        others = [model for model in self.all_rules.requests if model not in written]
        return rules_of(self.all_rules, [*written, *(others[seed % len(others) :][:1] if others else ())])

    def _judge_rows(self, mutant: RowMutant) -> Result:
        """Judge by whether a rule of the model disagrees with the changed contract. No request is sent."""
        if mutant.request.inert:
            return Result(equivalent=mutant.request.inert)
        document, rules = self.alone(mutant.model)
        changed = mutant.request.apply_to(document)
        return Result(list(islice(disagreeing_rules(rules, Parts.of(document), Parts.of(changed)), 1)))

    def alone(self, model: str) -> tuple[dict[str, Any], list[Rule]]:
        """Return the contract of one model, and the rules on the model without their cases for other models."""
        if model not in self._alone:  # many mutants of a model are judged one after another
            rules = rules_of(self.all_rules.only(self._about.get(model, ())), [model])
            self._alone[model] = contract_of(self._all_models, [model]), list(rules.rules)
        return self._alone[model]

    def _judge_requests(self, mutant: RequestMutant) -> Result:
        """Judge by the rules that disagree with the mutant's contract, and by all rules if none of those is broken."""
        if mutant.inert:
            return Result(equivalent=mutant.inert)
        changed, rules = mutant.apply_to(self.document), self._rules_on_model(mutant)
        breaks = set(disagreeing_rules(rules.rules, self.parts, Parts.of(changed)))
        serve = partial(WrappedMock, partial(ErrorFallback, document=changed), changed)
        chosen = rules.only(rule for rule in rules.rules if rule.id in breaks)
        caught_by = broken(chosen, serve) if breaks else []
        if not caught_by:
            caught_by = [rule for rule in broken(rules, serve) if rule in breaks or not breaks]
        return _unless_listed(mutant.name, caught_by)

    def _rules_on_model(self, mutant: RequestMutant) -> Rules:
        """Return the rules without those on models that a mutant leaves as they are.

        A run tries the rules that are about all models for a few of them, perhaps not for the changed one.
        """
        schema = "/".join(("#", *map(str, mutant.place[:3])))
        models = [model for model, reference in packaged_contract().references.items() if reference == schema]
        return rules_of(self.rules, models) if models else self.rules

    def _judge_responses(self, mutant: ResponseMutant) -> Result:
        """Judge by the rules about the responses that it changes, then by all rules, on further models, too."""
        caught_by: list[str] = []
        middlewares: list[Rewritten] = []

        def middleware(app: ASGIApp) -> Rewritten:
            middlewares.append(Rewritten(app, mutant, self.document))
            return middlewares[-1]

        for rules in (
            self.rules.only(self._rules_about(mutant)),
            rules_of(self.all_rules, self.all_rules.written_models),
            rules_of(self.all_rules, models_with_other_responses(self.document)),
        ):
            caught_by = caught_by or broken(rules, partial(WrappedMock, middleware))
        if problem := next((one.problem for one in middlewares if one.problem), ""):
            return Result(problem=problem)
        if any(one.wrong for one in middlewares):
            return _unless_listed(mutant.name, caught_by)
        # Then the mutant is not why a rule is broken.
        allowed = sum(one.allowed for one in middlewares)
        reason = EQUIVALENT.get(mutant.name, "")
        problem = "" if reason else f"the mutant made no response wrong; it changed {allowed} that stayed right"
        return Result(equivalent=reason, problem=problem)

    def _rules_about(self, mutant: ResponseMutant) -> list[Rule]:
        names = mutant.responses(self.document)
        chosen: list[Rule] = []
        for rule in self.rules.rules:
            match rule:
                case BodyRule() if mutant.at is None and names.intersection(rule.responses):
                    chosen.append(replace(rule, responses=tuple(name for name in rule.responses if name in names)))
                case ResponseRule() if mutant.at is not None:
                    chosen.append(rule)
                case ExchangeRule() if mutant.at is not None:
                    chosen.append(rule)
                case _:
                    pass
        return chosen

    def _judge_behaviour(self, mutant: BehaviourMutant) -> Result:
        """Judge by the rules that it should break, of which one must be broken."""
        mutant.apply()
        caught_by = broken(self.rules_broken_by(mutant), MockServer)
        return Result(caught_by) if caught_by else Result(problem=f"{mutant.rule} is not broken")

    def rules_broken_by(self, mutant: BehaviourMutant) -> Rules:
        """Return the rules that a mutant should break: among those of the few models, or else among all rules."""
        for rules in (self.rules, self.all_rules):
            chosen = rules.only(rule for rule in rules.rules if mutant.breaks(rule.id))
            if chosen.rules:
                return chosen
        raise LookupError(f"the mutant {mutant.name!r} breaks {mutant.rule}, which is not a documented rule")


def _unless_listed(name: str, caught_by: list[str]) -> Result:
    """Return which rules caught a mutant. A problem if it is listed as equivalent although rules caught it."""
    reason = EQUIVALENT.get(name, "")
    if reason and caught_by:
        return Result(problem=f"the mutant is listed as equivalent but breaks {', '.join(caught_by)}")
    return Result(caught_by, reason)


def run_in_fork(judge: Judge, task: dict[str, Any]) -> dict[str, Any]:
    """Run a task in a process of its own; return the task, its result and the seconds it took.

    A task that sends no request changes nothing in this process, and runs here.
    """
    start = time.monotonic()
    if task["kind"] == "rows":
        try:
            judged = judge.result(task)
        except Exception as error:  # noqa: BLE001 - the tasks that follow are judged all the same
            judged = Result(problem=f"judging failed: {type(error).__name__}: {error}")
        return task | vars(judged) | {"seconds": round(time.monotonic() - start, 2)}
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        folder = Path(name)
        child = os.fork()
        if child == 0:
            _run_and_exit(judge, task, folder)
        _, status = os.waitpid(child, 0)
        file = folder / "result.json"
        if file.exists():
            result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        else:
            code = os.waitstatus_to_exitcode(status)
            output = (folder / "output").read_text(encoding="utf-8", errors="replace")[-500:]
            result = vars(Result(problem=f"judging ended with exit code {code}: {output}"))
    return task | result | {"seconds": round(time.monotonic() - start, 2)}


def _run_and_exit(judge: Judge, task: dict[str, Any], folder: Path) -> None:
    """Run a task, write its result into a folder, and end the process."""
    signal.alarm(MAX_SECONDS)
    code = 1
    try:
        with (folder / "output").open("wb") as file:
            os.dup2(file.fileno(), sys.stdout.fileno())
            os.dup2(file.fileno(), sys.stderr.fileno())
        text = json.dumps(vars(judge.result(task)))
        part = folder / "result.part"
        part.write_text(text, encoding="utf-8")
        part.replace(folder / "result.json")
        code = 0
    except BaseException:  # noqa: BLE001 - the process ends here
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def main() -> None:
    """Run each task of the input, and print its result."""
    judge = Judge()
    judge.prepare()
    for line in sys.stdin:
        print(json.dumps(run_in_fork(judge, json.loads(line))), flush=True)  # noqa: T201 - the program's output


if __name__ == "__main__":
    main()
