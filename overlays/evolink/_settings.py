"""The settings of a client: API key, server addresses, timeouts and retries, checked before anything is sent."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx

from evolink._contract import packaged_contract
from evolink._secret import Secret
from evolink._text import short_repr
from evolink.errors import KEYS_PAGE, ConfigurationError, NextStep

CONNECT_SECONDS = 5.0
MAX_RETRIES = 100
# Operating systems cannot wait for much longer.
MAX_SECONDS = 1e7
_EXAMPLE = "for example https://api.evolink.ai"


class Settings(NamedTuple):
    """The settings of one HTTP client.

    Attributes:
        base_url: the URL of the server, without a slash at the end.
        key: the API key.
        timeout: the seconds that one request may take.
        max_retries: how often a request is repeated at most.
        transport: the caller's own httpx transport; None for httpx's.
        headers: headers of every request, besides the key.
        cookies: cookies of every request.
        timeouts: httpx's four timeouts if the caller set them; None if `timeout` decides.
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
        """Whether the server is localhost, by name or by address."""
        return is_loopback(httpx.URL(self.base_url).host)


def settings(
    api_key: str | None,
    base_url: str | None,
    files_base_url: str | None,
    timeout: float,
    max_retries: int,
    transport: Any,
) -> tuple[Settings, Settings]:
    """Return the settings for the API server and those for the file server.

    Arguments that are None come from `EVOLINK_API_KEY`, `EVOLINK_BASE_URL` and `EVOLINK_FILES_BASE_URL`, else from the
    contract. A `base_url` also applies to files, unless `files_base_url` is set.

    Raises:
        ConfigurationError: a setting is missing or malformed.
    """
    contract = packaged_contract()
    base = _configured("base_url", base_url)
    files = _configured("files_base_url", files_base_url) or base
    key = _key(api_key if api_key is not None else os.environ.get("EVOLINK_API_KEY"))
    seconds = checked_timeout(timeout)
    retries: Any = max_retries
    if isinstance(retries, bool) or not isinstance(retries, int) or not 0 <= retries <= MAX_RETRIES:
        raise ConfigurationError(
            f"max_retries must be a whole number from 0 to {MAX_RETRIES}, not {short_repr(retries)}"
        )
    api = Settings(_url(*base) if base else contract.api_url, key, seconds, retries, transport)
    return api, api._replace(base_url=_url(*files) if files else contract.files_url)


def checked_timeout(seconds: float, *, zero: bool = False) -> float:
    """Return a number of seconds as a float.

    Args:
        seconds: the number.
        zero: whether 0 is valid, too.

    Raises:
        ConfigurationError: it is not a number above 0 and at most 1e7.
    """
    value: Any = seconds  # callers without a type checker pass anything
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not (0 < value <= MAX_SECONDS or (zero and value == 0)):
        least = "0 or more" if zero else "above 0"
        raise ConfigurationError(
            f"timeout must be a number of seconds, {least} and at most {MAX_SECONDS:g}, not {short_repr(value)}"
        )
    return float(value)


def _configured(name: str, argument: str | None) -> tuple[str, str] | None:
    """Return the name and the value of an argument or of its environment variable; None if neither is set."""
    if argument is not None:
        return name, argument
    variable = f"EVOLINK_{name.upper()}"
    text = os.environ.get(variable)
    return (variable, text) if text else None


def is_loopback(host: str) -> bool:
    """Whether a host is localhost, by name or by address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _key(text: str | None) -> Secret:
    value: Any = text
    if not isinstance(value, str | None):
        raise ConfigurationError(f"the API key must be a str, not {type(value).__name__}")
    key = (value or "").strip()
    if not key:
        raise ConfigurationError("no API key", NextStep("set_key"))
    # The messages do not show the key, because all but one character of it may be right.
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise ConfigurationError(
            f"the API key contains spaces, line breaks or non-ASCII characters; copy it again from {KEYS_PAGE}"
        )
    if len(key) < 8:
        raise ConfigurationError(f"the API key is too short to be valid; copy it again from {KEYS_PAGE}")
    return Secret(key)


def _url(setting: str, text: str) -> str:
    """Return a server's URL without a slash at the end.

    Raises:
        ConfigurationError: it is not a URL to which the API key can be sent.
    """
    problem = _url_problem(text)
    if problem:
        raise ConfigurationError(f"invalid server address: {problem}", NextStep("check_setting", setting))
    return str(httpx.URL(text.strip())).rstrip("/")


def _url_problem(text: Any) -> str:
    """Describe what is wrong with a server's URL, without quoting a password in it; empty if the URL is valid."""
    try:
        stripped = text.strip()
        url = httpx.URL(stripped)
        if ":" not in url.host:  # an IPv6 address has colons
            url.host.encode("idna")  # the DNS lookup does this too, and fails on labels that are empty or too long
        well_formed = stripped.isprintable() and " " not in stripped
    except (httpx.InvalidURL, TypeError, AttributeError, UnicodeError):
        return f"expected a URL, {_EXAMPLE}"
    if url.scheme not in {"http", "https"} or not url.host or not well_formed:
        return f"expected an https URL with a host, {_EXAMPLE}"
    if url.userinfo or url.query or url.fragment:
        return "it must not contain a user, password, query or fragment"
    if url.path.rstrip("/").endswith("/v1"):
        return "leave out the /v1 at the end, because every path begins with it"
    if url.scheme == "http" and not is_loopback(url.host):
        return "expected https://, because the API key is never sent unencrypted; http:// is for localhost only"
    return ""
