"""What every command stands on: its common options, its examples, and how it ends."""

from __future__ import annotations

import inspect
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, wraps
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from typer.core import TyperGroup

from .._sync.client import SyncSekhaClient
from .exit_codes import ExitCode, exit_code, in_words
from .output import Output
from .settings import Choices, Settings, debugging, known_keys, resolve

P = ParamSpec("P")
T = TypeVar("T")

PROGRAM = "sekha-memory"
KEY_OPTIONS = frozenset({"--api-key", "--key", "--token", "--apikey", "--api_key"})


class Session:
    """One run of the command line: its common options, and where it writes."""

    def __init__(self) -> None:
        self.choices = Choices()

    @classmethod
    def of(cls, context: typer.Context) -> Session:
        """The run that this context belongs to."""
        return context.ensure_object(cls)

    @cached_property
    def output(self) -> Output:
        """Where to write; to be asked for only when all options have been read."""
        return Output(self.choices.json)

    @property
    def debugging(self) -> bool:
        """Whether waiting, retries and tracebacks are shown."""
        return debugging(self.choices)

    def settings(self) -> Settings:
        """The settings; raises as `resolve` does."""
        return resolve(self.choices)

    @contextmanager
    def client(self, *, makes_file: bool = False) -> Iterator[SyncSekhaClient]:
        """A client for as long as the block runs; raises as `Settings.client` does."""
        with self.settings().client(makes_file=makes_file) as client:
            yield client


COMMON: dict[str, Any] = {
    "local": Annotated[
        str | None,
        typer.Option(
            "--local",
            metavar="FILE",
            help="Use this memory file, without a server. Env: SEKHA_LOCAL.",
            rich_help_panel="Connection",
        ),
    ],
    "url": Annotated[
        str | None,
        typer.Option(
            "--url",
            metavar="URL",
            help="The controller's URL. Env: SEKHA_BASE_URL. Its key comes from SEKHA_API_KEY or "
            "the config file, never from an argument.",
            rich_help_panel="Connection",
        ),
    ],
    "timeout": Annotated[
        float | None,
        typer.Option(
            "--timeout",
            metavar="SECONDS",
            help="How long one attempt may take (30).",
            rich_help_panel="Connection",
        ),
    ],
    "align": Annotated[
        bool | None,
        typer.Option(
            "--align-multibyte",
            help="Store text that the public controller drops (its row 3), and read it back. "
            "Env: SEKHA_ALIGN_MULTIBYTE.",
            rich_help_panel="Connection",
        ),
    ],
    "json": Annotated[
        bool | None,
        typer.Option("--json", help="JSON on stdout, for scripts.", rich_help_panel="Output"),
    ],
    "debug": Annotated[
        bool | None,
        typer.Option(
            "--debug",
            help="Show each attempt, wait and retry; errors with traceback.",
            rich_help_panel="Output",
        ),
    ],
}
"""The options that go with every command, before it and behind it."""


def with_common_options(function: Callable[P, T]) -> Callable[..., T]:
    """The same function with COMMON among its parameters: they go into the session."""
    signature = inspect.signature(function, eval_str=True)
    prefixed = {f"common_{name}": annotation for name, annotation in COMMON.items()}

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> T:
        given = {name: kwargs.pop(f"common_{name}") for name in COMMON}
        context: Any = kwargs["context"]
        session = Session.of(context)
        for name, value in given.items():
            # What was given before the command holds until it is given again behind it.
            if value is not None:
                setattr(session.choices, name, value)
        return function(*args, **kwargs)

    parameters = [
        *signature.parameters.values(),
        *(
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
            )
            for name, annotation in prefixed.items()
        ),
    ]
    called.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    return called


class Program(TyperGroup):
    """All commands. Whatever happens, it ends with a code of `ExitCode` and at most one line."""

    def invoke(self, ctx: Any) -> Any:
        with _logging(ctx.ensure_object(Session)):
            try:
                result = super().invoke(ctx)
                sys.stdout.flush()
                return result
            except BrokenPipeError:
                _let_go_of_stdout()
                raise typer.Exit(ExitCode.PIPE_CLOSED) from None
            except (KeyboardInterrupt, EOFError, typer.Abort):
                raise typer.Exit(ExitCode.INTERRUPTED) from None

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        session = Session()
        try:
            result = super().main(
                args, prog_name, complete_var, False, windows_expand_args, obj=session, **extra
            )
            code = result if isinstance(result, int) else ExitCode.OK
        except typer.TyperException as error:
            code = _usage(error)
        except Exception as error:  # the outermost place: nothing behind it would say it better
            code = _failed(error, debug=session.debugging)
        if code == ExitCode.INTERRUPTED:
            Output().error("interrupted")
        if standalone_mode:
            sys.exit(code)
        return int(code)


def command(
    program: typer.Typer, *, panel: str, examples: list[str], name: str | None = None
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Makes a function a command. Its docstring is its help.

    Args:
        panel: under which heading `--help` lists it.
        examples: command lines, without the program's name.
    """
    lines = [f"$ {PROGRAM} {example}".replace("[", "\\[") for example in examples]
    heading = "Example:" if len(lines) == 1 else "Examples:"

    def add(function: Callable[P, T]) -> Callable[P, T]:
        paragraphs = (" ".join(each.split()) for each in (function.__doc__ or "").split("\n\n"))
        program.command(
            name,
            help="\n\n".join(paragraphs),
            rich_help_panel=panel,
            epilog=as_written(f"[bold]{heading}[/bold]", *lines),
        )(with_common_options(function))
        return function

    return add


def as_written(*lines: str) -> str:
    """A paragraph of help whose lines stay as they are."""
    return "\n".join(lines)


def _usage(error: typer.TyperException) -> int:
    """A command line that cannot be understood, in one line."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.format_message())
        return ExitCode.OK
    message = " ".join(error.format_message().split()).rstrip(".")
    if getattr(error, "option_name", None) in KEY_OPTIONS:
        message = (
            "the key is never an argument, where other users of this machine could read it: set "
            "SEKHA_API_KEY, or api_key under [server] in ~/.sekha/config.toml"
        )
    elif context is not None:
        message += f"; see `{context.command_path} --help`"
    Output().error(_redacted(message))
    return getattr(error, "exit_code", ExitCode.USAGE)


def _failed(error: Exception, *, debug: bool) -> int:
    if debug:
        sys.stderr.write(_redacted("".join(traceback.format_exception(error))))
    Output().error(_redacted(in_words(error)))
    return exit_code(error)


def _redacted(text: str) -> str:
    for key in known_keys():
        text = text.replace(key, "***")
    return text


def _let_go_of_stdout() -> None:
    """Else the interpreter would complain about what it cannot flush at its end."""
    try:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, sys.stdout.fileno())
        os.close(sink)
    except (OSError, ValueError):
        pass  # a stdout without a descriptor has no such end


class _Lines(logging.Handler):
    """The library's log as lines on stderr; what is not a warning only if asked for."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def emit(self, record: logging.LogRecord) -> None:
        text = _redacted(record.getMessage())
        if record.levelno >= logging.WARNING:
            self._session.output.warn(text)
        elif self._session.debugging:
            self._session.output.note(f"  {text}")


@contextmanager
def _logging(session: Session) -> Iterator[None]:
    log = logging.getLogger("sekha")
    handler = _Lines(session)
    level, propagate = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: session.output.warn(str(message))
            yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        log.propagate = propagate
