"""Write docs/command-reference.md from the command line itself.

python scripts/command_reference.py            write it
python scripts/command_reference.py --check    fail if it is not what this would write
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Any

from typer.main import get_command

from sekha.cli.app import app
from sekha.cli.exit_codes import MEANINGS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "command-reference.md"
HEAD = """# All commands

What `sekha-memory --help` says, on one page. It is made from the program (`make generate`). How they go together:
[the guide](command-line.md).

"""


def plain(text: str | None) -> str:
    """Help without its markup, as one paragraph of Markdown a paragraph."""
    text = re.sub(r"(?<!\\)\[/?(bold|dim|italic|cyan|green|yellow|red)\]", "", text or "")
    paragraphs = re.split(r"\n\s*\n", text.replace("\\[", "[").replace("\b", "").strip())
    return "\n\n".join(" ".join(each.split()) for each in paragraphs)


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def default(value: Any) -> str:
    if value is None or value is False or value == () or callable(value):
        return ""
    return f"`{getattr(value, 'value', value)}`"


def takes(parameter: Any) -> str:
    """What stands behind the option, as one word; empty for a flag."""
    if getattr(parameter, "is_flag", False):
        return ""
    choices = getattr(parameter.type, "choices", None)
    if choices:
        return " \\| ".join(f"`{getattr(each, 'value', each)}`" for each in choices)
    if parameter.metavar:
        return str(parameter.metavar)
    name = str(parameter.type.name)
    return (
        "NUMBER" if name.startswith(("int", "float")) else "TEXT" if name == "str" else name.upper()
    )


def table(parameters: list[Any]) -> str:
    """A row an option."""
    lines = ["| Option | Default | What it does |", "|---|---|---|"]
    for each in parameters:
        names = ", ".join(f"`{name}`" for name in [*each.opts, *each.secondary_opts])
        lines.append(
            f"| {names} {takes(each)} | {default(each.default)} | {cell(plain(each.help))} |"
        )
    return "\n".join(line.replace(" |", " |").replace("  |", " |") for line in lines) + "\n"


def section(name: str, command: Any, common: set[str]) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    words = [each.make_metavar(None) for each in arguments]
    usage = " ".join([f"sekha-memory {name}", *words])
    text = f"## {name}\n\n{plain(command.help)}\n\n```text\n{usage}\n```\n\n"
    for each in arguments:
        if each.help:
            text += f"- `{each.make_metavar(None).strip('[]')}`: {plain(each.help)}\n"
    if any(each.help for each in arguments):
        text += "\n"
    own = [
        each
        for each in command.params
        if each not in arguments and each.name not in common and not each.hidden
    ]
    if own:
        text += table(own) + "\n"
    examples = re.findall(r"^\$ .*$", plain_lines(command.epilog), re.M)
    if examples:
        text += "```text\n" + "\n".join(examples) + "\n```\n\n"
    return text


def plain_lines(text: str | None) -> str:
    return (text or "").replace("\\[", "[")


def page() -> str:
    """The page."""
    group: Any = get_command(app)
    shared = [each for each in group.params if each.name not in ("version", "help")]
    common = {each.name for each in shared} | {"help"}
    text = HEAD
    commands = sorted(group.commands.items())
    text += "| Command | What it does |\n|---|---|\n"
    for name, command in commands:
        text += f"| [`{name}`](#{name}) | {cell(plain(command.help).splitlines()[0])} |\n"
    text += "\n## Options of every command\n\nThey go before the command or behind it.\n\n"
    text += table([each for each in shared if not each.hidden])
    text += "\n## Exit codes\n\n| Code | Meaning |\n|---|---|\n"
    for code, meaning in MEANINGS.items():
        text += f"| {code.value} | {cell(meaning)} |\n"
    text += "\n" + "".join(section(name, command, common) for name, command in commands)
    return text.rstrip() + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="The page of all commands.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if it differs")
    made = page()
    if not parser.parse_args().check:
        PAGE.write_text(made, "utf-8")
        return 0
    if not PAGE.exists() or PAGE.read_text("utf-8") != made:
        print(f"{PAGE.name} is not what the command line says: make generate", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
