"""What a client is told: the key, the addresses, the time it has. Checked before anything is sent."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx

from evolink._contract import packaged_contract
from evolink._text import short_repr
from evolink.errors import KEYS_PAGE, ConfigurationError

CONNECT_SECONDS = 5.0
MAX_RETRIES = 100
# Operating systems cannot wait for much longer.
MAX_SECONDS = 1e7


class Secret:
    """An API key that shows itself to nobody who does not ask for it by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "***"

    def bearer(self) -> str:
        """Return the value of the `Authorization` header."""
        return f"Bearer {self._text}"

    def redact(self, text: str) -> str:
        """Return `text` without the key."""
        return text.replace(self._text, "***")

    def redact_bytes(self, content: bytes) -> bytes:
        """Return a body without the key."""
        return content.replace(self._text.encode(), b"***")


class Settings(NamedTuple):
    """What one HTTP client works by.

    Attributes:
        base_url: the server, without a slash at the end.
        key: the API key.
        timeout: the seconds one request may take.
        max_retries: how often a request is repeated at most.
        transport: the caller's own httpx transport.
        headers: sent with every request besides the key.
        cookies: sent with every request.
        timeouts: httpx's, where they are more than the one number.
    """

    base_url: str
    key: Secret
    timeout: float
    max_retries: int
    transport: Any = None
    headers: Mapping[str, str] = MappingProxyType({})
    cookies: Mapping[str, str] = MappingProxyType({})
    timeouts: httpx.Timeout | None = None

    @property
    def loopback(self) -> bool:
        """Whether the server is this machine, by its usual name or its address."""
        return is_loopback(httpx.URL(self.base_url).host)


def settings(
    api_key: str | None,
    base_url: str | None,
    files_base_url: str | None,
    timeout: float,
    max_retries: int,
    transport: Any,
) -> tuple[Settings, Settings]:
    """Return what the clients of the API and of the file host work by.

    What is not given is read from `EVOLINK_API_KEY`, `EVOLINK_BASE_URL` and `EVOLINK_FILES_BASE_URL`, else from the
    contract. A `base_url` of one's own is that of the files, too, unless theirs is given.

    Raises:
        ConfigurationError: one of them is missing or malformed.
    """
    contract = packaged_contract()
    base = _given("base_url", base_url)
    files = _given("files_base_url", files_base_url) or base
    key = _key(api_key if api_key is not None else os.environ.get("EVOLINK_API_KEY"))
    seconds = checked_timeout(timeout)
    retries: Any = max_retries
    if isinstance(retries, bool) or not isinstance(retries, int) or not 0 <= retries <= MAX_RETRIES:
        raise ConfigurationError(
            f"max_retries must be a whole number from 0 to {MAX_RETRIES}; it is {short_repr(retries)}"
        )
    api = Settings(_url(*base) if base else contract.api_url, key, seconds, retries, transport)
    return api, api._replace(base_url=_url(*files) if files else contract.files_url)


def checked_timeout(seconds: float, name: str = "timeout") -> float:
    """Return a number of seconds that can be waited for.

    Raises:
        ConfigurationError: it is none.
    """
    # Whoever does not use a type checker hands over anything.
    given: Any = seconds
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= MAX_SECONDS:
        told = f"{name} must be a number of seconds above 0, up to {MAX_SECONDS:g}; it is {short_repr(given)}"
        raise ConfigurationError(told)
    return float(given)


def _given(name: str, argument: str | None) -> tuple[str, str] | None:
    """Return an address with the name of where it comes from: the argument, else the environment; None for neither."""
    if argument is not None:
        return name, argument
    variable = f"EVOLINK_{name.upper()}"
    text = os.environ.get(variable)
    return (variable, text) if text else None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its usual name or its address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _key(text: str | None) -> Secret:
    given: Any = text
    if not isinstance(given, str | None):
        raise ConfigurationError(f"the API key must be a text, not {type(given).__name__}")
    stripped = (given or "").strip()
    if not stripped:
        raise ConfigurationError(f"no API key: set EVOLINK_API_KEY, or give api_key; keys are made at {KEYS_PAGE}")
    if not (stripped.isascii() and stripped.isprintable() and " " not in stripped):
        raise ConfigurationError(  # without the key, which may be right but for one character
            f"the API key has spaces, line breaks or letters that are not ASCII; copy it anew from {KEYS_PAGE}"
        )
    if len(stripped) < 8:
        raise ConfigurationError(f"the API key is too short to be one; copy it anew from {KEYS_PAGE}")
    return Secret(stripped)


def _url(name: str, text: str) -> str:
    given: Any = text
    try:
        stripped = given.strip()
        url = httpx.URL(stripped)
        if ":" not in url.host:  # as an IPv6 address has
            url.host.encode("idna")  # which the look-up will do, and fail at labels that are empty or too long
        well_formed = stripped.isprintable() and " " not in stripped
    except (httpx.InvalidURL, TypeError, AttributeError, UnicodeError):
        raise ConfigurationError(f"{name} is no URL; give one as in https://api.evolink.ai") from None
    if url.scheme not in {"http", "https"} or not url.host or not well_formed:
        raise ConfigurationError(f"{name} must be an https URL with a host, as in https://api.evolink.ai")
    if url.userinfo or url.query or url.fragment:  # not shown, as it may hold a password
        raise ConfigurationError(f"{name} must have neither a user, nor a password, a query or a fragment")
    if url.path.rstrip("/").endswith("/v1"):
        raise ConfigurationError(f"{name} must go without the /v1 at its end, with which every path begins")
    if url.scheme == "http" and not is_loopback(url.host):
        raise ConfigurationError(
            f"{name} must begin with https://, as the API key is not sent unencrypted; http:// is for 127.0.0.1"
        )
    return str(url).rstrip("/")
