"""Behaviour mutants: functions and constants of the mock that are replaced by wrong ones in the running process.

A mutant names what it replaces by its dotted name and wraps the original, so that it survives changes of the original's
text. `mutation.wrong_behaviour` holds the mutants themselves.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import partial
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from starlette.types import Receive, Scope, Send

from mutation.response_middleware import Middleware, OutgoingResponse

Original = Callable[..., Any]
Wrong = Callable[..., Any]
"""Takes the original and the arguments of the call. For a property, these are the object; for a constant, none."""

MOCK = "evolink_mock"
APPLICATION = "evolink_mock.http.app.Mock.__call__"
CREATE, TASKS, CREDITS, UPLOADS = "/v1/videos/generations", "/v1/tasks/", "/v1/credits", "/api/v1/files/"
_ALL: list[BehaviourMutant] = []


class BehaviourMutant(NamedTuple):
    """A wrong replacement of one function, property or constant of the mock.

    Attributes:
        name: what the mock does wrong.
        rule: the id of a rule that it breaks, or a pattern such as `*.billing.input` that matches some ids.
        replaces: the dotted name of the original.
        wrong: the replacement.
    """

    name: str
    rule: str
    replaces: str
    wrong: Wrong

    def apply(self) -> None:
        """Replace the original in this process, for good.

        Raises:
            LookupError: the mock has nothing of this name.
        """
        owner, name = self.owner()
        original = vars(owner)[name]
        if not isinstance(owner, ModuleType):
            setattr(owner, name, self._in_class(original))
            if self.replaces == APPLICATION:
                setattr(owner, "find_step", _find_nothing)  # noqa: B010 - of `Mock`: every request must reach the application
            return
        replacement = partial(self.wrong, original) if isinstance(original, FunctionType) else self.wrong(original)
        # Other modules may have imported it by its name.
        for module in [module for key, module in sys.modules.items() if key.partition(".")[0] == MOCK]:
            if vars(module).get(name) is original:
                setattr(module, name, replacement)

    def _in_class(self, original: Any) -> Any:
        if isinstance(original, property):
            return property(partial(self.wrong, original.fget))
        return _Method(self.wrong, original) if isinstance(original, FunctionType) else self.wrong(original)

    def breaks(self, rule_id: str) -> bool:
        """Return whether a rule is one of those that the mutant should break."""
        return fnmatchcase(rule_id, self.rule)

    def owner(self) -> tuple[type | ModuleType, str]:
        """Return the class or module that holds the original, and the name it has there."""
        path, _, name = self.replaces.rpartition(".")
        try:
            owner = pkgutil.resolve_name(path)
        except (ImportError, AttributeError):
            owner = None
        if owner is None or name not in vars(owner):
            raise LookupError(
                f"the mutant {self.name!r} replaces {self.replaces}, which does not exist; "
                "if it was renamed, rename it in mutation/wrong_behaviour too"
            )
        return owner, name


def _find_nothing(_: object, __: Scope) -> None:
    """Return no endpoint."""


class _Method:
    """A method that is called with the original before its own arguments."""

    def __init__(self, wrong: Wrong, original: Original) -> None:
        self._wrong = wrong
        self._original = original

    def __get__(self, instance: object, _: object) -> Callable[..., Any]:
        return partial(self._wrong, self._original, *(() if instance is None else (instance,)))


def mutants() -> list[BehaviourMutant]:
    """Return every mutant that has been declared so far."""
    return list(_ALL)


def mutant(name: str, *, breaks: str, replaces: str) -> Callable[[Wrong], Wrong]:
    """Declare the decorated function as a wrong replacement.

    Args:
        name: what the mock does wrong.
        breaks: the id of a rule that it breaks, or a pattern such as `*.billing.input` if it breaks some matching rule.
        replaces: the dotted name of the original. A function is also replaced in modules of the mock that import it.
    """

    def declare(wrong: Wrong) -> Wrong:
        _ALL.append(BehaviourMutant(name, breaks, replaces, wrong))
        return wrong

    return declare


def changed_request(name: str, *, breaks: str) -> Callable[[Callable[[Scope], None]], None]:
    """Declare a mutant that changes requests before they are served.

    The decorated function gets the ASGI scope of a request and changes it in place.
    """

    def declare(change: Callable[[Scope], None]) -> None:
        @mutant(name, breaks=breaks, replaces=APPLICATION)
        async def _(original: Original, app: object, scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                scope = {**scope}
                change(scope)
            await original(app, scope, receive, send)

    return declare


def changed_response(name: str, *, breaks: str) -> Callable[[Callable[[Scope, OutgoingResponse], None]], None]:
    """Declare a mutant that changes responses of the API.

    The decorated function gets the ASGI scope of the request and the response, which it changes in place.
    """

    def declare(change: Callable[[Scope, OutgoingResponse], None]) -> None:
        class Changing(Middleware):
            def process(self, scope: Scope, response: OutgoingResponse) -> None:
                change(scope, response)

        @mutant(name, breaks=breaks, replaces=APPLICATION)
        async def _(original: Original, app: object, scope: Scope, receive: Receive, send: Send) -> None:
            await Changing(partial(original, app))(scope, receive, send)

    return declare


def set_header(scope: Scope, name: bytes, value: bytes) -> None:
    """Set a header of a request and remove others of the same name."""
    scope["headers"] = [*(header for header in scope["headers"] if header[0] != name), (name, value)]
