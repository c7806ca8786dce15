"""Judges mutants one after another; see `score.py`, which runs several of these programs.

A task comes as JSON on a line of the input: the `kind` and the `name` of a mutant, or the kind `clean` and a `seed`;
the result goes as JSON to a line of the output. Each task is done in a process of its own, forked from this one, which
has loaded everything already; that takes longer than a judgement.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

import bundle
from contract_suite.checks.contract import Parts
from contract_suite.coverage.rules import noticing
from contract_suite.rules import documented
from contract_suite.rules.kinds import BodyRule, ExchangeRule, ResponseRule, Rule
from contract_suite.session import broken
from evolink_mock import MockServer
from mutation.response_middleware import Coping, WrappedMock
from mutation.wrong_behaviour import BehaviourMutant, behaviour_mutants
from mutation.wrong_requests import RequestMutant, request_mutants
from mutation.wrong_responses import ResponseMutant, Rewritten, response_mutants

SECONDS = 150  # that a task may take

Mutant = RequestMutant | ResponseMutant | BehaviourMutant


@dataclass
class Result:
    """What came of a task.

    Attributes:
        caught_by: the ids of rules that the mutant breaks and that are broken; of any rule, for a clean mock.
        equivalent: the proof that the mutant does nothing wrong; empty if there is none.
        problem: why nothing can be said; empty if something can.
    """

    caught_by: list[str] = field(default_factory=list[str])
    equivalent: str = ""
    problem: str = ""


class Judge:
    """The rules, the contract and the mutants that are derived from it."""

    def __init__(self) -> None:
        self.document = bundle.bundle()
        self.rules = documented.load()

    @cached_property
    def parts(self) -> Parts:
        """The contract, taken apart."""
        return Parts.of(self.document)

    @cached_property
    def mutants(self) -> dict[str, dict[str, Mutant]]:
        """Every mutant by its kind and name."""
        return {
            "requests": {mutant.name: mutant for mutant in request_mutants(self.document)},
            "answers": {mutant.name: mutant for mutant in response_mutants(self.document)},
            "behaviour": {mutant.name: mutant for mutant in behaviour_mutants()},
        }

    def result(self, task: dict[str, Any], folder: Path) -> Result:
        """Do a task; what it takes to do it is put into a folder."""
        if task["kind"] == "clean":
            return Result(broken(self.rules, MockServer, task["seed"]))
        mutant = self.mutants[task["kind"]][task["name"]]
        match mutant:
            case RequestMutant():
                return self._of_requests(mutant)
            case ResponseMutant():
                return self._of_responses_(mutant)
            case BehaviourMutant():
                return self._of_behaviour(mutant, folder)

    def _of_requests(self, mutant: RequestMutant) -> Result:
        """Judge by the rules that disagree with the mutant's contract, and if need be by all."""
        if why := mutant.evident(self.document):
            return Result(equivalent=why)
        changed = mutant.of(self.document)
        breaks = set(noticing(self.rules, self.parts, Parts.of(changed)))
        serve = partial(WrappedMock, partial(Coping, document=changed), changed)
        chosen = self.rules.only(rule for rule in self.rules.rules if rule.id in breaks)
        found = broken(chosen, serve) if breaks else []
        if not found:
            found = [rule for rule in broken(self.rules, serve) if rule in breaks or not breaks]
        return Result(found, "" if found else mutant.equivalent(self.document))

    def _of_responses_(self, mutant: ResponseMutant) -> Result:
        """Judge by the rules that speak of the answers it changes, and if need be by all."""
        found: list[str] = []
        fronts: list[Rewritten] = []

        def front(app: ASGIApp) -> Rewritten:
            fronts.append(Rewritten(app, mutant, self.document))
            return fronts[-1]

        for rules in (self.rules.only(self._speaking_of(mutant)), self.rules):
            found = found or broken(rules, partial(WrappedMock, front))
        problem = next((one.problem for one in fronts if one.problem), "")
        if not any(one.wrong for one in fronts):  # then whatever is broken is not broken by it
            allowed = sum(one.allowed for one in fronts)
            problem = problem or f"no answer came that it could change, but {allowed} that stayed right"
        return Result(problem=problem) if problem else Result(found)

    def _speaking_of(self, mutant: ResponseMutant) -> list[Rule]:
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

    def _of_behaviour(self, mutant: BehaviourMutant, folder: Path) -> Result:
        """Judge the changed copy, which takes the place of the mock that is loaded, by the rules of one page."""
        mutant.copy_to(folder)
        here = str(Path(__file__).resolve().parents[1])
        for name, module in list(sys.modules.items()):
            of_the_mock = name.partition(".")[0] == "evolink_mock"  # which may be installed elsewhere
            if of_the_mock or ((getattr(module, "__file__", None) or "").startswith(here) and name != __name__):
                del sys.modules[name]
        sys.path.insert(0, str(folder))
        import evolink_mock  # noqa: PLC0415 - the copy
        from contract_suite import session  # noqa: PLC0415 - likewise
        from contract_suite.rules import documented  # noqa: PLC0415 - anew, as all of the suite

        if not (evolink_mock.__file__ or "").startswith(str(folder)):
            return Result(problem="the copy of the mock was not the one that was judged")
        every = documented.load()
        source = next(rule.source for rule in every.rules if rule.id == mutant.rule)
        chosen = every.only(rule for rule in every.rules if rule.source == source)
        found = session.broken(chosen, evolink_mock.MockServer)
        return Result(found) if mutant.rule in found else Result(problem=f"{mutant.rule} holds; broken: {found}")


def done_in_a_child(judging: Judge, task: dict[str, Any]) -> dict[str, Any]:
    """Do a task in a process of its own, and return its result with the seconds it took."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        folder = Path(name)
        child = os.fork()
        if child == 0:
            _do(judging, task, folder)
        _, status = os.waitpid(child, 0)
        result = folder / "result.json"
        if result.exists():
            found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        else:
            code = os.waitstatus_to_exitcode(status)
            said = (folder / "output").read_text(encoding="utf-8", errors="replace")[-500:]
            found = vars(Result(problem=f"the judgement ended with {code}: {said}"))
    return task | found | {"seconds": round(time.monotonic() - start, 2)}


def _do(judging: Judge, task: dict[str, Any], folder: Path) -> None:
    """Do a task and end the process."""
    signal.alarm(SECONDS)
    code = 1
    try:
        with (folder / "output").open("wb") as file:
            os.dup2(file.fileno(), sys.stdout.fileno())
            os.dup2(file.fileno(), sys.stderr.fileno())
        result = judging.result(task, folder)
        part = folder / "result.part"
        part.write_text(json.dumps(vars(result)), encoding="utf-8")
        part.replace(folder / "result.json")
        code = 0
    except BaseException:  # noqa: BLE001 - the process ends here
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def main() -> None:
    """Do the tasks that the input names."""
    judging = Judge()
    for line in sys.stdin:
        print(json.dumps(done_in_a_child(judging, json.loads(line))), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
