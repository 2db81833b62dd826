"""Pages and parts of pages, from templates in which every text is escaped."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from .._core import dates
from .._core.wording import counted
from .filters import STATUSES, WAYS
from .text import clean


@cache
def environment() -> Environment:
    """The templates."""
    found = Environment(
        loader=PackageLoader("sekha.browse"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(
        day=dates.day,
        minute=dates.minute,
        machine=dates.machine,
        number=lambda number: f"{number:,}",
        counted=counted,
        segment=lambda text: quote(text, safe=""),
    )
    found.globals.update(WAYS=WAYS, STATUSES=STATUSES, date_of=dates.date_of)
    return found


def _finalize(value: Any) -> Any:
    # Whatever a memory holds goes through here; what is markup was made by this package.
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def part(request: Request, template: str, **values: Any) -> Markup:
    """A piece of a page."""
    return Markup(
        environment()
        .get_template(template)
        .render(
            base=request.scope.get("root_path", ""),
            settings=(
                getattr(request.app.state, "settings", None) if "app" in request.scope else None
            ),
            **values,
        )
    )


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """An answer."""
    return HTMLResponse(part(request, template, **values), status)


def is_part(request: Request) -> bool:
    """Whether htmx asks for a piece of a page, rather than the browser for the whole."""
    return "hx-request" in request.headers and "hx-history-restore-request" not in request.headers
