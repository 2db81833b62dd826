"""What can be set, where it comes from, and which rule an error names."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from sekha import ClientConfig, SekhaConfigError, SekhaValidationError

ARGUMENT, ENVIRONMENT, SERVER, CONTROLLER = (
    f"sekha-fake-key-from-the-{source}-{'0' * 20}"
    for source in ("argument", "environment", "server-table", "controller")
)


@pytest.fixture
def file() -> Path:
    """~/.sekha/config.toml of a home that is the test's own."""
    path = Path(os.environ["HOME"]) / ".sekha" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


def test_the_defaults_are_those_that_were_promised() -> None:
    config = ClientConfig(api_key=ARGUMENT)
    assert config.base_url == "http://localhost:8080"
    assert (config.timeout, config.max_retries, config.rate_limit_requests) == (30.0, 3, 1000)
    assert (config.deadline, config.align_multibyte) == (None, False)


def test_arguments_come_first_then_the_environment_then_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SekhaConfigError):
        ClientConfig.load()
    file.write_text(f'mcp_api_key = "{CONTROLLER}"\n')
    assert ClientConfig.load().api_key == CONTROLLER
    file.write_text(
        f'mcp_api_key = "{CONTROLLER}"\n[server]\napi_key = "{SERVER}"\nbase_url = "http://a:1"\n'
    )
    assert (ClientConfig.load().api_key, ClientConfig.load().base_url) == (SERVER, "http://a:1")
    monkeypatch.setenv("SEKHA_API_KEY", ENVIRONMENT)
    assert (ClientConfig.load().api_key, ClientConfig.load().base_url) == (
        ENVIRONMENT,
        "http://a:1",
    )
    monkeypatch.setenv("SEKHA_BASE_URL", "http://b:2/")
    assert ClientConfig.load().base_url == "http://b:2"
    given = ClientConfig.load(api_key=ARGUMENT, base_url="https://c", timeout=1.5)
    assert (given.api_key, given.base_url, given.timeout) == (ARGUMENT, "https://c", 1.5)


