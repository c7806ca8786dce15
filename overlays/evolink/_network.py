"""Proxies and certificates: read from arguments and the environment, and checked before anything is sent.

A client reads them once, in its constructor, for the API, uploads and downloads alike. The rules are those of httpx,
except that no proxy from the environment gets requests to localhost, or an API key that is not encrypted.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.request import getproxies

import httpx

from evolink._text import short_repr
from evolink.errors import ConfigurationError, NextStep

if TYPE_CHECKING:
    import ssl

ProxyTypes = str | httpx.URL | httpx.Proxy
"""The address of a proxy, as in `http://user:password@127.0.0.1:7890`, or httpx's own object."""

# The service, like httpx, may close connections that were idle for 5 s; a create must not be sent on one of those.
LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=3)
_SCHEMES = ("http", "https", "socks5", "socks5h")
_LOCALHOST = ("localhost", "*.localhost", "127.0.0.1", "[::1]")

_Transport = TypeVar("_Transport", httpx.BaseTransport, httpx.AsyncBaseTransport)


def is_loopback(host: str) -> bool:
    """Return whether a host is localhost, by name or by address; `*.localhost` is, too (RFC 6761)."""
    name = host.lower().rstrip(".")
    try:
        return name == "localhost" or name.endswith(".localhost") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_port(number: int | None) -> bool:
    """Return whether a URL can have this port; None is the default one."""
    return number is None or 0 < number < 65_536


class Network:
    """The proxies and certificates of one client.

    Args:
        proxy: the proxy of every request; None for those of the environment.
        verify: the path of a file or folder with the certificates to trust, or an SSL context; None for those of the
            environment, else those of `certifi`.

    Attributes:
        proxy: the proxy from the argument.
        context: the SSL context of the argument or of the environment; None if neither is set.

    Raises:
        ConfigurationError: an argument or an environment variable is invalid.
    """

    def __init__(self, proxy: Any = None, verify: Any = None) -> None:
        self.proxy = None if proxy is None else _checked_proxy("proxy", proxy)
        self._proxies = {"all://": self.proxy} if self.proxy is not None else _environment_proxies()
        self.context = _ssl_context(verify)

    def transports(
        self, kind: Callable[..., _Transport], server: str | None = None
    ) -> tuple[_Transport, dict[str, _Transport | None]]:
        """Return a transport, and the transports through proxies by httpx's URL patterns.

        Args:
            kind: `httpx.HTTPTransport` or `httpx.AsyncHTTPTransport`.
            server: the URL of the only server, which gets the API key; None for requests to any host without the key.
        """
        url = None if server is None else httpx.URL(server)
        # Loading certificates takes 30 ms; requests that are only sent with http:// need none.
        context = False if url is not None and url.scheme == "http" else self._certificates()
        options: dict[str, Any] = {"verify": context, "trust_env": False, "limits": LIMITS}
        mounts = {
            pattern: None if proxy is None else kind(proxy=self._with_certificates(proxy), **options)
            for pattern, proxy in self._proxies_for(url).items()
        }
        return kind(**options), mounts

    def _proxies_for(self, url: httpx.URL | None) -> Mapping[str, httpx.Proxy | None]:
        """Return the proxies by URL pattern, for requests to one server with the API key, or to any without it."""
        if self.proxy is None and url is not None and (url.scheme == "http" or is_loopback(url.host)):
            return {}
        if self.proxy is None and self._proxies:
            return {**self._proxies, **{f"all://{name}": None for name in _LOCALHOST}}
        return self._proxies

    def _certificates(self) -> ssl.SSLContext:
        return self.context or _default_context()

    def _with_certificates(self, proxy: httpx.Proxy) -> httpx.Proxy:
        """Return a proxy that is reached with the client's certificates, too."""
        if proxy.url.scheme != "https" or proxy.ssl_context is not None:
            return proxy
        return httpx.Proxy(proxy.url, ssl_context=self._certificates(), auth=proxy.auth, headers=proxy.headers)


def _environment_proxies() -> dict[str, httpx.Proxy | None]:
    """Return the proxies of the environment by URL pattern; None excludes hosts, as `NO_PROXY` says."""
    addresses = getproxies()
    excluded = [name for entry in addresses.get("no", "").split(",") if (name := entry.strip())]
    if "*" in excluded:
        return {}
    proxies: dict[str, httpx.Proxy | None] = {
        f"{scheme}://": _checked_proxy(_variable(scheme), addresses[scheme])
        for scheme in ("http", "https", "all")
        if addresses.get(scheme)
    }
    return {**proxies, **{_pattern(name): None for name in excluded}} if proxies else {}


def _pattern(name: str) -> str:
    """Return httpx's URL pattern for an entry of `NO_PROXY`: a URL, an address, a host or a domain."""
    try:
        address = ipaddress.ip_network(name.strip("[]"), strict=False).network_address
    except ValueError:
        pattern = name if "://" in name else _host_pattern(name)
    else:
        # httpx compares single addresses only; a range excludes its first one.
        pattern = f"all://[{address}]" if address.version == 6 else f"all://{address}"
    valid = len(name.split()) == 1  # some programs separate the entries with spaces, which httpx would encode
    try:
        httpx.URL(pattern)
    except httpx.InvalidURL:
        valid = False
    if not valid:
        variable = _variable("no")
        raise ConfigurationError(
            f"invalid {variable}: {short_repr(name)} is not a host; expected names and addresses with commas between "
            "them, for example localhost,10.0.0.1,.example.com",
            NextStep("check_setting", variable),
        )
    return pattern


