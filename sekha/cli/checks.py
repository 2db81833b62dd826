"""What `doctor` looks at: the installation, the settings, the controller and its embeddings."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from attrs import frozen

from sekha_api.api.conversations import count_conversations
from sekha_api.api.system import get_health
from sekha_api.api.tools import memory_stats
from sekha_api.models import MemoryStatsRequest

from .. import __version__
from .._core.wording import counted
from .._sync.client import SyncSekhaClient
from ..config import CONFIG_FILE
from ..errors import (
    SekhaAPIError,
    SekhaAuthError,
    SekhaConfigError,
    SekhaConnectionError,
    SekhaError,
    SekhaServerError,
    SekhaTimeoutError,
    SekhaUnavailableError,
)
from .exit_codes import CommandError, ExitCode, in_words
from .settings import Settings, config_path

DISTRIBUTION = "sekha-memory"
IMPORT_NAME = "sekha"
EMBEDDINGS = "embeddings"
EXTRAS = {
    "local": ("wordllama", "numpy", "jsonschema_rs", "starlette", "uvicorn"),
    "importers": ("ijson",),
}


@frozen
class Check:
    """What one look gave.

    Attributes:
        name: what was looked at.
        state: "ok", "note" (it is so, and handled), "skip" (not looked at), "warn" or "fail".
        message: what was seen.
        remedy: what to do about it; empty if there is nothing to do.
        code: what the command ends with if this is the first failure.
        rows: the rows of docs/controller-compatibility.md that it is about.
    """

    name: str
    state: str
    message: str
    remedy: str = ""
    code: ExitCode = ExitCode.OK
    rows: tuple[int, ...] = ()


def fail(name: str, message: str, remedy: str, code: ExitCode = ExitCode.FAILURE) -> Check:
    """A check that found what stops everything else."""
    return Check(name, "fail", message, remedy, code)


def installation() -> Iterator[Check]:
    """Whether this is the package that is imported, and whole."""
    others = sorted(
        name
        for name in set(packages_distributions().get(IMPORT_NAME, ()))
        if name.lower().replace("_", "-") != DISTRIBUTION
    )
    if others:
        names = ", ".join(others)
        yield fail(
            "installation",
            f"{names} also installs the package {IMPORT_NAME}: the files of the two are mixed",
            f"pip uninstall {' '.join(others)}, then pip install --force-reinstall {DISTRIBUTION}",
        )
    else:
        yield _version()
    missing = [name for name, modules in EXTRAS.items() if not all(map(find_spec, modules))]
    if missing:
        yield Check(
            "extras",
            "note",
            f"not installed: {', '.join(missing)}",
            f'if you need them: pip install "{DISTRIBUTION}[{",".join(missing)}]"',
        )


def _version() -> Check:
    try:
        installed = version(DISTRIBUTION)
    except PackageNotFoundError:
        return Check("installation", "note", f"version {__version__}, run without being installed")
    if installed != __version__:
        return fail(
            "installation",
            f"{DISTRIBUTION} {installed} is installed, but {__version__} is imported",
            f"pip install --force-reinstall {DISTRIBUTION}",
        )
    return Check("installation", "ok", f"{DISTRIBUTION} {installed}, alone under its name")


def config_file() -> Check:
    """Whether the config file is there and for its owner's eyes only."""
    path = config_path()
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return Check("config file", "ok", f"{CONFIG_FILE} does not exist; none is needed")
    except OSError as error:
        message = f"{CONFIG_FILE} cannot be read: {error.strerror}"
        return fail("config file", message, f"look at the permissions of {path}", ExitCode.USAGE)
    if mode & (stat.S_IRGRP | stat.S_IROTH):
        message = f"{CONFIG_FILE} can be read by other users of this machine"
        return Check("config file", "warn", message, f"chmod 600 {path}")
    return Check("config file", "ok", f"{CONFIG_FILE} is there, for you alone")


def settings_used(settings: Settings) -> Check:
    """Whether the settings can be used, and where they come from."""
    if settings.local is not None:
        file = settings.local
        source = settings.sources["local"]
        if not file.is_file():
            return fail(
                "settings",
                f"{source} names {file}, which is no file",
                "store or import something to make it, or mend the path",
                ExitCode.NOT_FOUND,
            )
        return Check("settings", "ok", f"the memory file {file}, from {source}")
    try:
        settings.config()
    except SekhaConfigError as error:
        return fail("settings", error.message, "see `sekha-memory config`", ExitCode.USAGE)
    url_source = settings.sources.get("base_url", "the default")
    key_source = settings.sources["api_key"]
    return Check("settings", "ok", f"{settings.url} from {url_source}, key from {key_source}")