def test_an_empty_variable_is_as_none(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(f'mcp_api_key = "{CONTROLLER}"\n')
    monkeypatch.setenv("SEKHA_API_KEY", "")
    monkeypatch.setenv("SEKHA_BASE_URL", "")
    assert ClientConfig.load() == ClientConfig(api_key=CONTROLLER)


def test_without_a_key_the_error_says_where_to_put_one() -> None:
    with pytest.raises(SekhaConfigError, match="^api_key: ") as raised:
        ClientConfig.load()
    assert "SEKHA_API_KEY" in raised.value.message
    assert "~/.sekha/config.toml" in raised.value.message


@pytest.mark.parametrize("content", [b"no TOML", b'[server]\napi_key = "', b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(SekhaConfigError, match="config file: .*config.toml"):
        ClientConfig.load()


def test_a_folder_in_the_files_place_is_named(file: Path) -> None:
    file.mkdir()
    with pytest.raises(SekhaConfigError, match="config file: "):
        ClientConfig.load()


def test_the_file_gives_all_other_settings_too(file: Path) -> None:
    file.write_text(
        f'[server]\napi_key = "{SERVER}"\n'
        '[client]\ntimeout = 2.5\nverify = "/own.pem"\nhttp_backend = "httpx"\n'
    )
    config = ClientConfig.load()
    assert (config.timeout, config.verify, config.http_backend) == (2.5, "/own.pem", "httpx")
    assert ClientConfig.load(timeout=1.0).timeout == 1.0
    file.write_text(f'[server]\napi_key = "{SERVER}"\n[client]\ntimeout = -1\n')
    with pytest.raises(SekhaConfigError, match="timeout: seconds above 0"):
        ClientConfig.load()
    for name in ("timeuot", "api_key"):
        file.write_text(f'[client]\n{name} = "x"\n')
        with pytest.raises(SekhaConfigError, match=f"'{name}' under .client. is no setting"):
            ClientConfig.load()


def test_what_else_the_file_holds_is_left_alone(file: Path) -> None:
    others = 'server_port = 8080\n[database]\nurl = "x"\n'
    file.write_text(f'mcp_api_key = "{CONTROLLER}"\n{others}')
    assert ClientConfig.load().api_key == CONTROLLER
    file.write_text(f'mcp_api_key = "{CONTROLLER}"\nserver = "no table"\n')
    assert ClientConfig.load().api_key == CONTROLLER


@pytest.mark.parametrize(
    ("source", "key"), [("environment", "short"), ("file", "short"), ("file", 7)]
)
def test_a_key_from_anywhere_has_to_keep_the_rule(
    file: Path, monkeypatch: pytest.MonkeyPatch, source: str, key: object
) -> None:
    if source == "environment":
        monkeypatch.setenv("SEKHA_API_KEY", str(key))
    else:
        file.write_text(f"[server]\napi_key = {key!r}\n")
    with pytest.raises(SekhaConfigError, match="^api_key: a key has at least 32 characters"):
        ClientConfig.load()


SETTINGS: list[tuple[str, Any, str]] = [
    ("api_key", "k" * 31, "at least 32 characters"),
    ("api_key", "", "at least 32 characters"),
    ("api_key", None, "at least 32 characters"),
    ("api_key", b"k" * 40, "at least 32 characters"),
    ("api_key", "ключ" * 10, "printable ASCII"),
    ("api_key", "k" * 40 + "\n", "printable ASCII"),
    ("api_key", "k" * 20 + "\r\nx: y" + "k" * 20, "printable ASCII"),
    ("base_url", "localhost:8080", "not an http"),
    ("base_url", "http://", "not an http"),
    ("base_url", "http://h:99999", "not a URL"),
    ("base_url", "http://h:port", "not a URL"),
    ("base_url", "http://h/?a=b", "not an http"),
    ("base_url", "http://h/#a", "not an http"),
    ("base_url", "http://user:secret@h", "user name or password"),
    ("base_url", None, "base_url"),
    ("timeout", 0, "above 0"),
    ("timeout", -1.0, "above 0"),
    ("timeout", None, "above 0"),
    ("timeout", float("nan"), "above 0"),
    ("timeout", float("inf"), "above 0"),
    ("timeout", True, "above 0"),
    ("timeout", "30", "above 0"),
    ("max_retries", -1, "from 0"),
    ("max_retries", 1.5, "from 0"),
    ("max_retries", None, "from 0"),
    ("rate_limit_requests", 0, "from 1"),
    ("rate_limit_requests", True, "from 1"),
    ("deadline", 0, "above 0"),
]


@pytest.mark.parametrize(("name", "value", "rule"), SETTINGS)
def test_a_setting_that_cannot_be_used_is_named_with_its_rule(
    name: str, value: Any, rule: str
) -> None:
    with pytest.raises(SekhaConfigError, match=f"^{name}: ") as raised:
        ClientConfig(**{"api_key": "k" * 32, name: value})
    assert rule in raised.value.message
    assert raised.value.parameter == name
    assert isinstance(raised.value, SekhaValidationError) and isinstance(raised.value, ValueError)
    if name == "api_key" and value:
        assert str(value) not in raised.value.message
    assert "secret" not in raised.value.message


@pytest.mark.parametrize(
    "base_url", ["http://h", "https://h:8443/sekha", "http://[::1]:8080", "HTTP://h", "http://h///"]
)
def test_urls_that_can_be_used(base_url: str) -> None:
    assert ClientConfig(api_key="k" * 32, base_url=base_url).base_url == base_url.rstrip("/")


def test_none_turns_the_limit_and_the_deadline_off() -> None:
    config = ClientConfig(api_key="k" * 32, rate_limit_requests=None, deadline=None)
    assert config.rate_limit_requests is None and config.deadline is None


def test_a_config_is_immutable_compares_copies_and_pickles() -> None:
    config = ClientConfig(api_key=ARGUMENT)
    with pytest.raises(AttributeError):
        config.timeout = 1.0  # type: ignore[misc]
    changed = config.evolve(timeout=1.0)
    assert (changed.timeout, config.timeout) == (1.0, 30.0)
    assert pickle.loads(pickle.dumps(changed)) == changed != config
    with pytest.raises(SekhaConfigError):
        config.evolve(timeout=0)


def test_the_key_is_in_no_repr() -> None:
    config = ClientConfig(api_key=ARGUMENT)
    assert ARGUMENT not in f"{config} {config!r} {[config]}"
    assert "***" in repr(config)


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(TypeError, match="retries"):
        ClientConfig(api_key=ARGUMENT, retries=3)  # type: ignore[call-arg]


def test_an_embedded_controller_has_a_key_of_its_own_and_no_limit() -> None:
    one, two = ClientConfig.embedded(), ClientConfig.embedded(max_retries=0)
    assert one.api_key != two.api_key and len(one.api_key) >= 32
    assert one.rate_limit_requests is None and two.max_retries == 0
    assert ClientConfig.embedded(rate_limit_requests=5).rate_limit_requests == 5
