"""Bulk imports, on the embedded controller and through trouble."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import evolve, frozen

from sekha import (
    ClientConfig,
    ImportProgress,
    ImportReport,
    MessageDto,
    NewConversation,
    SekhaAuthError,
    SekhaClient,
    SekhaConnectionError,
    SekhaImportError,
    SekhaTimeoutError,
    SekhaUnknownOutcomeError,
    SekhaValidationError,
)
from sekha._async.import_run import ImportRun
from sekha._core.transfer.journal import Occurrences, line
from sekha._storage.journal import JournalFile
from sekha.local import Controller
from sekha.local.server import running_server
from sekha.testing import Drop, Fault, FaultServer, Gateway, Stall, StoredInPart, throttled
from support.sources import conversations, of_records, of_source

KEY = "an-obviously-fake-key-for-the-tests-0000"
LONG_AGO = "2026-01-01T00:00:00"


def plain(count: int) -> list[NewConversation]:
    return [
        NewConversation(f"Label {number}", [MessageDto("user", f"text {number}")] * 2)
        for number in range(count)
    ]


def adds_up(report: ImportReport) -> bool:
    settled = report.stored + report.already + report.duplicates + report.skipped + report.failed
    return report.read == settled + report.pending


def client_of(fault_server: FaultServer, **settings: object) -> SekhaClient:
    config = ClientConfig(api_key=KEY, base_url=fault_server.base_url, rate_limit_requests=None)
    return SekhaClient(config.evolve(**settings))


def fault_for(operation: str, numbers: Iterable[int], fault: Fault) -> Callable[..., Fault | None]:
    """A schedule in which some requests of an operation meet a fault."""
    path = {"create": "/api/v1/conversations"}[operation]
    met = set(numbers)

    def schedule(method: str, requested: str, number: int) -> Fault | None:
        hit = method == "POST" and requested == path and number in met
        return fault if hit else None

    return schedule


@pytest.fixture
def controller() -> Iterator[Controller]:
    controller = Controller()
    yield controller
    controller.close()


async def test_all_is_taken_whatever_the_controller_says_in_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another client of the same controller may be told meanwhile that four creates are enough."""
    careful = ImportRun._careful_step

    async def step(self: ImportRun) -> bool:
        goes_on = await careful(self)
        if not goes_on:
            self._session.limits.note_creates(None)
        return goes_on

    monkeypatch.setattr(ImportRun, "_careful_step", step)
    async with SekhaClient.local() as client:
        report = await client.import_conversations(plain(50))
        assert (report.read, report.stored) == (50, 50) and await client.count() == 50


async def test_everything_is_stored_and_equal_ones_stay_apart() -> None:
    told: list[ImportProgress] = []
    async with SekhaClient.local() as client:
        report = await client.import_conversations(
            list(conversations(300)), on_progress=told.append
        )
        assert report == ImportReport(read=300, stored=300)
        assert report.complete
        records = [record async for record in client.iter_export()]
    assert of_records(records) == of_source(conversations(300))
    assert [each.done for each in told] == list(range(1, 301))
    assert told[-1].total == 300


async def test_the_source_is_read_as_its_conversations_are_stored() -> None:
    ahead: list[int] = []
    stored = 0

    def tell(progress: ImportProgress) -> None:
        nonlocal stored
        stored = progress.done

    def source() -> Iterator[NewConversation]:
        for number, each in enumerate(plain(60), start=1):
            ahead.append(number - stored)
            yield each

    async with SekhaClient.local() as client:
        assert (await client.import_conversations(source(), on_progress=tell)).stored == 60
    # As many as this controller takes at once, and the one that is being taken.
    assert max(ahead) <= 17


async def test_never_more_than_four_creates_are_in_flight(controller: Controller) -> None:
    with FaultServer(controller.handle) as fault_server:
        async with client_of(fault_server) as client:
            assert (await client.import_conversations(plain(40))).stored == 40
        assert fault_server.peak("creates") == 4


