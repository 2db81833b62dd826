"""Which rows of docs/controller-compatibility.md a controller shows: looked at by reading only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

from attrs import frozen

from sekha_api.api.conversations import (
    count_conversations,
    get_conversation,
    list_conversations,
)
from sekha_api.api.curation import suggest_labels
from sekha_api.api.retrieval import assemble_context, full_text_search, semantic_query
from sekha_api.api.tools import memory_export, memory_stats
from sekha_api.models import (
    AssembleContextRequest,
    FullTextSearchRequest,
    MemoryExportRequest,
    MemoryStatsRequest,
    QueryRequest,
    SuggestLabelsRequest,
)

from .._core.request.answers import tool_error
from .._sync.client import SyncSekhaClient
from ..errors import SekhaAuthError, SekhaError, SekhaNotFoundError, SekhaServerError
from .checks import Check

LOOKED_AT = 10
"""How many of the newest conversations are searched for one that has messages to probe with."""

QUESTION = "hello"
BUDGET = 8000
WRONG_KEY = "not-the-key-" * 4

NEEDS_WRITING = (1, 3, 5, 10, 11, 12, 22, 28, 30, 31, 34, 35, 36)
NEEDS_MODEL = (19, 20, 21, 27)
NEEDS_OUTAGE = (4, 16, 24, 32, 33)
SAME_EVERYWHERE = (7, 14, 25, 26)


class CannotTellError(Exception):
    """Nothing is stored that a probe could be made with."""


@frozen
class Sample:
    """A stored conversation to probe with; without messages if none has any."""

    conversation_id: str
    label: str
    folder: str
    times: tuple[str, ...]


@frozen
class Subject:
    """The controller that is probed."""

    client: SyncSekhaClient
    sample: Sample | None

    @property
    def stored(self) -> Sample:
        if self.sample is None:
            raise CannotTellError
        return self.sample


@frozen
class Probe:
    """A look at one row.

    Attributes:
        row: which.
        shown: what it means if the controller shows it.
        look: whether it does; raises CannotTellError.
        by_meaning: whether it needs embeddings.
        state: what showing it is: "note", or "warn" if no client can handle it.
    """

    row: int
    shown: str
    look: Callable[[Subject], bool]
    by_meaning: bool = False
    state: str = "note"
    remedy: str = ""


def find_sample(client: SyncSekhaClient) -> Sample | None:
    """The newest conversation that has messages, else the newest; None if nothing is stored."""
    found = None
    for row in client.call(list_conversations, page=1, page_size=LOOKED_AT).results:
        try:
            answer = client.call(
                memory_export, body=MemoryExportRequest(conversation_id=row.conversation_id)
            )
        except SekhaNotFoundError:
            continue  # deleted since it was listed
        if answer.data is None:
            raise tool_error("memory_export", answer.error or "")
        messages = answer.data.messages
        times = tuple(each.timestamp for each in messages)
        sample = Sample(row.conversation_id, row.label, row.folder, times)
        if len(times) > 1:
            return sample
        found = found or sample
    return found


def probe(client: SyncSekhaClient, *, by_meaning: bool, served: bool) -> Iterator[Check]:
    """One check for each row that is shown, and a few for all others together.

    Args:
        by_meaning: whether embeddings answer; without them some rows cannot be looked at.
        served: whether the controller is behind a URL.
    """
    try:
        subject = Subject(client, find_sample(client))
    except SekhaError as error:
        yield Check("rows", "skip", f"not looked at: {error.message}")
        return
    unseen: list[int] = []
    unsure: list[int] = []
    for each in PROBES:
        if (each.by_meaning and not by_meaning) or (each.row == 23 and not served):
            unsure.append(each.row)
            continue
        try:
            if each.look(subject):
                yield Check(
                    f"row {each.row}", each.state, each.shown, each.remedy, rows=(each.row,)
                )
            else:
                unseen.append(each.row)
        except (CannotTellError, SekhaError):
            unsure.append(each.row)
    yield from _together(unseen, unsure)


def _together(unseen: list[int], unsure: list[int]) -> Iterator[Check]:
    groups = (
        ("ok", unseen, "not shown by this controller"),
        ("skip", unsure, "cannot be told from what is stored here"),
        ("skip", NEEDS_WRITING, "cannot be looked at without writing"),
        ("skip", NEEDS_MODEL, "would cost calls of a language model"),
        ("skip", NEEDS_OUTAGE, "show only under load or when something is down"),
        ("skip", SAME_EVERYWHERE, "the same on every controller; always handled"),
    )
    for state, rows, message in groups:
        if rows:
            yield Check(
                f"row{'s' * (len(rows) > 1)} {_listed(rows)}", state, message, rows=tuple(rows)
            )


def _listed(rows: list[int] | tuple[int, ...]) -> str:
    return ", ".join(map(str, rows))


def _one_time(subject: Subject) -> bool:
    times = subject.stored.times
    if len(times) < 2:
        raise CannotTellError
    return len(set(times)) == 1


def _filter_gives_nothing(subject: Subject) -> bool:
    answer = subject.client.call(
        list_conversations, label=subject.stored.label, page=1, page_size=1
    )
    return not answer.results


def _count_refuses_both(subject: Subject) -> bool:
    answer = subject.client.call(count_conversations, label="x", folder="/x")
    return isinstance(answer.error, str)


def _no_message_count(subject: Subject) -> bool:
    sample = subject.stored
    if not sample.times:
        raise CannotTellError
    return subject.client.call(get_conversation, sample.conversation_id).message_count == 0


def _unknown_is_a_failure(subject: Subject) -> bool:
    body = SuggestLabelsRequest(conversation_id=str(uuid4()))
    try:
        subject.client.call(suggest_labels, body=body)
    except SekhaNotFoundError as error:
        return "Entity not found" in error.body
    return True


def _offset_is_ignored(subject: Subject) -> bool:
    if len(subject.stored.times) < 2:
        raise CannotTellError
    firsts = [
        subject.client.call(
            semantic_query, body=QueryRequest(query=QUESTION, limit=1, offset=offset)
        )
        for offset in (0, 1)
    ]
    ids = [[each.message_id for each in answer.results] for answer in firsts]
    return ids[0] == ids[1]


def _quotes_break_search(subject: Subject) -> bool:
    try:
        subject.client.call(full_text_search, body=FullTextSearchRequest(query='"', limit=1))
    except SekhaServerError:
        return True
    return False


def _context_repeats(subject: Subject) -> bool:
    closest = subject.client.call(semantic_query, body=QueryRequest(query=QUESTION, limit=1))
    labels = [each.label for each in closest.results]
    body = AssembleContextRequest(
        query=QUESTION, preferred_labels=labels, context_budget=BUDGET, excluded_folders=[]
    )
    ids = [each.id for each in subject.client.call(assemble_context, body=body)]
    if len(set(ids)) == len(ids):
        # Only what is close in meaning and recent as well comes twice.
        raise CannotTellError
    return True


def _rest_checks_no_key(subject: Subject) -> bool:
    config = subject.client.config.evolve(api_key=WRONG_KEY)
    with SyncSekhaClient(config) as stranger:
        try:
            stranger.call(list_conversations, page=1, page_size=1)
        except SekhaAuthError:
            return False
    return True


def _stats_refuse_both(subject: Subject) -> bool:
    body = MemoryStatsRequest(folder="/x", label="x")
    return not subject.client.call(memory_stats, body=body).success


PROBES = (
    Probe(2, "all messages of a conversation get one time", _one_time),
    Probe(6, "a list by label comes back empty; filtered here instead", _filter_gives_nothing),
    Probe(8, "counting by label and folder is refused; counted here", _count_refuses_both),
    Probe(9, "`message_count` is always 0; never relied on", _no_message_count),
    Probe(13, "an unknown id is a 500; told as not found", _unknown_is_a_failure),
    Probe(
        15, "a query ignores `offset` and filters; not used", _offset_is_ignored, by_meaning=True
    ),
    Probe(17, "a quote breaks word search; quoted here", _quotes_break_search),
    Probe(
        18, "a context repeats messages; they are taken out here", _context_repeats, by_meaning=True
    ),
    Probe(
        23,
        "REST asks for no key: whoever reaches this port can read and change everything",
        _rest_checks_no_key,
        state="warn",
        remedy="let only this machine, or a proxy that asks for a key, reach the port",
    ),
    Probe(29, "stats by label and folder together are refused", _stats_refuse_both),
)
