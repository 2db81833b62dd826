"""Where the command line's settings come from, and the client that they make."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, evolve, frozen

from .._sync.client import SyncSekhaClient
from ..config import (
    CONFIG_FILE,
    DEFAULT_BASE_URL,
    ClientConfig,
    local_of_file,
    settings_of_environment,
    settings_of_file,
)
from .exit_codes import CommandError, ExitCode

if TYPE_CHECKING:
    from ..embedders import Embedder

LOCAL_VARIABLE = "SEKHA_LOCAL"
EMBEDDER_VARIABLE = "SEKHA_EMBEDDER"


def asked_embedder(text: str | None) -> Embedder | None:
    """The embedder of an option or of the environment, for memory files; None for the built-in one.

    Raises:
        SekhaConfigError: the text names none, or what it needs is not installed.
    """
    text = text or os.environ.get(EMBEDDER_VARIABLE)
    if not text:
        return None
    from ..embedders import embedder_of

    return embedder_of(text)


ALIGN_VARIABLE = "SEKHA_ALIGN_MULTIBYTE"
DEBUG_VARIABLE = "SEKHA_DEBUG"
DEFAULT = "default"
SHORTEST_SECRET = 8
"""A shorter text can be no key, and would be found in many a message."""
WITH_PASSWORDS = frozenset({"proxy", "shared_limits"})
VARIABLES = {"api_key": "SEKHA_API_KEY", "base_url": "SEKHA_BASE_URL"}


@define
class Choices:
    """The options that every command has, as they were given.

    Attributes:
        url: the controller's URL.
        local: the memory file of an embedded controller.
        timeout: seconds that one attempt may take.
        align: whether text is aligned for the controller (compatibility row 3).
        json: whether the output is JSON.
        debug: whether errors come with a traceback, and waiting and retries are told.
    """

    url: str | None = None
    local: str | None = None
    timeout: float | None = None
    align: bool = False
    json: bool = False
    debug: bool = False


@frozen
class Setting:
    """A setting and where it comes from. A `value` of None is not set; a key's is never shown."""

    name: str
    value: str | float | bool | None
    source: str


@frozen
class Settings:
    """What a client is made with.

    Attributes:
        local: the memory file of an embedded controller; None for a controller at a URL.
        sources: where each setting comes from, by its name in ClientConfig.
    """

    local: Path | None
    values: Mapping[str, str | float | bool]
    sources: Mapping[str, str]

    @property
    def url(self) -> str:
        """Where the controller is; means nothing if there is a memory file."""
        return str(self.values.get("base_url", DEFAULT_BASE_URL))

    @property
    def target(self) -> str:
        """Whom commands talk to, for people."""
        return f"the memory file {self.local}" if self.local else self.url

    def config(self) -> ClientConfig:
        """The configuration for the controller at the URL.

        Raises:
            SekhaConfigError: there is no key, or a setting cannot be used.
        """
        return ClientConfig.load(**self.values)

    def client(self, *, makes_file: bool = False, dry_run: bool = False) -> SyncSekhaClient:
        """A client, which is to be closed.

        Args:
            makes_file: whether a memory file that does not exist is made.
            dry_run: whether one that does not exist is an empty memory, and stays unmade.

        Raises:
            CommandError: the memory file does not exist, and was not to be made.
            SekhaConfigError: a setting is missing or cannot be used.
            SekhaMissingExtraError: the extra `local` is not installed.
        """
        if self.local is None:
            return SyncSekhaClient(self.config())
        if dry_run and not self.local.exists():
            return SyncSekhaClient.local(None, embedder=asked_embedder(None), **self.values)
        if not makes_file and not self.local.exists():
            raise CommandError(
                f"there is no memory file {self.local}: `sekha-memory store` or `import` makes one",
                ExitCode.NOT_FOUND,
            )
        if self.local.is_dir():
            raise CommandError(f"{self.local} is a folder: give a memory file", ExitCode.USAGE)
        return SyncSekhaClient.local(self.local, embedder=asked_embedder(None), **self.values)

    def listed(self) -> list[Setting]:
        """All settings, for people."""
        values = {"timeout": 30.0, "align_multibyte": False, **self.values}
        names = ["timeout", "align_multibyte"]
        listed = []
        if self.local is not None:
            listed.append(Setting("local", str(self.local), self.sources["local"]))
        else:
            names = ["base_url", "api_key", *names]
            values = {"base_url": DEFAULT_BASE_URL, **values}
        names += [name for name in self.values if name not in names]
        for name in names:
            value = values.get(name)
            if name == "api_key":
                value = None if value is None else f"set, {len(str(value))} characters, not shown"
            elif name in WITH_PASSWORDS:
                value = "set, not shown"
            source = self.sources.get(name, DEFAULT if value is not None else "nowhere")
            listed.append(Setting(name, value, source))
        return listed


def resolve(choices: Choices) -> Settings:
    """The settings: options before the environment, the environment before the config file.

    Raises:
        CommandError: options that exclude each other.
        SekhaConfigError: the config file cannot be read.
    """
    if choices.url is not None and choices.local is not None:
        raise CommandError("--url and --local exclude each other: give one", ExitCode.USAGE)
    values: dict[str, str | float | bool] = {}
    sources: dict[str, str] = {}
    local = choices.local
    if local is not None:
        sources["local"] = "--local"
    elif choices.url is None and (local := os.environ.get(LOCAL_VARIABLE) or None):
        sources["local"] = LOCAL_VARIABLE
    elif choices.url is None and not settings_of_environment():
        if local := local_of_file(config_path()):
            sources["local"] = str(CONFIG_FILE)
    if local is None:
        for name, value in settings_of_file(config_path()).items():
            values[name], sources[name] = value, str(CONFIG_FILE)
        for name, value in settings_of_environment().items():
            values[name], sources[name] = value, VARIABLES[name]
        if choices.url is not None:
            values["base_url"], sources["base_url"] = choices.url, "--url"
    elif not local.strip():
        raise CommandError("--local: give the path of a memory file", ExitCode.USAGE)
    if choices.timeout is not None:
        values["timeout"], sources["timeout"] = choices.timeout, "--timeout"
    if choices.align or _is_on(ALIGN_VARIABLE):
        source = "--align-multibyte" if choices.align else ALIGN_VARIABLE
        values["align_multibyte"], sources["align_multibyte"] = True, source
    path = None if local is None else Path(local).expanduser()
    return Settings(path, values, sources)


def with_timeout(settings: Settings, seconds: float) -> Settings:
    """The same with this timeout, unless one was chosen."""
    return evolve(settings, values={"timeout": seconds, **settings.values})


def config_path() -> Path:
    """Where the config file is, whether it exists or not."""
    return CONFIG_FILE.expanduser()


def debugging(choices: Choices) -> bool:
    """Whether tracebacks are wanted."""
    return choices.debug or _is_on(DEBUG_VARIABLE)


def known_keys() -> list[str]:
    """Every key that this process could come by, so that none is ever printed."""
    found = [os.environ.get(VARIABLES["api_key"], "")]
    try:
        found.append(settings_of_file(config_path()).get("api_key", ""))
    except ValueError:
        pass  # a file that cannot be read has no key to hide
    return [key for key in found if isinstance(key, str) and len(key) >= SHORTEST_SECRET]


def _is_on(variable: str) -> bool:
    return os.environ.get(variable, "").strip().lower() not in ("", "0", "no", "off", "false")