async def test_duplicates_are_stored_once_if_that_is_asked_for() -> None:
    async with SekhaClient.local() as client:
        report = await client.import_conversations(conversations(300), skip_duplicates=True)
        assert report == ImportReport(read=300, stored=262, duplicates=38)
        assert await client.count() == 262


async def test_an_importance_makes_another_conversation() -> None:
    one = plain(1)[0]
    async with SekhaClient.local() as client:
        source = [one, evolve(one, importance_score=9), one]
        report = await client.import_conversations(source, skip_duplicates=True)
    assert (report.stored, report.duplicates) == (2, 1)


async def test_a_dry_run_sends_and_writes_nothing(controller: Controller, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with FaultServer(controller.handle) as fault_server:
        async with client_of(fault_server) as client:
            source = [*plain(3), plain(1)[0], NewConversation("", [])]
            report = await client.import_conversations(
                source, journal=journal, skip_duplicates=True, dry_run=True
            )
        assert not fault_server.arrivals
    assert (report.read, report.pending, report.duplicates, report.skipped) == (5, 3, 1, 1)
    assert report.dry_run and adds_up(report)
    assert not journal.exists()


async def test_a_dry_run_knows_what_is_stored_already(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    async with SekhaClient.local() as client:
        await client.import_conversations(plain(3), journal=journal)
        written = journal.read_bytes()
        report = await client.import_conversations(plain(5), journal=journal, dry_run=True)
        assert (report.already, report.pending) == (3, 2)
        assert await client.count() == 3
    assert journal.read_bytes() == written


async def test_a_finished_import_has_nothing_left_to_do(tmp_path: Path) -> None:
    async with SekhaClient.local() as client:
        for already in (0, 300):
            report = await client.import_conversations(
                conversations(300), journal=tmp_path / "journal"
            )
            assert report == ImportReport(read=300, stored=300 - already, already=already)
        assert await client.count() == 300


async def test_the_journal_holds_no_content(tmp_path: Path) -> None:
    async with SekhaClient.local() as client:
        await client.import_conversations(plain(3), journal=tmp_path / "journal")
    written = (tmp_path / "journal").read_text()
    assert "Label" not in written and "text" not in written
    assert (tmp_path / "journal").stat().st_mode & 0o077 == 0


async def test_a_torn_last_line_leaves_its_record_in_doubt(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    async with SekhaClient.local() as client:
        await client.import_conversations(plain(20), journal=journal)
        whole = journal.read_bytes()
        assert b'"stored"' in whole.splitlines()[-1]
        for cut in (1, 20, len(whole.splitlines()[-1])):
            journal.write_bytes(whole[:-cut])
            report = await client.import_conversations(plain(20), journal=journal)
            assert report == ImportReport(read=20, stored=1, already=19, recovered=1)
            assert await client.count() == 20
        assert len(journal.read_bytes().splitlines()) == len(whole.splitlines())


async def test_records_in_doubt_are_looked_up(tmp_path: Path) -> None:
    whole, part, absent, twice = (
        evolve(each, label="The same label", folder="/doubt", messages=each.messages * (number + 1))
        for number, each in enumerate(plain(4))
    )
    source = [whole, part, absent, twice, twice]
    journal = tmp_path / "journal"
    async with SekhaClient.local() as client:
        await client.import_conversations([], journal=journal)
        with JournalFile(journal, client._session.transport.address) as file:
            occurrences = Occurrences()
            for each in source:
                file.write(line("begun", occurrences.key(each), at=LONG_AGO))
        ids = {}
        for each in (whole, evolve(part, messages=part.messages[:1]), twice):
            ids[id(each)] = (await client.create_conversation(each)).id
        other = await client.create_conversation(evolve(part, folder="/other"))
        report = await client.import_conversations(source, journal=journal)
        assert (report.read, report.stored, report.recovered) == (5, 5, 2)
        assert len(report.partial_ids) == 1 and report.partial_ids[0] in ids.values()
        stored = [record async for record in client.iter_export(folder="/doubt")]
        assert other.id not in report.partial_ids
    left = of_records(stored) - of_source(iter(source))
    assert sum(left.values()) == 1, "the part, and nothing else"
    assert of_source(iter(source)) <= of_records(stored)


async def test_what_was_stored_before_the_record_was_begun_is_another_one(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    source = plain(1)
    async with SekhaClient.local() as client:
        await client.create_conversation(source[0])
        await client.import_conversations([], journal=journal)
        with JournalFile(journal, client._session.transport.address) as file:
            now = await client.create_conversation(NewConversation("now", []))
            assert now.created_at is not None
            at = now.created_at.replace(tzinfo=None).isoformat()
            file.write(line("begun", Occurrences().key(source[0]), at=at))
        report = await client.import_conversations(source, journal=journal)
        assert (report.stored, report.recovered) == (1, 0)
        assert await client.count(label=source[0].label) == 2


async def test_entries_that_do_not_come_any_more_are_told(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    async with SekhaClient.local() as client:
        await client.import_conversations([], journal=journal)
        with JournalFile(journal, client._session.transport.address) as file:
            file.write(line("begun", Occurrences().key(plain(1)[0]), at=LONG_AGO))
        report = await client.import_conversations(plain(3)[1:], journal=journal)
    assert (report.stored, report.unmatched) == (2, 1)


async def test_a_journal_of_another_controller_is_refused(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    async with SekhaClient.local(tmp_path / "one.db") as client:
        await client.import_conversations(plain(2), journal=journal)
    written = journal.read_bytes()
    async with SekhaClient.local(tmp_path / "two.db") as client:
        with pytest.raises(SekhaImportError, match="another controller.*one.db.*two.db"):
            await client.import_conversations(plain(2), journal=journal)
        assert await client.count() == 0
    async with SekhaClient.local(tmp_path / "one.db") as client:
        assert (await client.import_conversations(plain(2), journal=journal)).already == 2
    assert journal.read_bytes() == written


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"hello", "is no journal"),
        (b'[{"label": "mine"}]\n', "is no journal"),
        (b'{"label": "mine"}\n', "is no journal"),
        (b'{"journal": "sekha-memory-journal", "version": 2}\n', "version 2"),
    ],
)
async def test_another_file_is_no_journal_and_stays_as_it_is(
    content: bytes, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.json"
    path.write_bytes(content)
    async with SekhaClient.local() as client:
        with pytest.raises(SekhaImportError, match=reason):
            await client.import_conversations(plain(2), journal=path)
    assert path.read_bytes() == content


async def test_a_journal_damaged_before_its_end_is_refused(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    async with SekhaClient.local() as client:
        await client.import_conversations(plain(3), journal=journal)
        lines = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(b"".join([*lines[:2], b"\0\0\0\n", *lines[3:]]))
        with pytest.raises(SekhaImportError, match="damaged at line 3"):
            await client.import_conversations(plain(3), journal=journal)


async def test_two_imports_do_not_write_one_journal(tmp_path: Path) -> None:
    async with SekhaClient.local(tmp_path / "memory.db") as client:
        with JournalFile(tmp_path / "journal", client._session.transport.address):
            with pytest.raises(SekhaImportError, match="another import"):
                await client.import_conversations(plain(3), journal=tmp_path / "journal")


@contextmanager
def full_disk(beyond: int) -> Iterator[None]:
    """No file of this process can grow beyond so many bytes."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (beyond, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.skipif(os.name == "nt", reason="limits are set otherwise there")
async def test_a_full_disk_ends_the_run_and_the_next_goes_on(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    async with SekhaClient.local() as client:
        with full_disk(6000), pytest.raises(SekhaImportError, match="written any more") as caught:
            await client.import_conversations(plain(100), journal=journal)
        report = caught.value.report
        assert report is not None and adds_up(report)
        assert 5 < report.stored < 100 and not report.failed
        assert await client.count() == report.stored
        report = await client.import_conversations(plain(100), journal=journal)
        assert report.read == 100 and report.complete
        assert await client.count() == 100


async def test_a_refused_key_ends_the_run(controller: Controller) -> None:
    taken = 0

    def source() -> Iterator[NewConversation]:
        nonlocal taken
        for taken, each in enumerate(plain(100), start=1):
            yield each

    with running_server(controller, api_key=KEY) as url:
        config = ClientConfig(api_key="another-" + KEY, base_url=url)
        async with SekhaClient(config) as client:
            with pytest.raises(SekhaAuthError) as caught:
                await client.import_conversations(source())
    report = caught.value.report
    assert report is not None and adds_up(report)
    assert report.read == taken <= 8
    assert report.failed and not report.stored


async def test_no_connection_ends_the_run_and_the_next_goes_on(
    controller: Controller, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    with FaultServer(controller.handle) as fault_server:

        def tell(progress: ImportProgress) -> None:
            if progress.done == 10:
                fault_server.refuse()

        async with client_of(fault_server, max_retries=0) as client:
            with pytest.raises(SekhaConnectionError) as caught:
                await client.import_conversations(plain(60), journal=journal, on_progress=tell)
            report = caught.value.report
            assert report is not None and adds_up(report)
            assert 10 <= report.stored <= 14 and report.read <= 20
            fault_server.accept()
            report = await client.import_conversations(plain(60), journal=journal)
            assert report.complete and report.read == 60
            assert await client.count() == 60


async def test_one_that_fails_does_not_end_the_run(controller: Controller) -> None:
    refusal = fault_for("create", [7], Gateway(400, "text"))
    with FaultServer(controller.handle, refusal) as fault_server:
        async with client_of(fault_server) as client:
            source: list[NewConversation] = [*plain(20), NewConversation("", [])]
            report = await client.import_conversations(source)
            assert (report.stored, report.failed, report.skipped) == (19, 1, 1)
            assert adds_up(report) and not report.complete
            reasons = {each.reason for each in report.failures}
            assert any("400 gateway" in each for each in reasons)
            assert any(each.startswith("label:") for each in reasons)
            assert {each.where for each in report.failures} >= {"21"}


async def test_what_failed_is_tried_again_by_the_next_run(
    controller: Controller, tmp_path: Path
) -> None:
    refusal = fault_for("create", [3, 4], Gateway(400, "text"))
    with FaultServer(controller.handle, refusal) as fault_server:
        async with client_of(fault_server) as client:
            first = await client.import_conversations(plain(9), journal=tmp_path / "journal")
            assert (first.stored, first.failed) == (7, 2)
            second = await client.import_conversations(plain(9), journal=tmp_path / "journal")
            assert (second.stored, second.already) == (2, 7)
            assert await client.count() == 9


async def test_what_was_stored_in_part_is_stored_again_whole(
    controller: Controller, tmp_path: Path
) -> None:
    broken = fault_for("create", [5], StoredInPart(messages=1, answered=False))
    with FaultServer(controller.handle, broken) as fault_server:
        async with client_of(fault_server) as client:
            report = await client.import_conversations(plain(12), journal=tmp_path / "journal")
            assert report.stored == 12 and report.complete
            assert len(report.partial_ids) == 1
            part = await client.get_conversation(report.partial_ids[0])
            assert part.message_count == 1
            assert await client.count() == 13


async def test_an_answer_that_got_lost_is_no_second_create(controller: Controller) -> None:
    dropped = fault_for("create", [2, 6], Drop(carried_out=True))
    with FaultServer(controller.handle, dropped) as fault_server:
        async with client_of(fault_server) as client:
            assert (await client.import_conversations(plain(12))).stored == 12
            assert await client.count() == 12


async def test_a_controller_that_hangs_ends_the_run(controller: Controller) -> None:
    hanging = fault_for("create", range(10, 1000), Stall(carried_out=False))
    with FaultServer(controller.handle, hanging) as fault_server:
        async with client_of(fault_server, timeout=0.5, max_retries=0) as client:
            with pytest.raises((SekhaTimeoutError, SekhaUnknownOutcomeError)) as caught:
                await client.import_conversations(plain(200))
    report = caught.value.report
    assert report is not None and adds_up(report)
    assert report.stored == 10 and 20 <= report.failed <= 24


async def test_waiting_for_the_rate_limit_is_told(
    controller: Controller, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[ImportProgress] = []
    busy = fault_for("create", [4], throttled(1))
    with FaultServer(controller.handle, busy) as fault_server, caplog.at_level("INFO", "sekha"):
        async with client_of(fault_server) as client:
            await client.import_conversations(plain(9), on_progress=told.append)
    waiting = [each.waiting for each in told if each.waiting is not None]
    assert waiting == [1.0]
    assert told[-1].waiting is None and told[-1].stored == 9
    assert "429" in caplog.text


async def test_an_error_of_the_source_is_raised_after_what_is_under_way() -> None:
    def source() -> Iterator[NewConversation]:
        yield from plain(10)
        raise LookupError("the source broke")

    async with SekhaClient.local() as client:
        with pytest.raises(LookupError, match="the source broke"):
            await client.import_conversations(source())
        assert await client.count() == 10


@frozen
class Archived:
    conversation: NewConversation
    where: str = "somewhere"
    status: str | None = "archived"


async def test_what_was_archived_where_it_came_from_is_archived(tmp_path: Path) -> None:
    source = [Archived(each) for each in plain(5)]
    journal = tmp_path / "journal"
    async with SekhaClient.local() as client:
        report = await client.import_conversations(source, journal=journal)
        assert (report.stored, report.archived) == (5, 5)
        assert len(await client.list_conversations(archived=True)) == 5


async def test_archiving_is_made_up_for(tmp_path: Path) -> None:
    source = [Archived(each) for each in plain(3)]
    journal = tmp_path / "journal"
    async with SekhaClient.local(tmp_path / "one.db") as client:
        await client.import_conversations([each.conversation for each in source])
        stored = await client.list_conversations()
        await client.import_conversations([], journal=journal)
        steps = [json.loads(each) for each in journal.read_text().splitlines()]
        for each in source:
            row = next(row for row in stored if row.label == each.conversation.label)
            key = Occurrences().key(each.conversation)
            steps.append(line("stored", key, id=row.id, archive=True))
        journal.write_text("".join(json.dumps(each) + "\n" for each in steps))
        report = await client.import_conversations(source, journal=journal)
        assert (report.already, report.archived) == (3, 3)
        assert len(await client.list_conversations(archived=True)) == 3
        report = await client.import_conversations(source, journal=journal)
        assert (report.already, report.archived) == (3, 0)


@pytest.mark.parametrize("source", [None, 7, "conversations", b"conversations"])
async def test_what_is_no_source_is_refused(source: object) -> None:
    async with SekhaClient.local() as client:
        with pytest.raises(SekhaValidationError, match="conversations: an iterable"):
            await client.import_conversations(source)  # type: ignore[arg-type]


async def test_what_is_no_conversation_is_skipped() -> None:
    source: list[object] = [plain(1)[0], {"label": "no"}, None, plain(2)[1]]
    async with SekhaClient.local() as client:
        report = await client.import_conversations(source)  # type: ignore[arg-type]
    assert (report.read, report.stored, report.skipped) == (4, 2, 2)
    assert [each.where for each in report.failures] == ["2", "3"]


@pytest.mark.parametrize("failing", [0, 1, 2])
async def test_equal_conversations_stay_as_many_when_one_of_them_failed(
    failing: int, controller: Controller, tmp_path: Path
) -> None:
    """What the journal knows as stored is not taken for the one that failed."""
    copies = [evolve(each, source="made") for each in plain(1) * 3]
    refusal = fault_for("create", [failing], Gateway(400, "text"))
    journal = tmp_path / "journal"
    with FaultServer(controller.handle, refusal) as fault_server:
        async with client_of(fault_server) as client:
            first = await client.import_conversations(copies, journal=journal)
            assert (first.stored, first.failed) == (2, 1)
            again = await client.import_conversations(copies, journal=journal)
            assert (again.stored, again.already, again.failed) == (1, 2, 0)
            assert await client.count() == 3
            # Without the journal they are known by what they say.
            last = await client.import_conversations(copies)
            assert (last.stored, last.unchanged) == (0, 3)
