"""What a mock server can be told when it starts, and what is wrong with what it is told."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict
from urllib.parse import urlsplit

from evolink_mock.contract import schema_validation
from evolink_mock.contract.contract import OPERATIONS, Contract, packaged_contract
from evolink_mock.domain.faults import is_status
from evolink_mock.domain.tasks import COMPLETED, Outcome, Pace

DEFAULT_API_KEY = "sk-evo-mock"
SCENARIOS = Path(__file__).with_name("scenarios")


class ConfigurationError(Exception):
    """A setting that the mock server cannot be started with; the text names it and the way out."""


class Settings(TypedDict, total=False):
    """What a mock server can be told; everything has a default.

    Attributes:
        api_key: the key that is accepted; `sk-evo-mock`.
        speed: how many times faster than real time tasks and callback retries go; 1.
        pace: when a task ends: `at-once`, `after-3-reads` (with its third query), `after-30-seconds` (of simulated
            time); after the seconds of the documented sample.
        paces: the same for single models, by their ids.
        seed: makes ids, times, and what is left to chance, the same each time: the clock begins at the time of the
            documented sample, and each request to a documented operation moves it by `speed` seconds.
        outcome: how tasks end: `completed`, `failed`, `cancelled`, or `stuck`, which is never; `completed`.
        balance: the credits that the account of `api_key` has, beyond which nothing is taken from it; any amount.
        accounts: further keys that are accepted, each with the balance of its account; None for any amount.
        forward_callbacks_to: a URL that gets every callback instead of the address it names.
        check_media: whether to look at the files that requests name, and to fail tasks for them; False.
        faults: rules as those at `/_mock/faults`.
        scenario: the name of a scenario that comes with the mock, or the path of a file like these. It is a set of
            settings, of which any that is given besides takes precedence.
        contract: a bundled contract to go by instead of the one that `evolink_client` carries, such as that of another
            edition of the documentation.
    """

    api_key: str
    speed: float
    pace: str | None
    paces: Mapping[str, str]
    seed: int | None
    outcome: str
    balance: float | None
    accounts: Mapping[str, float | None]
    forward_callbacks_to: str | None
    check_media: bool
    faults: list[dict[str, Any]]
    scenario: str | PathLike[str] | None
    contract: dict[str, Any] | None


class ResolvedSettings:
    """Settings that the mock can be started with.

    Attributes:
        balances: the keys that are accepted, and how many credits each has.
        rules: the forms of rules for faults.

    Raises:
        ConfigurationError: a setting has a value that it cannot have.
    """

    def __init__(self, settings: Settings) -> None:
        unknown = settings.keys() - Settings.__optional_keys__
        if unknown:
            known = ", ".join(sorted(Settings.__optional_keys__))
            raise ConfigurationError(f"there is no setting {min(unknown)!r}; there are {known}")
        self.scenario, told = _with_scenario(settings)
        told |= {name: dict(told[name]) for name in ("accounts", "paces") if isinstance(told.get(name), Mapping)}
        document = told.pop("contract", None)
        forward: Any = told.pop("forward_callbacks_to", None)
        keys: Any = [told.pop("api_key", DEFAULT_API_KEY), *(told.get("accounts") or {})]
        given = {name: value for name, value in told.items() if value is not None}
        if said := schema_validation.problem("settings", given):
            raise ConfigurationError(said)
        self.contract = packaged_contract() if document is None else _compiled(document)
        self.speed = float(given.get("speed", 1.0))
        self.seed: int | None = given.get("seed")
        usual = Pace(self.contract.sample["task_info"]["estimated_time"])
        self.pace = usual if "pace" not in given else _pace("pace", given["pace"])
        self.paces = {model: _pace(f"paces.{model}", text) for model, text in given.get("paces", {}).items()}
        self._check_models(self.paces, "paces")
        self.outcome = Outcome.of(given.get("outcome", COMPLETED.status))
        self.forward_to = None if forward is None else _checked_forward(forward)
        self.check_media = bool(given.get("check_media"))
        for key in keys:
            if not (isinstance(key, str) and key.isascii() and key.isprintable() and key and " " not in key):
                setting = "api_key" if key is keys[0] else "each key of accounts"
                raise ConfigurationError(f"{setting} must be printable ASCII without spaces")  # never shown
        if keys[0] in keys[1:]:
            raise ConfigurationError("accounts must not name the api_key, whose balance is a setting of its own")
        self.balances: dict[str, float | None] = {keys[0]: given.get("balance"), **given.get("accounts", {})}
        self.faults: list[dict[str, Any]] = given.get("faults", [])
        for row in self.faults:
            self.check_rule(row)

    def check_rule(self, row: Any) -> None:
        """Look at a rule for faults.

        Raises:
            ConfigurationError: it has another form, or names what is not there.
        """
        if said := schema_validation.problem("rule", row):
            raise ConfigurationError(f"faults: {said}")
        when: dict[str, Any] = row.get("when", {})
        self._check_models([when["model"]] if "model" in when else [], "faults: when.model")
        ids = [self.contract.id_of(operation) for operation in OPERATIONS]
        if when.get("operation", ids[0]) not in ids:
            raise ConfigurationError(f"faults: when.operation must be one of {', '.join(ids)}")
        if when.get("key", next(iter(self.balances))) not in self.balances:
            raise ConfigurationError("faults: when.key must be a key that the mock accepts")  # never shown
        code = row.get("do", {}).get("code", 429)
        own = {one for operation in OPERATIONS for one in self.contract.error_codes(operation)}
        if code not in own and not is_status(code):
            raise ConfigurationError("faults: do.code must be a status from 200 to 599, or a code of the files' host")

    def _check_models(self, named: Mapping[str, Any] | list[str], setting: str) -> None:
        for model in named:
            if model not in self.contract.models:
                known = ", ".join(self.contract.models)
                raise ConfigurationError(f"{setting} names the model {model[:60]!r}, which is none of {known}")


def scenarios() -> list[str]:
    """Return the names of the scenarios that come with the mock."""
    return sorted(path.stem for path in SCENARIOS.glob("*.yaml"))


def scenario(name: str | PathLike[str]) -> dict[str, Any]:
    """Return a scenario, given its name or the path of its file.

    Raises:
        ConfigurationError: there is none, or it has another form.
    """
    if name in scenarios():
        return _scenario(SCENARIOS / f"{name}.yaml")
    path = Path(name)
    if path.suffix not in {".yaml", ".yml"}:
        raise ConfigurationError(f"scenario must be a path that ends in .yaml, or one of {', '.join(scenarios())}")
    return _scenario(path)


def _scenario(path: Path) -> dict[str, Any]:
    try:
        row = schema_validation.load(path)
    except ValueError as error:
        raise ConfigurationError(f"scenario {path.name} {error}") from None
    if said := schema_validation.problem("scenario", row):
        raise ConfigurationError(f"scenario {path.name}: {said}")
    found: dict[str, Any] = row
    return found


def _with_scenario(settings: Settings) -> tuple[str | None, dict[str, Any]]:
    """Return the title of the scenario, if any, and all settings, its own included."""
    told: dict[str, Any] = {**settings}
    name = told.pop("scenario", None)
    if name is None:
        return None, told
    row = scenario(name)
    return row["title"], {**row["mock"], **{one: value for one, value in told.items() if value is not None}}


def _pace(setting: str, text: str) -> Pace:
    try:
        return Pace.of(text)
    except ValueError as error:
        raise ConfigurationError(f"{setting} {error}") from None


def _compiled(document: dict[str, Any]) -> Contract:
    try:
        return Contract(document)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise ConfigurationError(f"contract must be a bundled contract of this API: {error!r}") from None


def _checked_forward(text: str) -> str:
    import httpx  # noqa: PLC0415 - a quarter of the time that a server takes to start

    try:
        url, port = httpx.URL(text), urlsplit(text).port
        valid = url.scheme in {"http", "https"} and url.host and port != 0 and text.isprintable() and " " not in text
    except (httpx.InvalidURL, ValueError):
        valid = False
    if not valid:  # not shown, as it may hold a password
        raise ConfigurationError("forward_callbacks_to must be an http or https URL with a host, and a port if any")
    return text
