"""The settings of a mock server, their validation, and the scenario files that provide settings."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict
from urllib.parse import urlsplit

from evolink_mock.contract import schema_validation
from evolink_mock.contract.compiled_contract import BASE, Contract, packaged_contract, packaged_editions
from evolink_mock.contract.model_names import MOST, nearest
from evolink_mock.contract.operations import CREATE, UPLOADS
from evolink_mock.domain.faults import find_conflict, is_status
from evolink_mock.domain.tasks import COMPLETED, Outcome, Pace
from evolink_mock.http.access import is_host
from evolink_mock.text import one_line

DEFAULT_API_KEY = "sk-evo-mock"
SCENARIOS = Path(__file__).with_name("scenarios")


class ConfigurationError(Exception):
    """An invalid setting or scenario. The message says which setting and how to fix it."""


class Settings(TypedDict, total=False):
    """The settings of a mock server, all optional.

    Attributes:
        api_key: the accepted key. The default is `sk-evo-mock`.
        speed: how many times faster than real time tasks and callback retries progress. The default is 1.
        pace: when a task ends: `at-once`, `after-3-reads` (with its third query) or `after-30-seconds` (of simulated
            time). By default, a task takes the seconds in the documented example.
        paces: the pace of single models, by model id.
        seed: makes ids, times and random numbers the same in each run. The clock then starts at the time of the
            documented example, and each request to a documented operation moves it by `speed` seconds.
        outcome: how tasks end: `completed`, `failed`, `cancelled`, or `stuck` to never end. The default is `completed`.
        balance: the credits of the account of `api_key`, which creates cannot exceed; unlimited by default.
        prices: `contract`, the default, to charge by the prices in the contract where it has them, or `none` to charge
            one credit a second for a request with default values.
        accounts: additional keys, each with the balance of its account; None for no limit.
        forward_callbacks_to: a URL that receives every callback instead of the URL of its task.
        allow_hosts: host names or IP addresses that requests may name in `Host`, besides `localhost`, names that end in
            `.localhost`, and the addresses of this machine.
        check_media: whether to inspect the files that requests name by URL, and to fail tasks with invalid files. The
            default is False.
        faults: fault rules in the format of `/_mock/faults`.
        scenario: the name of a packaged scenario, or the path of a scenario file. A scenario is a set of settings;
            settings passed with it take precedence.
        edition: the edition of the documentation to follow, as in `2026-10`. The default is `base`.
        contract: a bundled contract to follow instead of those of `evolink_client`; excludes `edition`.
    """

    api_key: str
    speed: float
    pace: str | None
    paces: Mapping[str, str]
    seed: int | None
    outcome: str
    balance: float | None
    prices: str
    accounts: Mapping[str, float | None]
    forward_callbacks_to: str | None
    allow_hosts: Sequence[str]
    check_media: bool
    faults: list[dict[str, Any]]
    scenario: str | PathLike[str] | None
    edition: str | None
    contract: dict[str, Any] | None


class ResolvedSettings:
    """Validated settings, with defaults and the settings of the scenario.

    Attributes:
        scenario: the title of the scenario; None without one.
        balances: the balance of each accepted key; None for no limit.
        has_prices: whether tasks are charged by the prices in the contract.
        faults: the initial fault rules.
        allow_hosts: further hosts that requests may name.

    Raises:
        ConfigurationError: a setting is unknown or has an invalid value.
    """

    def __init__(self, settings: Settings) -> None:
        unknown = settings.keys() - Settings.__optional_keys__
        if unknown:
            known = ", ".join(sorted(Settings.__optional_keys__))
            raise ConfigurationError(f"unknown setting {min(unknown)!r}; the settings are {known}")
        self.scenario, merged = _with_scenario(settings)
        merged |= {name: dict(merged[name]) for name in ("accounts", "paces") if isinstance(merged.get(name), Mapping)}
        document, edition = merged.pop("contract", None), merged.pop("edition", None)
        forward: Any = merged.pop("forward_callbacks_to", None)
        hosts: Any = merged.pop("allow_hosts", ())
        keys: Any = [merged.pop("api_key", DEFAULT_API_KEY), *(merged.get("accounts") or {})]
        values = {name: value for name, value in merged.items() if value is not None}
        if problem := schema_validation.find_problem("settings", values):
            raise ConfigurationError(problem)
        self.contract = _contract_of(edition) if document is None else _compile(document)
        if document is not None and edition is not None:
            raise ConfigurationError("edition and contract exclude each other: a contract is that of one edition")
        self.speed = float(values.get("speed", 1.0))
        self.seed: int | None = values.get("seed")
        default = Pace(self.contract.sample["task_info"]["estimated_time"])
        self.pace = default if "pace" not in values else _parse_pace("pace", values["pace"])
        self._has_pace = "pace" in values
        self.paces = {model: _parse_pace(f"paces.{model}", text) for model, text in values.get("paces", {}).items()}
        self._check_models(self.paces, "paces")
        self.outcome = Outcome.of(values.get("outcome", COMPLETED.status))
        self.forward_to = None if forward is None else _check_url(forward)
        self.allow_hosts = _check_hosts(hosts)
        self.has_prices = values.get("prices", "contract") == "contract"
        self.check_media = bool(values.get("check_media"))
        for key in keys:
            if not (isinstance(key, str) and key.isascii() and key.isprintable() and key and " " not in key):
                setting = "api_key" if key is keys[0] else "each key of accounts"  # no message contains a key
                raise ConfigurationError(f"{setting} must be printable ASCII without spaces")
        if keys[0] in keys[1:]:
            raise ConfigurationError("accounts must not contain the api_key; set its credits with balance")
        self.balances: dict[str, float | None] = {keys[0]: values.get("balance"), **values.get("accounts", {})}
        self.faults: list[dict[str, Any]] = values.get("faults", [])
        for row in self.faults:
            self.check_fault_rule(row)

    def pace_of(self, model_id: str) -> Pace:
        """Return the pace of the tasks of a model: by default, they take their documented estimated time."""
        if model_id in self.paces:
            return self.paces[model_id]
        documented = self.contract.models[model_id].shape.estimated_time
        return self.pace if self._has_pace or documented is None else Pace(documented)

    def check_fault_rule(self, row: Any) -> None:
        """Validate a fault rule, given as a JSON object.

        Raises:
            ConfigurationError: it is invalid, or names an unknown model, operation, key or code.
        """
        if problem := schema_validation.find_problem("rule", row):
            raise ConfigurationError(f"faults: {problem}")
        if not row.keys() & {"do", "limit"}:
            raise ConfigurationError("faults: a rule needs do, limit or both")
        when: dict[str, Any] = row.get("when", {})
        self._check_models([when["model"]] if "model" in when else [], "faults: when.model")
        operations = self.contract.operations
        if "operation" in when and when["operation"] not in operations:
            raise ConfigurationError(f"faults: when.operation must be one of {', '.join(operations)}")
        if when.get("key", next(iter(self.balances))) not in self.balances:
            raise ConfigurationError("faults: when.key must be a key that the mock accepts")
        code = row.get("do", {}).get("code", 429)
        documented = {one for operation in operations for one in self.contract.errors.codes(operation)}
        if code not in documented and not is_status(code):
            raise ConfigurationError("faults: do.code must be a status from 200 to 599, or a code of the file host")
        self._check_effect(when.get("operation"), when, row.get("do", {}))

    def _check_effect(self, operation: str | None, when: dict[str, Any], fault: dict[str, Any]) -> None:
        """Refuse a fault rule with a part that can never have an effect."""
        if problem := find_conflict(fault):
            raise ConfigurationError(f"faults: do.{problem}")
        for part, present in (("when.model", "model" in when), ("do.response", "response" in fault)):
            if present and operation not in {None, CREATE}:
                raise ConfigurationError(f"faults: {part} only has an effect on {CREATE}; omit it, or the operation")
        if not is_status(fault.get("code", 429)) and operation not in UPLOADS:
            raise ConfigurationError(
                f"faults: do.code {fault['code']} is a code of the file host; set when.operation to one of "
                f"{', '.join(UPLOADS)}"
            )

    def _check_models(self, models: Mapping[str, Any] | list[str], setting: str) -> None:
        for model in models:
            if model not in self.contract.models:
                known = list(self.contract.models)
                which = "the models are" if len(known) <= MOST else f"{len(known)} models are known, such as"
                raise ConfigurationError(
                    f"{setting} contains the unknown model '{one_line(model, 60)}'; "
                    f"{which} {', '.join(nearest(model, known))}"
                )


def scenarios() -> list[str]:
    """Return the names of the packaged scenarios."""
    return sorted(path.stem for path in SCENARIOS.glob("*.yaml"))


def load_scenario(name: str | PathLike[str]) -> dict[str, Any]:
    """Load a scenario by its name or the path of its file.

    Raises:
        ConfigurationError: the scenario does not exist, or its file is invalid.
    """
    if name in scenarios():
        return _load_scenario_file(SCENARIOS / f"{name}.yaml")
    path = Path(os.path.expanduser(name))  # noqa: PTH111 - Path.expanduser raises if the home folder is unknown
    if path.suffix not in {".yaml", ".yml"}:
        raise ConfigurationError(f"scenario must be a path that ends in .yaml, or one of {', '.join(scenarios())}")
    return _load_scenario_file(path)


def _load_scenario_file(path: Path) -> dict[str, Any]:
    try:
        row = schema_validation.load_yaml(path)
    except ValueError as error:
        raise ConfigurationError(f"scenario {path.name} {error}") from None
    if problem := schema_validation.find_problem("scenario", row):
        raise ConfigurationError(f"scenario {path.name}: {problem}")
    scenario: dict[str, Any] = row
    return scenario


def _with_scenario(settings: Settings) -> tuple[str | None, dict[str, Any]]:
    """Return the title of the scenario, if there is one, and the settings merged with those of the scenario."""
    values: dict[str, Any] = {**settings}
    name = values.pop("scenario", None)
    if name is None:
        return None, values
    row = load_scenario(name)
    return row["title"], {**row["mock"], **{one: value for one, value in values.items() if value is not None}}


def _parse_pace(setting: str, text: str) -> Pace:
    try:
        return Pace.parse(text)
    except ValueError as error:
        raise ConfigurationError(f"{setting} {error}") from None


def _contract_of(edition: Any) -> Contract:
    known = packaged_editions()
    if edition is not None and edition not in known:
        name = one_line(str(edition), 60)
        raise ConfigurationError(f"unknown edition '{name}'; the editions are {', '.join(known)}")
    return packaged_contract(edition or BASE)


def _compile(document: dict[str, Any]) -> Contract:
    try:
        return Contract(document)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise ConfigurationError(f"contract must be a bundled contract of this API: {error!r}") from None


def _check_hosts(hosts: Any) -> list[str]:
    checked: list[Any] = [*hosts] if isinstance(hosts, list | tuple) else [hosts]
    for host in checked:
        if not (isinstance(host, str) and is_host(host)):
            raise ConfigurationError(
                f"allow_hosts must be host names such as evolink-mock, or IP addresses, without a scheme, port or *; "
                f"it contains '{one_line(str(host), 60)}'"
            )
    return checked


def _check_url(text: str) -> str:
    import httpx  # noqa: PLC0415 - a quarter of the server's start-up time

    try:
        url, port = httpx.URL(text), urlsplit(text).port
        valid = url.scheme in {"http", "https"} and url.host and port != 0 and text.isprintable() and " " not in text
    except (httpx.InvalidURL, ValueError):
        valid = False
    if not valid:  # the message does not contain the URL, because it may contain a password
        raise ConfigurationError(
            "forward_callbacks_to must be an http or https URL with a host and, optionally, a port"
        )
    return text
