"""What Open WebUI writes into a message as HTML: what was thought, called and computed on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from .. import texts
from ..drafts import Conversion
from ..texts import join

_OPEN = re.compile(r'<details\s+type="(reasoning|tool_calls|code_interpreter)"([^>]*)>')
_CLOSE = "</details>"
_SUMMARY = re.compile(r"\s*<summary>[^<]*</summary>\s*")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_QUOTE = re.compile(r"^> ?", re.MULTILINE)


def plain(content: str, work: Conversion) -> str:
    """The text with each of these blocks in the form that all formats share."""
    if "<details" not in content:
        return content
    return join(piece.strip("\n") for piece in _pieces(content, work))


def _pieces(content: str, work: Conversion) -> Iterator[str]:
    place = 0
    while (block := _OPEN.search(content, place)) is not None:
        end = content.find(_CLOSE, block.end())
        if end < 0:
            break
        yield content[place : block.start()]
        body = _SUMMARY.sub("", content[block.end() : end], count=1)
        about = {name: unescape(value) for name, value in _ATTRIBUTE.findall(block[2])}
        yield _block(block[1], about, unescape(body).strip(), work)
        place = end + len(_CLOSE)
    yield content[place:]


def _block(kind: str, about: dict[str, str], body: str, work: Conversion) -> str:
    if kind == "reasoning":
        return texts.thinking(_QUOTE.sub("", body))
    if kind == "code_interpreter":
        return join([body, _result(about.get("output"), "code", work)])
    name = about.get("name")
    called = texts.tool_call(name, about.get("arguments", "").strip('"')) if name else ""
    return join([called, _result(about.get("result") or body, name, work)])


def _result(output: str | None, name: str | None, work: Conversion) -> str:
    told = (output or "").strip().strip('"')
    return texts.tool_result(work, name, told) if told else ""
