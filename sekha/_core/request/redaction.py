"""Redaction: no text that came from outside tells the key, however it is spelt there."""

from __future__ import annotations

import base64
import html
import json
import re
from urllib.parse import quote

from attrs import evolve

from sekha_api.types import RawResponse

from .failures import Failure

PLACEHOLDER = "[key]"
RECOGNISABLE = 12
"""Characters of the key's beginning by which a part of it is known for one: a peer may cut off what
it echoes."""


class Redaction:
    """Takes one key out of texts.

    A peer, or a proxy before it, can put a request's headers into its answer: as they are, escaped
    for a URL, for JSON or for a web page, in base64 or in hexadecimal digits.
    """

    def __init__(self, api_key: str) -> None:
        key = api_key.encode()
        beginning = re.escape(api_key[:RECOGNISABLE]) + r"[^\s\"'<>&,;\\]*"
        spelt = {api_key, quote(api_key, safe=""), quote(api_key), html.escape(api_key)}
        spelt |= {json.dumps(api_key)[1:-1], json.dumps(api_key)[1:-1].replace("/", "\\/")}
        spelt |= {repr(api_key)[1:-1], key.hex()}
        # In base64 the letters depend on what comes before, by its length modulo three.
        spelt |= {_middle_of_base64(key, before) for before in range(3)}
        longest_first = sorted(map(re.escape, spelt), key=len, reverse=True)
        self._pattern = re.compile("|".join([*longest_first, beginning]), re.IGNORECASE)

    def text(self, text: str) -> str:
        """A text without the key."""
        return self._pattern.sub(PLACEHOLDER, text)

    def response(self, response: RawResponse) -> RawResponse:
        """An answer without the key in its body; what is no UTF-8 comes back as U+FFFD."""
        text = response.text
        without = self.text(text)
        return response if without == text else evolve(response, content=without.encode())

    def failure(self, failure: Failure) -> Failure:
        """A failure without the key in its words."""
        failure.detail = self.text(failure.detail)
        failure.args = (failure.detail,)
        return failure


def _middle_of_base64(key: bytes, before: int) -> str:
    """What all base64 of the key has in common when so many bytes, modulo three, come before it."""
    encoded = base64.b64encode(bytes(before) + key).decode().rstrip("=")
    first = -(-before * 4 // 3) if before else 0
    return encoded[first : len(encoded) - 2]
