"""Large messages: bounded in memory, exact in what is stored, refused beyond the stated size."""

from __future__ import annotations

import random
import subprocess
import sys
import unicodedata
from collections import Counter

import numpy as np
import pytest

from sekha.local.application import LARGEST_BODY
from sekha.local.conversations import LARGEST_MESSAGE
from sekha.local.embedder import load_embedder
from sekha.local.fulltext import index_text
from sekha.local.words import parts_of
from support.local_api import Api

_MEMORY = """
import resource, sys
from sekha.local import Controller
from sekha_api.types import Request, encode_json

def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

def create(content):
    body = {"label": "L", "folder": "/f", "messages": [{"role": "user", "content": content}]}
    headers = {"content-type": "application/json"}
    request = Request("POST", "/api/v1/conversations", {}, headers, encode_json(body))
    assert controller.handle(request).status_code == 201

controller = Controller(sys.argv[1])
create("warm")
before = used()
create("".join(f"word{number} " for number in range(700_000)))
print(used() - before)
controller.close()
"""


@pytest.mark.slow
def test_memory_is_bounded(tmp_path: object) -> None:
    program = [sys.executable, "-c", _MEMORY, f"{tmp_path}/memory.db"]
    result = subprocess.run(program, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    # Of 8 MB of text; the tokenizer alone took 1,500 MB for them in one piece.
    assert int(result.stdout) < 200


def test_too_large_a_message_is_refused_and_said_which(api: Api) -> None:
    text = "é" * (LARGEST_MESSAGE // 2 + 1)
    messages = [{"role": "user", "content": each} for each in ("short", text)]
    body = {"label": "L", "folder": "/f", "messages": messages}
    for path in ("/api/v1/conversations", "/mcp/tools/memory_store"):
        answer = api.post(path, body)
        assert answer.status_code == 413
        assert "messages.1" in answer.text and str(LARGEST_MESSAGE) in answer.text
    assert api.listed() == []


def test_too_large_a_body_is_refused(api: Api) -> None:
    answer = api.call("POST", "/api/v1/query", content=b" " * (LARGEST_BODY + 1))
    assert answer.status_code == 413
    assert str(LARGEST_BODY) in answer.text


@pytest.mark.parametrize("gap", [" ", " x ", " a  b ", " \n   c "])
def test_a_long_text_has_the_vector_of_the_whole(gap: str) -> None:
    embedder = load_embedder()
    chance = random.Random(7)
    words = [f"{chance.choice('abcdef')}{chance.randrange(3000)}é" for _ in range(8000)]
    text = gap + gap.join(words) + gap
    tokens, counts = np.unique(embedder._tokens(text), return_counts=True)
    expected = counts.astype(np.float32) @ embedder._table[tokens].astype(np.float32)
    expected /= np.linalg.norm(expected)
    np.testing.assert_allclose(embedder.embed([text])[0], expected, atol=2e-6)


def test_parts_hold_every_word_once_for_each_time_it_occurs() -> None:
    chance = random.Random(8)
    words = ["once", *(f"w{chance.randrange(60_000)}" for _ in range(150_000)), "y" * 5000]
    counted: Counter[str] = Counter()
    for part, times in parts_of(" ".join(words)):
        assert len(part) <= 2048
        for word in part.split(" "):
            counted[word] += times
    long = {word for word in counted if set(word) == {"y"}}
    assert sum(len(word) * counted[word] for word in long) == 5000
    for word in long:
        del counted[word]
    assert counted == Counter(words[:-1])


def test_the_word_index_gets_the_same_form_of_a_long_text_as_of_a_whole() -> None:
    chance = random.Random(9)
    alphabet = "aé ゙́ガｶﾞ日本語ハ한ᄀ️ﬁ\U00020000์ก\n"
    for _ in range(20):
        text = "".join(chance.choice(alphabet) for _ in range(40_000))
        folded = unicodedata.normalize("NFKC", text).replace("️", "")
        assert index_text(text).replace(" ", "") == folded.replace(" ", "")
        # A cut is only where a short text would show the same.
        assert index_text(text)[:8000] == index_text(text[:12_000])[:8000]


def test_long_text_without_spaces_is_stored_and_found(api: Api) -> None:
    conversation_id = api.create("日本語を話します。" * 5000, label="cjk")
    api.create("ab" * 30_000, label="run")
    assert api.words("日本語")[0].startswith("日本語を")
    assert {result["label"] for result in api.query("日本語", limit=2)} == {"cjk", "run"}
    assert api.call("DELETE", f"/api/v1/conversations/{conversation_id}").status_code == 200
    assert api.words("日本語") == []
