"""The settings of a client: API key, server addresses, timeouts and retries, checked before anything is sent."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import httpx

from evolink._contract import packaged_contract
from evolink._network import Network, is_loopback, is_port
from evolink._numbers import real, whole
from evolink._secret import Secret
from evolink._text import short_repr
from evolink.errors import KEYS_PAGE, ConfigurationError, NextStep

CONNECT_SECONDS = 5.0
MAX_RETRIES = 100
# Operating systems cannot wait for much longer.
MAX_SECONDS = 1e7
_EXAMPLE = "for example https://api.evolink.ai"
_YES, _NO = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}
_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u201e\xab\xbb"
_BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
# Texts that stand for a key in documentation and templates. A random key contains none of them by accident.
_PLACEHOLDER = re.compile(
    r"""
    ^[<{\[%$(]                                              # <key>, {{key}}, ${KEY}, %KEY%
    | ^(?:my|the|evolink)?[-_. ]?api[-_. ]?key$ | ^(?-i:[A-Z_]+_KEY)$
    | (?:key|token)[-_. ]?(?:goes[-_. ]?)?here(?![a-z0-9])
    | \.\.\. | \*\*\* | \u2026 | x{6}                        # sk-..., sk-evo-xxxxxxxx
    | ^(?:sk-)?(?:evo-)?[x.*_-]+$
    | (?<![a-z0-9])(?:
        your(?:[-_. ]?(?:own|real|actual|personal|evolink|api|secret|access|key|token|sk)|$)
        | (?:change|replace|insert|paste|enter|fill|put|add)[-_. ]?
          (?:me|this|it|in|your|with|here|the|a|my|api|key)(?![a-z0-9])
        | (?:placeholder|undefined|redacted)(?![a-z0-9])
      )
    """,
    re.VERBOSE | re.IGNORECASE,
)

_Transport = TypeVar("_Transport", httpx.BaseTransport, httpx.AsyncBaseTransport)


class Settings(NamedTuple):
    """The settings of one HTTP client.

    Attributes:
        base_url: the URL of the server, without a slash at the end.
        key: the API key.
        timeout: the seconds that one request may take.
        max_retries: how often a request is repeated at most.
        network: the proxies and certificates; None if `transport` decides.
        transport: the caller's own httpx transport; None for httpx's.
        headers: headers of every request, besides the key.
        cookies: cookies of every request.
        timeouts: httpx's four timeouts if the caller set them; None if `timeout` decides.
    """

    base_url: str
    key: Secret
    timeout: float
    max_retries: int
    network: Network | None = None
    transport: Any = None
    headers: Mapping[str, str] = MappingProxyType({})
    cookies: Mapping[str, str] = MappingProxyType({})
    timeouts: httpx.Timeout | None = None

    def transports(
        self, kind: Callable[..., _Transport], server: str | None = None
    ) -> tuple[_Transport, dict[str, _Transport | None]]:
        """Return the transport, and the transports through proxies; see `Network.transports`."""
        if self.network is None:
            return self.transport, {}
        return self.network.transports(kind, server)


def settings(
    api_key: str | None,
    base_url: str | None,
    files_base_url: str | None,
    timeout: float,
    max_retries: int,
    transport: Any,
    *,
    proxy: Any = None,
    verify: Any = None,
    allow_http: bool | None = None,
) -> tuple[Settings, Settings]:
    """Return the settings for the API server and those for the file server.

    Arguments that are None come from `EVOLINK_API_KEY`, `EVOLINK_BASE_URL`, `EVOLINK_FILES_BASE_URL` and
    `EVOLINK_ALLOW_HTTP`, else from the contract. A `base_url` also applies to files, unless `files_base_url` is set.

    Raises:
        ConfigurationError: a setting is missing or malformed.
    """
    contract = packaged_contract()
    base = _configured("base_url", base_url)
    files = _configured("files_base_url", files_base_url) or base
    key = _key(api_key if api_key is not None else os.environ.get("EVOLINK_API_KEY"))
    seconds = checked_timeout(timeout)
    retries = whole(max_retries)
    if retries is None or not 0 <= retries <= MAX_RETRIES:
        raise ConfigurationError(
            f"max_retries must be a whole number from 0 to {MAX_RETRIES}, not {short_repr(max_retries)}"
        )
    http_allowed = _http_allowed(allow_http)
    api_url = _url(*base, http_allowed=http_allowed) if base else contract.api_url
    files_url = _url(*files, http_allowed=http_allowed) if files else contract.files_url
    if transport is not None and (proxy is not None or verify is not None):
        raise ConfigurationError("pass proxy and verify to the transport: a client with a transport does not use them")
    network = Network(proxy, verify) if transport is None else None
    if network is not None and not http_allowed:
        _check_proxy_is_safe(network, api_url, files_url)
    api = Settings(api_url, key, seconds, retries, network, transport)
    return api, api._replace(base_url=files_url)


def _http_allowed(value: Any) -> bool:
    """Return whether the API key may be sent unencrypted to another machine.

    Raises:
        ConfigurationError: the argument is not a bool, or `EVOLINK_ALLOW_HTTP` is not a yes or no.
    """
    if isinstance(value, bool):
        return value
    if value is not None:
        raise ConfigurationError(f"allow_http must be True or False, not {short_repr(value)}")
    text = os.environ.get("EVOLINK_ALLOW_HTTP", "").strip().lower()
    if text not in _YES | _NO:
        raise ConfigurationError(f"invalid EVOLINK_ALLOW_HTTP {short_repr(text)}: expected 1 or 0")
    return text in _YES


def _check_proxy_is_safe(network: Network, *urls: str) -> None:
    """Check that no proxy on another machine gets an unencrypted API key."""
    proxy = network.proxy
    if proxy is not None and not is_loopback(proxy.url.host) and any(url.startswith("http://") for url in urls):
        raise ConfigurationError(
            "invalid proxy: with an http:// address of the server, the API key would be sent unencrypted to the proxy",
            NextStep("check_setting", "proxy"),
            NextStep("allow_http"),
        )


def checked_timeout(seconds: float, *, zero: bool = False) -> float:
    """Return a number of seconds as a float.

    Args:
        seconds: the number.
        zero: whether 0 is valid, too.

    Raises:
        ConfigurationError: it is not a number above 0 and at most 1e7.
    """
    value = real(seconds)
    if value is None or not (0 < value <= MAX_SECONDS or (zero and value == 0)):
        least = "0 or more" if zero else "above 0"
        raise ConfigurationError(
            f"timeout must be a number of seconds, {least} and at most {MAX_SECONDS:g}, not {short_repr(seconds)}"
        )
    return float(value)


def _configured(name: str, argument: str | None) -> tuple[str, str] | None:
    """Return the name and the value of an argument or of its environment variable; None if neither is set."""
    if argument is not None:
        return name, argument
    variable = f"EVOLINK_{name.upper()}"
    text = os.environ.get(variable)
    return (variable, text) if text else None


def _key(text: str | None) -> Secret:
    value: Any = text
    if not isinstance(value, str | None):
        raise ConfigurationError(f"the API key must be a str, not {type(value).__name__}")
    key = (value or "").strip()
    if not key:
        raise ConfigurationError("no API key", NextStep("set_key"))
    problem = key_problem(key) or ("is too short to be valid" if len(key) < 8 else "")
    if problem:
        raise ConfigurationError(f"the API key {problem}; copy it again from {KEYS_PAGE}")
    return Secret(key)


def key_problem(key: str) -> str:
    """Describe why a text cannot be an API key; empty if it can be one.

    The description does not quote the key, because all but one character of it may be right. A bearer token consists
    of letters, digits and `-._~+/`, with `=` at the end (RFC 6750). No page documents more about keys.
    """
    if key[0] in _QUOTES or key[-1] in _QUOTES:
        return "has quotes around it; leave them out, because docker --env-file, for example, does not remove them"
    if key.lower().startswith("bearer "):
        return 'begins with "Bearer", which the client adds itself'
    if _PLACEHOLDER.search(key):
        return "is a placeholder, to be replaced with a real one"
    if not (key.isascii() and key.isprintable() and " " not in key):
        return "contains spaces, line breaks or non-ASCII characters"
    if not _BEARER_TOKEN.fullmatch(key):
        return "contains characters that no bearer token has, such as quotes, brackets or $"
    return ""


def _url(setting: str, text: str, *, http_allowed: bool) -> str:
    """Return a server's URL without a slash at the end.

    Raises:
        ConfigurationError: it is not a URL to which the API key can be sent.
    """
    problem = _url_problem(text)
    if problem:
        raise ConfigurationError(f"invalid server address: {problem}", NextStep("check_setting", setting))
    url = httpx.URL(text.strip())
    if url.scheme == "http" and not http_allowed and not is_loopback(url.host):
        raise ConfigurationError(
            "invalid server address: expected https://, because the API key is never sent unencrypted without your "
            "consent; http:// is for localhost only",
            NextStep("check_setting", setting),
            NextStep("allow_http"),
        )
    return str(url).rstrip("/")


def _url_problem(text: Any) -> str:
    """Describe what is wrong with a server's URL, without quoting a password in it; empty if the URL is valid."""
    try:
        stripped = text.strip()
        url = httpx.URL(stripped)
        if ":" not in url.host:  # an IPv6 address has colons
            url.host.encode("idna")  # the DNS lookup does this too, and fails on labels that are empty or too long
        well_formed = stripped.isprintable() and " " not in stripped and is_port(url.port)
    except (httpx.InvalidURL, TypeError, AttributeError, UnicodeError):
        return f"expected a URL, {_EXAMPLE}"
    if url.scheme not in {"http", "https"} or not url.host or not well_formed:
        return f"expected an https URL with a host, {_EXAMPLE}"
    if url.userinfo or url.query or url.fragment:
        return "it must not contain a user, password, query or fragment"
    if url.path.rstrip("/").endswith("/v1"):
        return "leave out the /v1 at the end, because every path begins with it"
    return ""
