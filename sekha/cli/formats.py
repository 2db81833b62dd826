"""The command that lists what can be brought in: formats."""

from __future__ import annotations

import typer
from rich.padding import Padding

from .base import Session, command
from .transfer import PANEL

app = typer.Typer()


@command(app, panel=PANEL, examples=["formats", "formats --json"])
def formats(context: typer.Context) -> None:
    """List what `import` reads, and how one gets each file.

    A file is recognised by its content, in a folder, a zip, a tar.gz or a gz.
    """
    from ..importers import FORMATS  # a hundred modules, for which other commands need not wait

    output = Session.of(context).output
    if output.as_json:
        output.json([{"name": f.name, "title": f.title, "how": f.how} for f in FORMATS])
    elif output.for_people:
        for each in FORMATS:
            output.heading(each.title, each.name)
            output.out.print(Padding(each.how, (0, 0, 0, 4)))
    else:
        output.table((), ([each.name, each.title, each.how] for each in FORMATS))
