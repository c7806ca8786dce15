"""Everything `Ledger` and `AsyncLedger` share: their settings, and the arguments of their flows."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import parse_qsl, urlsplit

from evolink._base_client import BaseClient, id_of
from evolink._numbers import real
from evolink._responses import PACED
from evolink._retries import MAX_RETRY_AFTER
from evolink._text import printable, short_repr
from evolink._validation import Request, to_body
from evolink.errors import ConfigurationError, EvoLinkError
from evolink.ledger import _sender
from evolink.ledger._database import Database
from evolink.ledger._decisions import Intent, saving, submitting, waiting
from evolink.ledger._remote import Folder
from evolink.ledger._schema import MAX_KEY_LENGTH
from evolink.ledger._steps import Flow
from evolink.ledger._store import Store

if TYPE_CHECKING:
    from sqlalchemy import URL

    from evolink._views import Task

DEFAULT_URL = "sqlite:///evolink.db"
BUSY_SECONDS = 30.0
# Added to the time that sending can take: to store the intent before it, and for what no timeout counts.
MARGIN_SECONDS = 15.0


class Submission:
    """A request on its way from a ledger to a client.

    Args:
        api: the client.
        request: the request.
        key: the caller's key.
        options: the other arguments of `submit`.
        idempotency: whether to send idempotency keys.
        paced: whether the caller repeats the request after a 429 or 503.
        budget: the most credits that all jobs of the ledger may cost together; None for no limit.
        sha256: the digest by which the request is known; None for that of the request as it is sent.
    """

    def __init__(
        self,
        api: BaseClient[Any],
        request: Request | Mapping[str, Any],
        key: str,
        options: dict[str, Any],
        *,
        idempotency: bool,
        paced: bool,
        budget: float | None = None,
        sha256: str | None = None,
    ) -> None:
        self.api: Any = api  # its methods are private, and this is one package
        self.key = checked_key(key)
        self.body = with_key(to_body(request), key)
        self.sha256 = sha256 or digest(self.body)
        self._budget = budget
        self._options = options
        self._idempotency, self._paced = idempotency, paced

    @property
    def path(self) -> str:
        """The path of the request, for errors."""
        return create_path(self.api)

    def prepare(self) -> Intent:
        """Check the request; return what the ledger stores before it is sent.

        Raises:
            EvoLinkError: the request cannot be sent.
        """
        self._arguments(None, **self._options)
        credits_, price_date = estimated(self.body, self.api.edition)
        settings = self.api._settings  # noqa: SLF001 - one package
        timeout = self._options["timeout"]
        if timeout is None:
            retries = settings.max_retries
            timeout = 2 * (retries + 1) * settings.timeout + retries * (MAX_RETRY_AFTER + 1)
        return Intent(
            self.key,
            settings.key.redact(json.dumps(self.body)),
            self.sha256,
            printable(self.body["model"], 200) if isinstance(self.body.get("model"), str) else None,
            _sender.identify(),
            timeout + MARGIN_SECONDS,
            f"evolink-{secrets.token_hex(16)}" if self._idempotency else None,
            credits_,
            price_date,
            self._budget,
        )

    def create_arguments(self, idempotency_key: str | None) -> dict[str, Any]:
        """Return the arguments for httpx's `request` that create the task."""
        options = self._options | {"validate": False, "max_credits": None}
        arguments = self._arguments(idempotency_key, **options)
        if self._paced:
            arguments["extensions"][PACED] = True
        return arguments

    def _arguments(self, idempotency_key: str | None, **options: Any) -> dict[str, Any]:
        arguments: dict[str, Any] = self.api._create_request(self.body, idempotency_key=idempotency_key, **options)  # noqa: SLF001 - one package
        return arguments