def address(client: SyncSekhaClient, settings: Settings) -> Check:
    """Whether a controller answers."""
    try:
        client.call(get_health)
    except SekhaConnectionError as error:
        return fail("address", error.message, _reach(settings), ExitCode.UNREACHABLE)
    except SekhaServerError as error:
        if error.status_code != 503:
            return _no_controller(error, settings)
    except SekhaAPIError as error:
        return _no_controller(error, settings)
    return Check("address", "ok", f"{settings.target} answers")


def _reach(settings: Settings) -> str:
    parts = urlsplit(settings.url)
    remedy = "start the controller, or give its --url"
    if getproxies().get(parts.scheme) and not proxy_bypass(parts.hostname or ""):
        remedy += f"; a proxy is set: if it cannot reach {parts.hostname}, name that in NO_PROXY"
    return remedy


def _no_controller(error: SekhaAPIError, settings: Settings) -> Check:
    remedy = f"is a controller at {settings.url}? Something else may have that port"
    if settings.local is not None:
        remedy = "is it a memory file? Another of its copies may be whole"
    return fail("address", in_words(error), remedy, ExitCode.UNREACHABLE)


def key(client: SyncSekhaClient, settings: Settings) -> Check:
    """Whether the key is accepted: only the tools look at it (compatibility row 23)."""
    if settings.local is not None:
        return Check("key", "ok", "a memory file needs none")
    try:
        client.call(memory_stats, body=MemoryStatsRequest())
    except SekhaAuthError as error:
        return fail(
            "key",
            error.message,
            f"the one from {settings.sources['api_key']} is not the controller's mcp_api_key",
            ExitCode.KEY,
        )
    except SekhaError as error:
        return Check("key", "skip", f"cannot be told: {in_words(error)}")
    return Check("key", "ok", "accepted")


def health(client: SyncSekhaClient) -> Check:
    """How the controller says it is; it looks at its database and its vector store only."""
    try:
        found = client.health()
    except SekhaError as error:
        return fail("health", in_words(error), "look at the controller's log")
    parts = ", ".join(
        f"{name} {each.get('status', '?') if isinstance(each, dict) else each}"
        for name, each in found.checks.items()
    )
    if not found.healthy:
        return Check(
            "health",
            "fail",
            f"it says {found.status}" + f" ({parts})" * bool(parts),
            "its database or Chroma is down: start them, or look at the controller's log",
            ExitCode.UNREACHABLE,
            (16,),
        )
    return Check("health", "ok", "healthy" + f" ({parts})" * bool(parts))


def stored(client: SyncSekhaClient) -> tuple[Check, int]:
    """How many conversations there are."""
    try:
        number = client.call(count_conversations).count
    except SekhaError as error:
        return fail("memory", in_words(error), "look at the controller's log"), 0
    return Check("memory", "ok", f"{counted(number, 'conversation')} stored"), number


def embeddings(client: SyncSekhaClient, number: int) -> Check:
    """Whether meaning can be searched: `/health` does not look (compatibility rows 4 and 32)."""
    try:
        found = client.smart_query("hello", 1)
    except SekhaTimeoutError:
        return Check(
            EMBEDDINGS,
            "fail",
            f"no answer to a query within {client.config.timeout:g} s: the embedding service is "
            "wedged, or very slow",
            "restart the embedding service; --timeout 30 tells if it is only slow",
            ExitCode.UNREACHABLE,
            (4,),
        )
    except SekhaUnavailableError as error:
        return Check(
            EMBEDDINGS,
            "fail",
            error.message,
            "start the embedding service and Chroma that the controller is set up with",
            ExitCode.UNREACHABLE,
            (16, 32, 33),
        )
    except SekhaError as error:
        return fail(EMBEDDINGS, in_words(error), "look at the controller's log")
    if not found.results:
        what = "nothing is stored" if number == 0 else "nothing that has messages is stored"
        return Check(EMBEDDINGS, "skip", f"{what}: a query cannot tell")
    return Check(EMBEDDINGS, "ok", "a query by meaning is answered")


def no_settings(error: CommandError | SekhaConfigError) -> Check:
    """The check for settings that cannot even be read."""
    return fail("settings", in_words(error), "see `sekha-memory config --path`", ExitCode.USAGE)
