"""The sources of a ChatGPT answer as links, in the places where the answer names them.

An answer refers to them by marks: private-use characters around a word and references
(`content_references` of the message says what each stands for), or in older ones brackets like
【4†source】 (`citations`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .. import texts
from ..drafts import Conversion
from ..texts import first, text_of

_MARK = re.compile("\ue200([a-z_]*)\ue202?([^\ue200\ue201]{0,20000})\ue201")
_LEFT = re.compile("[\ue200-\ue2ff]")
_BRACKETS = re.compile(r"【[^【】\n]{1,80}?†[^【】\n]{0,200}?】")
LEFT_OUT = "citation mark left out"


def linked(body: str, metadata: Mapping[str, Any], work: Conversion) -> str:
    """The text with links for its marks, and without private-use characters."""
    if not ("\ue200" in body or "†" in body or metadata.get("content_references")):
        return body
    for reference in _references(metadata):
        matched = text_of(reference.get("matched_text"))
        # A reference to the whole of the sources matches a space.
        if matched.strip() and matched in body:
            body = body.replace(matched, _of_reference(reference) or matched)
    body = _with_citations(body, metadata)
    left = 0

    def plain(match: re.Match[str]) -> str:
        nonlocal left
        said = _of_mark(match[1], match[2])
        left += not said
        return said

    body = _MARK.sub(plain, body)
    body, brackets = _BRACKETS.subn("", body)
    work.note(LEFT_OUT, left + brackets)
    return _LEFT.sub("", body)


def _references(metadata: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = metadata.get("content_references")
    found = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    # The longer first: a mark may be a part of another.
    return sorted(found, key=lambda each: -len(text_of(each.get("matched_text"))))


def _of_reference(reference: Mapping[str, Any]) -> str:
    links = list(dict.fromkeys(filter(None, map(_link, _sources(reference)))))
    if links:
        return f"({', '.join(links)})"
    return text_of(reference.get("alt")) or text_of(reference.get("prompt_text"))


def _sources(reference: Mapping[str, Any]) -> Iterable[Any]:
    found = False
    for key in ("items", "sources", "fallback_items"):
        listed = reference.get(key)
        for item in listed if isinstance(listed, list) else ():
            if isinstance(item, dict):
                found = True
                yield item
                more = item.get("supporting_websites")
                yield from more if isinstance(more, list) else ()
    if not found and text_of(reference.get("url")):
        yield reference
    elif not found:
        listed = reference.get("safe_urls")
        yield from listed if isinstance(listed, list) else ()


def _link(source: Any) -> str:
    if isinstance(source, str):
        return texts.link(source, source)
    if not isinstance(source, dict) or not text_of(source.get("url")).strip():
        return ""
    return texts.link(first(source, ("title", "attribution", "name")), source.get("url"))


def _with_citations(body: str, metadata: Mapping[str, Any]) -> str:
    """Older answers: the places are given by their indices, from the last to the first."""
    listed = metadata.get("citations")
    known = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    spans = []
    for each in known:
        start, end, about = each.get("start_ix"), each.get("end_ix"), each.get("metadata")
        if type(start) is int and type(end) is int and 0 <= start < end <= len(body):
            spans.append((start, end, about))
    for start, end, about in sorted(spans, key=lambda span: -span[0]):
        # Indices count in another unit where the text has characters beyond 16 bits.
        if "†" in body[start:end] or "\ue200" in body[start:end]:
            body = f"{body[:start]}{_cited(about)}{body[end:]}"
    return body


def _cited(about: Any) -> str:
    url = first(about, ("url",))
    link = texts.link(first(about, ("title", "name")), url) if about else ""
    return f"({link})" if link else ""


def _of_mark(kind: str, inside: str) -> str:
    """What a mark without a reference says by itself: the name of a thing, or nothing."""
    if kind == "entity":
        try:
            told = json.loads(inside)
        except (ValueError, RecursionError):
            return ""
        names = [each for each in told if isinstance(each, str)] if isinstance(told, list) else []
        return names[1] if len(names) > 1 else ""
    return inside.split("\ue202")[-1] if kind == "url" else ""
