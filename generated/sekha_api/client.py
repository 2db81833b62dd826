from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from attrs import define, evolve, field

from .types import RawResponse, Request

if TYPE_CHECKING:
    import ssl

    import httpx

DEFAULT_TIMEOUT = 30.0
""" seconds, for each of connecting, sending, receiving and waiting for a connection """


@define(eq=False)
class Client:
    """Where the operations are sent, and how

    Args:
        base_url: every request's path is below this URL
        cookies: sent with every request
        headers: sent with every request
        timeout: seconds, or an httpx.Timeout; None waits for ever
        verify_ssl: whether, or against what, the server's certificate is checked
        follow_redirects: whether a redirect is followed
        httpx_args: further arguments of httpx.Client and httpx.AsyncClient
    """

    _base_url: str = field(alias="base_url")
    _cookies: dict[str, str] = field(factory=dict, kw_only=True, repr=False, alias="cookies")
    _headers: dict[str, str] = field(factory=dict, kw_only=True, repr=False, alias="headers")
    _timeout: float | httpx.Timeout | None = field(
        default=DEFAULT_TIMEOUT, kw_only=True, alias="timeout"
    )
    _verify_ssl: str | bool | ssl.SSLContext = field(
        default=True, kw_only=True, repr=False, alias="verify_ssl"
    )
    _follow_redirects: bool = field(default=False, kw_only=True, alias="follow_redirects")
    _httpx_args: dict[str, Any] = field(factory=dict, kw_only=True, repr=False, alias="httpx_args")
    _client: httpx.Client | None = field(default=None, init=False, repr=False)
    _async_client: httpx.AsyncClient | None = field(default=None, init=False, repr=False)

    def with_headers(self, headers: dict[str, str]) -> Self:
        """A new client, with connections of its own, that sends these headers too"""
        return evolve(self, headers={**self._headers, **headers})

    def with_cookies(self, cookies: dict[str, str]) -> Self:
        """A new client, with connections of its own, that sends these cookies too"""
        return evolve(self, cookies={**self._cookies, **cookies})

    def with_timeout(self, timeout: float | httpx.Timeout | None) -> Self:
        """A new client, with connections of its own, that waits this long"""
        return evolve(self, timeout=timeout)

    def set_httpx_client(self, client: httpx.Client) -> Self:
        """Send through this httpx.Client; its settings hold, not this object's"""
        self._client = client
        return self

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> Self:
        """Send through this httpx.AsyncClient; its settings hold, not this object's"""
        self._async_client = async_client
        return self

    def get_httpx_client(self) -> httpx.Client:
        """The httpx.Client that sends, made at the first call"""
        if self._client is None:
            import httpx  # noqa: PLC0415

            self._client = httpx.Client(**self._httpx_settings())
        return self._client

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """The httpx.AsyncClient that sends, made at the first call"""
        if self._async_client is None:
            import httpx  # noqa: PLC0415

            self._async_client = httpx.AsyncClient(**self._httpx_settings())
        return self._async_client

    def send(self, request: Request) -> RawResponse:
        """Send a built request; raises httpx.HTTPError if no answer comes"""
        response = self.get_httpx_client().request(
            request.method,
            request.path,
            params=request.params,
            headers=request.headers,
            content=request.content,
        )
        return RawResponse(response.status_code, response.headers, response.content)

    async def send_async(self, request: Request) -> RawResponse:
        """Send a built request; raises httpx.HTTPError if no answer comes"""
        response = await self.get_async_httpx_client().request(
            request.method,
            request.path,
            params=request.params,
            headers=request.headers,
            content=request.content,
        )
        return RawResponse(response.status_code, response.headers, response.content)

    def __enter__(self) -> Self:
        self.get_httpx_client().__enter__()
        return self

    def __exit__(self, *args: Any) -> None:
        self.get_httpx_client().__exit__(*args)

    async def __aenter__(self) -> Self:
        await self.get_async_httpx_client().__aenter__()
        return self

    async def __aexit__(self, *args: Any) -> None:
        await self.get_async_httpx_client().__aexit__(*args)

    def _all_headers(self) -> dict[str, str]:
        return self._headers

    def _httpx_settings(self) -> dict[str, Any]:
        return {
            "base_url": self._base_url,
            "cookies": self._cookies,
            "headers": self._all_headers(),
            "timeout": self._timeout,
            "verify": self._verify_ssl,
            "follow_redirects": self._follow_redirects,
            **self._httpx_args,
        }


@define(eq=False)
class AuthenticatedClient(Client):
    """A Client that shows a key with every request

    Args:
        token: the key
        prefix: what stands before the key in the header; empty for the key alone
        auth_header_name: the header's name
    """

    token: str = field(kw_only=True, repr=False)
    prefix: str = field(default="Bearer", kw_only=True)
    auth_header_name: str = field(default="Authorization", kw_only=True)

    def _all_headers(self) -> dict[str, str]:
        value = f"{self.prefix} {self.token}" if self.prefix else self.token
        return {**self._headers, self.auth_header_name: value}
