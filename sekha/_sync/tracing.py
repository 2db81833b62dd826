"""Calls and attempts inside their spans, for a client whose settings ask for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

from sekha_api.types import RawResponse, Request

if TYPE_CHECKING:
    from .._telemetry import Telemetry
    from .transports import Transport

OURS = "sekha."
NO_CALLS = frozenset({"close", "options"})
"""Public methods that ask the controller nothing."""
CONTENT = {"query": "db.query.text", "label": "sekha.label", "folder": "sekha.folder"}
"""Arguments by the attributes that hold them, for those who ask for content."""


def trace_calls(client: object, telemetry: Telemetry) -> None:
    """Put each public method of one client into a span. Other clients stay as they are, and so pay
    nothing."""
    ours = [each for each in type(client).__mro__ if each.__module__.startswith(OURS)]
    for name, method in inspect.getmembers(type(client), inspect.isfunction):
        if name.startswith("_") or name in NO_CALLS:
            continue
        if not any(name in vars(each) for each in ours):
            continue  # what a subclass adds is no call of the controller by itself
        traced = _traced_iterator if name.startswith("iter_") else _traced
        setattr(client, name, traced(client, name, method, telemetry))


def send_traced(
    telemetry: Telemetry,
    transport: Transport,
    operation: str,
    request: Request,
    timeout: float,
    resends: int,
) -> RawResponse:
    """Send a request once, inside a span of its own; raises Failure as the transport does."""
    with telemetry.attempt(operation, request, resends) as attempt:
        response = transport.send(attempt.request, timeout)
        attempt.answered(response.status_code)
        return response


def _traced(
    client: object, name: str, method: Callable[..., Any], telemetry: Telemetry
) -> Callable[..., Any]:
    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        with telemetry.call(name, _content(telemetry, method, args, kwargs)):
            return method(client, *args, **kwargs)

    return call


def _traced_iterator(
    client: object, name: str, method: Callable[..., Any], telemetry: Telemetry
) -> Callable[..., Any]:
    """One span from the first step to the last, which is the current one in the steps only: what
    the reader does between them is no part of the call."""

    @wraps(method)
    def iterate(*args: Any, **kwargs: Any) -> Iterator[Any]:
        span = telemetry.begin(name, _content(telemetry, method, args, kwargs))
        items = method(client, *args, **kwargs)
        try:
            while True:
                try:
                    with span.step():
                        item = items.__next__()
                except StopIteration:
                    return
                yield item
        finally:
            items.close()
            span.end()

    return iterate


def _content(
    telemetry: Telemetry, method: Callable[..., Any], args: Any, kwargs: Any
) -> Mapping[str, str]:
    if not telemetry.with_content:
        return {}
    try:
        given = inspect.signature(method).bind_partial(None, *args, **kwargs).arguments
    except TypeError:
        return {}  # the method itself says what is wrong
    new = given.get("conversation")
    given = {**given, **{name: getattr(new, name, None) for name in ("label", "folder") if new}}
    return {
        attribute: given[name]
        for name, attribute in CONTENT.items()
        if isinstance(given.get(name), str)
    }