def _host_pattern(name: str) -> str:
    """Return httpx's URL pattern for a host with or without a port; it includes the names below the host."""
    scheme = "all"
    for default, port in (("https", ":443"), ("http", ":80")):
        if name.endswith(port):  # httpx removes default ports from URLs
            scheme, name = default, name.removesuffix(port)
    exact = name.startswith("[") or name.lower() == "localhost"
    return f"{scheme}://{'' if exact else '*'}{name.lstrip('*')}"


def _variable(scheme: str) -> str:
    """Return the name of the environment variable that sets a proxy; lower case takes precedence, as in Python."""
    usual = f"{scheme}_proxy"
    names = [name for name in os.environ if name.lower() == usual and os.environ[name]]
    return usual if usual in names else (names or ["the proxy settings of this system"])[0]


def _checked_proxy(setting: str, value: Any) -> httpx.Proxy:
    """Return a proxy. The errors do not quote its address, which may contain a password.

    Raises:
        ConfigurationError: the address is invalid, or needs a package that is not installed.
    """
    step = NextStep("check_setting", setting)
    example = "for example http://127.0.0.1:7890"
    if not isinstance(value, str | httpx.URL | httpx.Proxy):
        raise ConfigurationError(f"invalid {setting}: expected a URL, {example}, not {type(value).__name__}", step)
    url = value.url if isinstance(value, httpx.Proxy) else _proxy_url(str(value).strip())
    if url is None:
        raise ConfigurationError(
            f"invalid {setting}: expected a URL with a host, {example}; percent-encode a password", step
        )
    scheme = url.scheme
    if scheme not in _SCHEMES:
        kind = f"; write socks5:// instead of {scheme}://" if scheme.startswith("socks") else ""
        raise ConfigurationError(
            f"invalid {setting}: a proxy begins with http://, https://, socks5:// or socks5h://{kind}", step
        )
    if scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigurationError(
            f'{setting} is a SOCKS proxy, which needs another package; install it with: pip install "httpx[socks]"'
        )
    return value if isinstance(value, httpx.Proxy) else httpx.Proxy(url)


def _proxy_url(text: str) -> httpx.URL | None:
    """Return the URL of a proxy, as httpx would complete it; None if it cannot be one."""
    try:
        url = httpx.URL(text if "://" in text else f"http://{text}")
        if ":" not in url.host:  # an IPv6 address has colons
            url.host.encode("idna")  # the DNS lookup does this too, and fails on labels that are empty or too long
    except (httpx.InvalidURL, ValueError):
        return None
    # httpx percent-encodes what no host can contain.
    return url if url.host and is_port(url.port) and ("%" not in url.host or ":" in url.host) else None


def _ssl_context(verify: Any) -> ssl.SSLContext | None:
    """Return the SSL context of the argument or of the environment; None if neither is set.

    Raises:
        ConfigurationError: the certificates cannot be loaded, or `verify` would switch the check off.
    """
    if verify is not None and verify is not True:
        return _given_context(verify)
    if path := os.environ.get("SSLKEYLOGFILE"):
        _check_key_log(path)
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if path := os.environ.get(variable):
            return _loaded(variable, path, folder=variable == "SSL_CERT_DIR")
    return None


def _given_context(verify: Any) -> ssl.SSLContext:
    """Return the SSL context of the argument `verify`."""
    import ssl  # noqa: PLC0415 - takes longer to import than the rest of this module

    if isinstance(verify, ssl.SSLContext):
        return verify
    try:
        text = os.fsdecode(verify)
        path = Path(text).expanduser()
    except (TypeError, RuntimeError):  # a RuntimeError if the home of a user is unknown
        raise ConfigurationError(
            "invalid verify: expected the path of a file or folder with certificates, or an ssl.SSLContext, not "
            f"{short_repr(verify)}; the check of the server's certificate cannot be switched off"
        ) from None
    return _loaded("verify", str(path) if text else "", folder=bool(text) and path.is_dir())


def _check_key_log(path: str) -> None:
    """Open the file that `SSLKEYLOGFILE` names, as every new SSL context does."""
    import ssl  # noqa: PLC0415 - see _given_context

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_filename = path
    except OSError as error:
        raise _unusable("SSLKEYLOGFILE", path, error.strerror or str(error)) from error


def _loaded(setting: str, path: str, *, folder: bool) -> ssl.SSLContext:
    """Return an SSL context that trusts the certificates in a file, or in the folders of a list."""
    if folder and not any(Path(each).is_dir() for each in path.split(os.pathsep)):
        raise _unusable(setting, path, "it is not a folder")  # ssl ignores folders that do not exist
    try:
        changed = 0 if folder else os.stat(path).st_mtime_ns  # noqa: PTH116 - a Path takes "" for the current folder
        return _loaded_context(path, changed, folder)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        raise _unusable(setting, path, str(reason)) from error


def _unusable(setting: str, path: str, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"invalid {setting}: cannot use {short_repr(path, 200)}: {reason}", NextStep("check_setting", setting)
    )


@lru_cache(maxsize=4)
def _loaded_context(path: str, changed: int, folder: bool) -> ssl.SSLContext:  # noqa: FBT001 - part of the cache's key
    """Load certificates; `changed` is the time of the file's last change, after which it is loaded again."""
    import ssl  # noqa: PLC0415 - see _given_context

    del changed
    return ssl.create_default_context(cafile=None if folder else path, capath=path if folder else None)


@lru_cache(maxsize=1)
def _default_context() -> ssl.SSLContext:
    """Load the certificates of `certifi`, once for all clients."""
    try:
        return httpx.create_ssl_context(trust_env=False)
    except OSError as error:
        raise ConfigurationError(
            f"the certificates of certifi cannot be loaded: {error.strerror or error}; reinstall it, or pass verify"
        ) from error