class BaseLedger:
    """Base class of `Ledger` and `AsyncLedger`.

    Attributes:
        store: reads and writes the database; for this package only.
        uses_idempotency_keys: whether creates are sent with idempotency keys.
    """

    def __init__(
        self,
        url: str | URL = DEFAULT_URL,
        *,
        budget: float | None = None,
        idempotency_keys: bool = False,
        busy_timeout: float = BUSY_SECONDS,
    ) -> None:
        if budget is not None:
            from evolink.billing import checked_max_credits  # noqa: PLC0415 - most ledgers have no limit

            budget = checked_max_credits(budget)
        self._budget = budget
        seconds = real(busy_timeout)
        if seconds is None or not 0 < seconds <= 3600:
            raise ConfigurationError(
                f"busy_timeout must be a number of seconds, over 0 and at most 3600, not {short_repr(busy_timeout)}"
            )
        self.uses_idempotency_keys = bool(idempotency_keys)
        self.store = Store(Database(url, float(seconds)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} in {self.store.database.place}>"

    def __reduce__(self) -> NoReturn:
        raise ConfigurationError(
            "a ledger cannot be copied or sent to another process; open it there with the same URL"
        )

    def submit_flow(
        self,
        api: BaseClient[Any],
        request: Request | Mapping[str, Any],
        key: str,
        *,
        check_media: bool = False,
        paced: bool = False,
        sha256: str | None = None,
        **options: Any,
    ) -> Flow[Task]:
        """Return the flow of a submission; for this package only. See `Submission`."""
        submission = Submission(
            api,
            request,
            key,
            {"validate": True, "max_credits": None, "timeout": None, "extra_headers": None, **options},
            idempotency=self.uses_idempotency_keys,
            paced=paced,
            budget=self._budget,
            sha256=sha256,
        )
        return submitting(self.store, submission, check_media=check_media)

    def _wait_flow(self, api: BaseClient[Any], key: str, **options: Any) -> Flow[Task]:
        return waiting(self.store, checked_key(key), create_path(api), options)

    def save_flow(self, api: BaseClient[Any], key: str, to: Folder, options: dict[str, Any]) -> Flow[list[Path | Any]]:
        """Return the flow that saves the results of a job; for this package only. See `saving`."""
        return saving(self.store, checked_key(key), create_path(api), to, options)


def create_path(api: BaseClient[Any]) -> str:
    """Return the path of the requests that create tasks."""
    client: Any = api
    return str(client._endpoint("create_video_generation")["url"].path)  # noqa: SLF001 - one package


def digest(body: Mapping[str, Any]) -> str:
    """Return the digest of a request. The order of its fields has no meaning."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def checked_key(key: str) -> str:
    """Return a key.

    Raises:
        ConfigurationError: it is not a text of 1 to 200 printable characters.
    """
    value: Any = key
    if not (isinstance(value, str) and value.strip() and value.isprintable() and len(value) <= MAX_KEY_LENGTH):
        raise ConfigurationError(
            f"key must be a text of 1 to {MAX_KEY_LENGTH} printable characters, not {short_repr(key)}"
        )
    return key


def checked_resolution(key: str, task_id: str | None, *, lost: bool) -> str | None:
    """Return the task id that `resolve` got; None if no task was created.

    Raises:
        ConfigurationError: neither or both of its arguments are given.
        InvalidRequest: the task id cannot be one.
    """
    checked_key(key)
    if (task_id is None) is not bool(lost):
        raise ConfigurationError("resolve takes either the id of the task, or lost=True if no task was created")
    return None if task_id is None else id_of(task_id)


def estimated(body: dict[str, Any], edition: str) -> tuple[float | None, str | None]:
    """Return the most credits that a request may cost, and the day of the prices; None if they are not known."""
    from evolink.billing import estimate  # noqa: PLC0415 - takes a moment to import

    try:
        result = estimate(body, edition=edition)
    except EvoLinkError:
        return None, None
    return result.max_credits, result.price_date


def with_key(body: dict[str, Any], key: str) -> dict[str, Any]:
    """Return a request whose callback URL carries the key, so that a callback settles a lost submission.

    Raises:
        ConfigurationError: its callback URL carries another key.
    """
    url = body.get("callback_url")
    if not isinstance(url, str):
        return body
    from evolink.callbacks import KEY, callback_url  # noqa: PLC0415 - most requests have no callback URL

    try:
        keys = [value for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True) if name == KEY]
        if not keys:
            return {**body, "callback_url": callback_url(url, key=key)}
    except (ConfigurationError, ValueError):
        return body  # a malformed URL, which the check of the request describes better
    if keys != [key]:
        raise ConfigurationError(
            f"callback_url has the key {short_repr(keys[0])}, and the ledger's key is {key!r}; omit it"
        )
    return body
