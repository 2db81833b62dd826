"""What is to be known of an operation beside its request and its answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

from sekha_api.types import RawResponse, Request

from ...errors import SekhaValidationError

P = ParamSpec("P")
ResultT_co = TypeVar("ResultT_co", covariant=True)


class Operation(Protocol[P, ResultT_co]):
    """A module of `sekha_api.api`, such as `sekha_api.api.conversations.get_conversation`."""

    @property
    def __name__(self) -> str: ...

    @property
    def build_request(self) -> Callable[P, Request]: ...

    @property
    def parse_result(self) -> Callable[[RawResponse], ResultT_co]: ...


CREATES = frozenset({"create_conversation", "memory_store"})
"""Those that store something new each time they are carried out: all others can be repeated."""

DELETES = frozenset({"delete_conversation"})
"""Those whose second success is a 404."""


ANSWERED_BY_503 = frozenset({"get_health"})
"""Those to which "unavailable" is the answer."""


def operation_name(operation: Operation[..., object]) -> str:
    """The operationId of a generated module."""
    return operation.__name__.rpartition(".")[2]


def is_repeatable(name: str) -> bool:
    """Whether sending it twice leaves the controller as sending it once would."""
    return name not in CREATES


def build(operation: Operation[P, object], *args: P.args, **kwargs: P.kwargs) -> Request:
    """An operation's request.

    Raises:
        SekhaValidationError: an argument fits into none.
    """
    try:
        return operation.build_request(*args, **kwargs)
    except (ValueError, TypeError, AttributeError) as error:
        name = operation_name(operation)
        raise SekhaValidationError(name, f"not what it takes: {error}") from None


def subject_of(*args: object, **kwargs: object) -> str | None:
    """The conversation that an operation's arguments name."""
    named = args[0] if args else kwargs.get("conversation_id")
    named = named or getattr(kwargs.get("body"), "conversation_id", None)
    return named if isinstance(named, str) else None
