"""The overview: when things were said and where they are kept, as plots to click into."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from ..._core.plots import Counts, areas, legend, month_range, timeline
from ..rendering import page
from ..state import browse_of


async def overview(request: Request) -> Response:
    """The plots."""
    memory = browse_of(request)
    catalogue = memory.catalogue
    await catalogue.ready()
    base = request.scope.get("root_path", "")

    def reckoned() -> Counts:
        counts = Counts()
        for row in catalogue:
            counts.add(row)
        return counts

    counts = catalogue.once("overview", reckoned)

    def of_month(month: str) -> str:
        since, until = month_range(month)
        return f"{base}/?{urlencode({'since': since, 'until': until})}"

    def of_folder(folder: str) -> str:
        return f"{base}/?{urlencode({'under': folder})}"

    def of_label(label: str) -> str:
        return f"{base}/?{urlencode({'label': label})}"

    def drawn() -> dict[str, Any]:
        return {
            "line": Markup(timeline(counts, link=of_month)),
            "folders": Markup(areas(counts.folders, "Folders", link=of_folder)),
            "labels": Markup(areas(counts.labels, "Labels", link=of_label)),
        }

    return page(
        request,
        "overview.html",
        counts=counts,
        legend=legend(counts),
        complete=catalogue.complete or catalogue.error is not None,
        **catalogue.once("overview drawn", drawn),
    )
