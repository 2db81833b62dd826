"""What can be set, and where settings come from."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from attrs import Attribute, evolve, field, fields, frozen

from ._core.shown import shown
from .errors import SekhaConfigError

MIN_KEY_LENGTH = 32
DEFAULT_BASE_URL = "http://localhost:8080"
EMBEDDED_URL = "http://embedded.invalid"
CONFIG_FILE = Path("~/.sekha/config.toml")


def _check_key(_: Any, __: Attribute[str], value: str) -> None:
    if not isinstance(value, str) or len(value) < MIN_KEY_LENGTH:
        raise SekhaConfigError(
            "api_key",
            f"a key has at least {MIN_KEY_LENGTH} characters; use the controller's mcp_api_key",
        )
    if not value.isascii() or not value.isprintable() or value != value.strip():
        raise SekhaConfigError(
            "api_key", "a key is printable ASCII with no space at either end, as a header needs it"
        )


PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


def _normal_url(value: str) -> str:
    return value.rstrip("/") if isinstance(value, str) else value


def _check_url(_: Any, __: Attribute[str], value: str) -> None:
    if not isinstance(value, str):
        raise SekhaConfigError("base_url", f"a URL is needed, not {type(value).__name__}")
    shown = _without_secrets(value)
    try:
        parts = urlsplit(value)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise SekhaConfigError("base_url", f"{shown!r} is not a URL") from None
    if parts.username is not None or parts.password is not None:
        raise SekhaConfigError("base_url", "must not hold a user name or password")
    if (
        parts.scheme not in ("http", "https")
        or not host
        or parts.query
        or parts.fragment
        or not _is_plain(value)
    ):
        raise SekhaConfigError(
            "base_url", f"{shown!r} is not an http(s) URL such as {DEFAULT_BASE_URL}"
        )
    if not _is_host(host):
        raise SekhaConfigError("base_url", f"{host!r} cannot be the name of a host")


def check_proxy(value: object) -> None:
    """Whether this can be the URL of a proxy. No message holds any of it but its scheme: what a
    password is, is hard to tell in a URL that is none.

    Raises:
        SekhaConfigError: it cannot.
    """
    like = "not the URL of a proxy, such as http://proxy.example:3128"
    if not isinstance(value, str):
        raise SekhaConfigError("proxy", f"a URL is needed, not {type(value).__name__}")
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise SekhaConfigError("proxy", f"{like}; its host or port cannot be read") from None
    if parts.scheme not in PROXY_SCHEMES:
        raise SekhaConfigError("proxy", f"{like}; it has to begin with {_listed(PROXY_SCHEMES)}")
    if not value.isascii():
        raise SekhaConfigError(
            "proxy", f"{like}; other letters are written as %C3%A9, and in its host as xn--..."
        )
    if not _is_plain(value) or not _is_host(host) or port == 0:
        raise SekhaConfigError("proxy", f"{like}; its host or port cannot be one")
    if parts.query or parts.fragment or parts.path not in ("", "/"):
        raise SekhaConfigError("proxy", f"{like}; nothing can follow its port")


def _check_proxy(_: Any, __: Attribute[str | None], value: object) -> None:
    if value is not None:
        check_proxy(value)


def _check_verify(_: Any, __: Any, value: object) -> None:
    if isinstance(value, bool):
        return
    if not isinstance(value, str):
        raise SekhaConfigError(
            "verify", f"True, False or the path of a PEM file is needed, not {value!r}"
        )
    if not value or "\0" in value:
        raise SekhaConfigError("verify", "no path of a file can be empty or hold a NUL")


def _is_plain(url: str) -> bool:
    """Whether a URL holds no white space, control character or half a character."""
    return not any(c.isspace() or not c.isprintable() or "\ud800" <= c <= "\udfff" for c in url)


def _is_host(host: str) -> bool:
    """Whether this can be a name in the DNS, or an address."""
    if not host:
        return False
    if ":" in host:
        return True  # in brackets, and checked by urlsplit
    try:
        # The dot at the end of an absolute name is no label.
        ascii_name = host.removesuffix(".").encode("idna").decode("ascii")
    except UnicodeError:
        return False
    return len(ascii_name) <= 253 and not set(ascii_name) & set("%\\^`{}|<>\"'!$&()*+,;=~")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words[:-1]) + f" or {words[-1]}"


def _without_secrets(url: str) -> str:
    """A URL without the parts that can hold a password or a token."""
    before, at, rest = url.rpartition("@")
    scheme, slashes, _ = before.partition("//")
    shown = f"{scheme + slashes if slashes else ''}***@{rest}" if at else url
    for mark in "?#":
        shown, cut, _ = shown.partition(mark)
        shown += f"{mark}***" if cut else ""
    return shown


def _check_redis_url(_: Any, __: Attribute[str | None], value: str | None) -> None:
    if value is not None and not str(value).startswith(("redis://", "rediss://", "unix://")):
        raise SekhaConfigError("shared_limits", "is not a redis:// URL")


def _check_backend(_: Any, __: Attribute[Any], value: str | None) -> None:
    if value not in (None, "httpx", "fast"):
        raise SekhaConfigError("http_backend", f"'httpx' or 'fast' is needed, not {shown(value)}")


def _check_tracing(_: Any, __: Attribute[Any], value: object) -> None:
    if not isinstance(value, bool | None) and value != "content":
        raise SekhaConfigError("tracing", f"True, False or 'content' is needed, not {shown(value)}")


def _redacted(value: object) -> str:
    return "None" if value is None else "'***'"


def _check_positive(_: Any, attribute: Attribute[Any], value: float | None) -> None:
    if value is None and attribute.name == "deadline":
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
        raise SekhaConfigError(attribute.name, f"seconds above 0 are needed, not {shown(value)}")


def _check_count(least: int) -> Any:
    def check(_: Any, attribute: Attribute[Any], value: int | None) -> None:
        if value is None and attribute.name == "rate_limit_requests":
            return
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise SekhaConfigError(
                attribute.name, f"a whole number from {least} is needed, not {shown(value)}"
            )

    return check


@frozen(kw_only=True)
class ClientConfig:
    """How a client reaches its controller. Immutable; `evolve` gives a changed copy; pickles.

    Args:
        api_key: the controller's key, at least 32 characters. In no repr, log or error.
        base_url: the controller's http(s) URL.
        timeout: seconds that one attempt may take.
        max_retries: how often a request is sent again, from 0. Waiting out a 429 does not count.
        rate_limit_requests: never more than this many requests in any 60 seconds; None is no limit.
        deadline: seconds that a whole call may take, waiting and retries included; None is no
            limit.
        align_multibyte: put 1 to 3 spaces before a message whose 100th byte falls inside a
            character, which this controller cannot store otherwise (compatibility row 3), and take
            them off when reading.
        verify: whether the controller's certificate is checked; a path checks it against the
            certificates of that file, which is read at the first call.
        proxy: the URL of a proxy (http, https, socks5 or socks5h); None takes the environment's
            (HTTPS_PROXY, NO_PROXY, ...), but for a controller on this machine none. In no repr, for
            it can hold a password.
        shared_limits: a redis:// URL; all processes with the same one and the same base_url keep
            the rate limit and the 4 creates in flight together. Needs the extra `redis`.
        shared_limits_fallback: go on with this process's own limits, and warn, when that Redis
            does not answer; otherwise that is a SekhaSharedLimitsError.
        http_backend: what sends: "httpx", or "fast" (aiohttp and urllib3, the extra `fast`). None
            takes what SEKHA_HTTP_BACKEND in the environment says, else "fast" if it is installed.
        tracing: whether calls and attempts are told to OpenTelemetry, as spans and metrics (the
            extra `otel`): without any content, or, with "content", with the text that is looked
            for, labels and folders. None takes what SEKHA_TRACING in the environment says (1, 0 or
            content), else they are not.

    Raises:
        SekhaConfigError: a setting cannot be used; the message names it and the rule.
    """

    api_key: str = field(validator=_check_key, repr=_redacted)
    base_url: str = field(default=DEFAULT_BASE_URL, converter=_normal_url, validator=_check_url)
    timeout: float = field(default=30.0, validator=_check_positive)
    max_retries: int = field(default=3, validator=_check_count(0))
    rate_limit_requests: int | None = field(default=1000, validator=_check_count(1))
    deadline: float | None = field(default=None, validator=_check_positive)
    align_multibyte: bool = False
    verify: bool | str = field(default=True, validator=_check_verify)
    proxy: str | None = field(default=None, validator=_check_proxy, repr=_redacted)
    shared_limits: str | None = field(default=None, validator=_check_redis_url, repr=_redacted)
    shared_limits_fallback: bool = False
    http_backend: Literal["httpx", "fast"] | None = field(default=None, validator=_check_backend)
    tracing: bool | Literal["content"] | None = field(default=None, validator=_check_tracing)

    def evolve(self, **changes: Any) -> ClientConfig:
        """A copy with these settings changed."""
        return evolve(self, **changes)

    @classmethod
    def embedded(cls, **settings: Any) -> ClientConfig:
        """Settings for a client of an embedded controller, which has no URL and asks for no key.

        Args:
            settings: any argument of ClientConfig but `api_key` and `base_url`.
        """
        if fixed := {"api_key", "base_url"}.intersection(settings):
            raise SekhaConfigError(min(fixed), "an embedded controller has none")
        settings = {"rate_limit_requests": None, **settings}
        return cls(api_key=secrets.token_urlsafe(MIN_KEY_LENGTH), base_url=EMBEDDED_URL, **settings)

    @classmethod
    def load(cls, **settings: Any) -> ClientConfig:
        """The settings given, then the environment's, then those of ~/.sekha/config.toml.

        Args:
            settings: any argument of ClientConfig; each comes before all other sources.

        The environment gives SEKHA_API_KEY and SEKHA_BASE_URL. The file gives `api_key` and
        `base_url` in `[server]`, or else the controller's own `mcp_api_key`, and any other argument
        of ClientConfig in `[client]`.

        Raises:
            SekhaConfigError: no key anywhere, a setting that cannot be used or that does not exist,
                or a file that is no TOML.
        """
        found = {
            **settings_of_file(CONFIG_FILE.expanduser()),
            **settings_of_environment(),
            **settings,
        }
        if "api_key" not in found:
            raise SekhaConfigError(
                "api_key",
                f"none found: set SEKHA_API_KEY, or api_key under [server] in {CONFIG_FILE}",
            )
        return cls(**found)


def settings_of_environment() -> dict[str, str]:
    """What the environment says."""
    names = {"api_key": "SEKHA_API_KEY", "base_url": "SEKHA_BASE_URL"}
    return {key: os.environ[name] for key, name in names.items() if os.environ.get(name)}


def settings_of_file(path: Path) -> dict[str, Any]:
    """What a config file says; nothing if there is none.

    Raises:
        SekhaConfigError: it is no TOML, or `[client]` holds what is no setting.
    """
    content = _content(path)
    server = content.get("server", {})
    server = server if isinstance(server, dict) else {}
    client = content.get("client", {})
    client = client if isinstance(client, dict) else {}
    known = {each.name for each in fields(ClientConfig)} - {"api_key", "base_url"}
    if unknown := client.keys() - known:
        raise SekhaConfigError(
            "config file", f"{CONFIG_FILE}: {min(unknown)!r} under [client] is no setting"
        )
    found = {
        "api_key": server.get("api_key") or content.get("mcp_api_key"),
        "base_url": server.get("base_url"),
    }
    return {**client, **{key: value for key, value in found.items() if value}}


def local_of_file(path: Path) -> str | None:
    """The memory file that a config file names for the command line, `local` under `[cli]`.

    Raises:
        SekhaConfigError: the config file is no TOML, or this no text.
    """
    cli = _content(path).get("cli", {})
    local = cli.get("local") if isinstance(cli, dict) else None
    if local is not None and not isinstance(local, str):
        raise SekhaConfigError("config file", f"{CONFIG_FILE}: local under [cli] is no path")
    return local or None


def _content(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SekhaConfigError("config file", f"{CONFIG_FILE} cannot be read: {error}") from None
