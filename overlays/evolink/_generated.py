"""`InnerClient`, the generated client with the SDK's HTTP client inside.

It differs from the generated `AuthenticatedClient` only in the httpx client that generated functions get from it.
Thus `get_task.sync(task_id, client=api.client)` has the timeouts, retries and errors of `api.task(task_id)`.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn, Self

import httpx

from evolink._http import HttpClient, closed, timeouts
from evolink._settings import Settings
from evolink.errors import ConfigurationError
from evolink_client import AuthenticatedClient

if TYPE_CHECKING:
    from evolink._async_http import AsyncHttpClient


class InnerClient(AuthenticatedClient):
    """A generated client whose requests go through the SDK; every generated function accepts it.

    The client of an `EvoLink` works with the functions `sync` and `sync_detailed`, and the client of an `AsyncEvoLink`
    with `asyncio` and `asyncio_detailed`.

    Args:
        settings: the settings of the client.
        asynchronous: whether it belongs to an `AsyncEvoLink`.
        like: another client, whose connections this one uses.
    """

    def __init__(self, settings: Settings, *, asynchronous: bool, like: InnerClient | None = None) -> None:
        super().__init__(base_url=settings.base_url, token="", timeout=settings.timeouts or timeouts(settings.timeout))
        self._settings = settings
        self._asynchronous = asynchronous
        self._http: HttpClient | None = None
        self._async_http: AsyncHttpClient | None = None
        self._like = like
        self._lock = threading.Lock()
        self._is_closed = False

    def get_httpx_client(self) -> HttpClient:
        """Return the httpx client; made at the first call.

        Raises:
            ConfigurationError: this client is closed, or belongs to an `AsyncEvoLink`.
        """
        if self._asynchronous:
            raise ConfigurationError("this is the client of an AsyncEvoLink; use the generated function asyncio()")
        with self._lock:
            if self._is_closed:
                raise closed()
            like = None if self._like is None else self._like.get_httpx_client()
            if self._http is None:
                self._http = HttpClient(self._settings, like)
            return self._http

    def get_async_httpx_client(self) -> AsyncHttpClient:
        """Return the asynchronous httpx client; made at the first call.

        Raises:
            ConfigurationError: this client is closed, or belongs to an `EvoLink`.
        """
        if not self._asynchronous:
            raise ConfigurationError("this is the client of an EvoLink; use the generated function sync()")
        if self._is_closed:
            raise closed()
        like = None if self._like is None else self._like.get_async_httpx_client()
        if self._async_http is None:
            from evolink._async_http import AsyncHttpClient  # noqa: PLC0415 - blocking programs need not load asyncio

            self._async_http = AsyncHttpClient(self._settings, like)
        return self._async_http

    def with_headers(self, headers: dict[str, str]) -> InnerClient:
        """Return a client that sends these headers, too. It shares the connections of this one."""
        return self._derived(self._settings._replace(headers={**self._settings.headers, **headers}))

    def with_cookies(self, cookies: dict[str, str]) -> InnerClient:
        """Return a client that sends these cookies, too. It shares the connections of this one."""
        return self._derived(self._settings._replace(cookies={**self._settings.cookies, **cookies}))

    def with_timeout(self, timeout: httpx.Timeout) -> InnerClient:
        """Return a client with other timeouts. It shares the connections of this one."""
        seconds = timeout.read if timeout.read is not None else self._settings.timeout
        return self._derived(self._settings._replace(timeout=seconds, timeouts=timeout))

    def set_httpx_client(self, client: httpx.Client) -> NoReturn:  # noqa: ARG002 - the generated signature
        """Raise a ConfigurationError: another httpx client would lack the SDK's retries and errors."""
        raise ConfigurationError("pass a transport to EvoLink instead of another httpx client")

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> NoReturn:  # noqa: ARG002 - the generated signature
        """Raise a ConfigurationError: another httpx client would lack the SDK's retries and errors."""
        raise ConfigurationError("pass a transport to AsyncEvoLink instead of another httpx client")

    def close(self) -> None:
        """Close the connections."""
        self._is_closed = True
        if self._http is not None:
            self._http.close()

    async def aclose(self) -> None:
        """Close the connections."""
        self._is_closed = True
        if self._async_http is not None:
            with suppress(RuntimeError):  # the connections are gone with their event loop
                await self._async_http.aclose()

    def __enter__(self) -> Self:
        self.get_httpx_client()
        return self

    def __exit__(self, *args: object, **kwargs: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        self.get_async_httpx_client()
        return self

    async def __aexit__(self, *args: object, **kwargs: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._settings.base_url}>"

    def __reduce__(self) -> NoReturn:
        raise ConfigurationError("a client cannot be copied or sent to another process; make another client there")

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__  # type: ignore[assignment] # attrs removes it, because it compares by value

    def _derived(self, settings: Settings) -> InnerClient:
        return InnerClient(settings, asynchronous=self._asynchronous, like=self)
