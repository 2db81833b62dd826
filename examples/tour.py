"""The main job in one go: store conversations, find them, build a context, export.

    python examples/tour.py [FILE]

Works on the embedded controller, in memory, on the demo data or on any ShareGPT FILE
(data_import.py says how its roles, labels and folders are chosen). Writes build/export.json and
build/export.md.
"""

import io
import json
import re
import sys
import time
from collections import Counter
from pathlib import Path

from data_import import DEMO_DATA, read_sharegpt

from sekha import NewConversation, SyncSekhaClient

BUILD = Path(__file__).resolve().parent.parent / "build"
WIDTH = 78
SHOWN = 3
CONTEXT_BUDGET = 1000

DEMO_QUESTIONS = [
    "how do we keep users signed in safely",
    "what should I cook for someone who avoids gluten",
    "trip where the kids will not be bored",
]
DEMO_WORDS = ["refresh token", "gluten-free", "日本語"]

CJK = "\u2e80"  # the first character of the East Asian blocks

# Words that say how somebody asks and not what about.
COMMON = frozenset(
    "about also and any are because been but can could does from give have hello help here how "
    "into just know like make me more my need not please some sure tell than thank thanks that "
    "the them then there they this want was what when where which who why will with would you "
    "your looking find get let lot too for".split()
)


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * WIDTH}")


def short(text: str, width: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


def content_words(text: str) -> list[str]:
    """The words that carry the meaning, in order and once each."""
    words = re.findall(r"\w+", text.lower())
    # A run of CJK characters is a whole sentence to \w+; its beginning is enough to look for.
    words = [word[:6] if max(word) >= CJK else word for word in words]
    return [
        word
        for word in dict.fromkeys(words)
        if word not in COMMON and not word.isdigit() and (len(word) > 2 or not word.isascii())
    ]


def questions_of(conversations: list[NewConversation]) -> tuple[list[str], list[str]]:
    """What to look for in unknown data: by meaning, and by word.

    Three conversations spread over the data are asked for again: by meaning, with the content words
    of their first user turn, and by word, with the rarest of these that occurs in several
    conversations, or else the rarest.
    """
    vocabulary = Counter(
        word
        for conversation in conversations
        for word in set(content_words(" ".join(m.content for m in conversation.messages)))
    )
    asked = [
        words
        for conversation in conversations
        if (said := [m.content for m in conversation.messages if m.role == "user"])
        and (words := content_words(said[0]))
    ]
    step = max(1, len(asked) // 3)
    chosen = asked[step // 2 :: step][:3]
    rarest = [
        min(words, key=lambda word: (vocabulary[word] == 1, vocabulary[word])) for words in chosen
    ]
    return (
        list(dict.fromkeys(" ".join(words[:8]) for words in chosen)),
        list(dict.fromkeys(rarest)),
    )


def store(client: SyncSekhaClient, conversations: list[NewConversation]) -> int:
    started = time.perf_counter()
    ids = {client.create_conversation(conversation).id for conversation in conversations}
    seconds = time.perf_counter() - started
    messages = sum(len(conversation.messages) for conversation in conversations)
    print(f"stored {len(ids)} conversations with {messages} messages in {seconds:.1f} s")
    folders = Counter(conversation.folder for conversation in conversations)
    for folder, number in folders.most_common(10):
        print(f"  {number:5}  {folder}")
    if len(folders) > 10:
        print(f"         and {len(folders) - 10} more folders")
    return len(ids)


def find_by_meaning(client: SyncSekhaClient, questions: list[str]) -> int:
    found = 0
    for question in questions:
        results = client.smart_query(question, limit=SHOWN).results
        found += len(results)
        print(f"? {short(question, WIDTH - 2)}")
        for result in results:
            label = short(result.label, 24)
            print(f"  {result.similarity:5.2f}  {label:24}  {short(result.content, 42)}")
    return found


def find_by_word(client: SyncSekhaClient, queries: list[str]) -> int:
    found = 0
    for query in queries:
        conversations = client.search(query, limit=100)
        found += len(conversations)
        print(f"? {query}: {len(conversations)} conversation(s)")
        for conversation in conversations[:SHOWN]:
            matched = conversation.messages or ()
            label = short(conversation.label, 24)
            first = short(matched[0].content, 42) if matched else ""
            print(f"  {len(matched):5}  {label:24}  {first}")
    return found


def build_context(client: SyncSekhaClient, query: str) -> int:
    context = client.assemble_context(query, context_budget=CONTEXT_BUDGET)
    print(f"for: {short(query, WIDTH - 5)}")
    print(
        f"{context.estimated_tokens} of {CONTEXT_BUDGET} tokens"
        f" from {len(context.conversations)} conversations; it begins:"
    )
    for line in [line for line in context.formatted_context.splitlines() if line.strip()][:6]:
        print(f"  | {short(line, WIDTH - 4)}")
    return context.estimated_tokens


def export(client: SyncSekhaClient) -> int:
    BUILD.mkdir(exist_ok=True)
    as_json, as_markdown = client.export(format="json"), client.export(format="markdown")
    for name, text in (("export.json", as_json), ("export.md", as_markdown)):
        path = BUILD / name
        path.write_text(text, encoding="utf-8")
        print(f"  {path.stat().st_size / 1024:8.1f} KB  build/{name}")
    return len(json.loads(as_json)["conversations"])


def main(arguments: list[str]) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A console that cannot show a character must not end the tour.
        sys.stdout.reconfigure(errors="replace")
    path = Path(arguments[0]) if arguments else DEMO_DATA
    conversations, skipped = read_sharegpt(path)
    if not conversations:
        print(f"{path}: no ShareGPT conversations in it ({skipped} records skipped)")
        return 1
    questions, words = DEMO_QUESTIONS, DEMO_WORDS
    if path.resolve() != DEMO_DATA.resolve():
        questions, words = questions_of(conversations)

    print(f"Sekha memory: a tour of {path.name} on the embedded controller")
    with SyncSekhaClient.local() as client:
        heading("Storing")
        stored = store(client, conversations)
        if skipped:
            print(f"skipped {skipped} records that are no conversations")
        heading("Finding by meaning    (similarity, label, message)")
        by_meaning = find_by_meaning(client, questions)
        heading("Finding by word       (messages that match, label, the first of them)")
        by_word = find_by_word(client, words)
        heading("Building a context")
        tokens = build_context(client, questions[0]) if questions else 0
        heading("Exporting")
        exported = export(client)

    print(
        f"\nstored {stored}, found by meaning {by_meaning}, found by word {by_word},"
        f" context tokens {tokens}, exported {exported}"
    )
    return 0 if stored == exported == len(conversations) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
