"""What is in the wheel, what an import of it does, and that it works with the core alone."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from email.parser import HeaderParser
from pathlib import Path

import pytest

from conftest import ROOT
from sekha.local import Controller
from sekha.testing import FaultServer, Gateway

from .conftest import CORE, Run

KEY = "sekha-fake-key-that-must-stay-unseen-0001"
IMPORT = "from sekha import SekhaClient, SyncSekhaClient, ClientConfig"


@pytest.fixture
def fault_server() -> Iterator[FaultServer]:
    controller = Controller()
    try:
        with FaultServer(controller.handle) as opened:
            yield opened
    finally:
        controller.close()


def files_below(folder: str, top: Path) -> set[str]:
    return {
        f"{folder}/{path.relative_to(top).as_posix()}"
        for path in top.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_the_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    packaged = {name for name in names if ".dist-info/" not in name}
    assert packaged == {
        *files_below("sekha", ROOT / "sekha"),
        *files_below("sekha_api", ROOT / "generated" / "sekha_api"),
        *files_below("pytest_sekha", ROOT / "pytest_sekha"),
    }
    assert {"sekha/py.typed", "sekha_api/py.typed", "sekha_api/openapi.json"} <= packaged


def test_the_wheel_says_what_it_is_and_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(archive.read(name).decode())
        (licence,) = (each for each in archive.namelist() if each.endswith("licenses/LICENSE"))
        assert b"GNU AFFERO GENERAL PUBLIC LICENSE" in archive.read(licence)
    assert metadata["Name"] == "sekha-memory"
    assert metadata["License-Expression"] == "AGPL-3.0-or-later"
    assert metadata["Requires-Python"] == ">=3.11"
    needed = [each for each in metadata.get_all("Requires-Dist", []) if "extra ==" not in each]
    assert sorted(each.split("<")[0].split(">")[0] for each in needed) == sorted(CORE)


def test_an_import_opens_no_socket_and_no_file_but_modules(run: Run, site: Path) -> None:
    printed = run(f"""
        import json, sys
        seen = []
        sys.addaudithook(lambda event, arguments: seen.append((event, str(arguments[:1]))))
        {IMPORT}
        seen, events = [], list(seen)
        print(json.dumps(events))
        """)
    events = json.loads(printed)
    assert [each for each in events if each[0] == "import"]
    forbidden = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "urllib.")
    assert [each for each in events if each[0].startswith(forbidden)] == []
    opened = [each[1] for each in events if each[0] == "open"]
    assert opened
    modules = (".py'", ".pyc'", ".so'")
    assert [each for each in opened if not each.rstrip(",)").endswith(modules)] == []


def test_an_import_leaves_heavy_and_optional_packages_alone(run: Run) -> None:
    printed = run(f"""
        import sys
        {IMPORT}
        print(sorted({{name.partition(".")[0] for name in sys.modules}}))
        print(sorted(name for name in sys.modules if name.startswith("sekha")))
        """)
    top, ours = printed.splitlines()
    for heavy in ("httpx", "asyncio", "ssl", "tempfile", "dateutil", "numpy", "redis", "typer"):
        assert f"'{heavy}'" not in top
    lazy = (
        "_async.import_run",
        "_async.recall",
        "_core.transfer.periods",
        "local",
        "cli",
        "importers",
        "integrations",
    )
    for room in (*(f"sekha.{name}" for name in lazy), "sekha_api.models."):
        assert room not in ours


def test_the_embedded_controller_says_which_extra_it_needs(run: Run) -> None:
    printed = run("""
        from sekha import SekhaMissingExtraError, SyncSekhaClient
        try:
            SyncSekhaClient.local()
        except SekhaMissingExtraError as error:
            print(error)
        """)
    assert 'pip install "sekha-memory[local]"' in printed


def test_both_clients_do_their_work_with_the_core_alone(
    run: Run, fault_server: FaultServer
) -> None:
    printed = run(
        """
        import asyncio, sys
        from sekha import ClientConfig, MessageDto, NewConversation, SekhaClient, SyncSekhaClient

        config = ClientConfig(api_key=sys.argv[2], base_url=sys.argv[1])
        new = NewConversation("L", [MessageDto("user", "the signing keys")], importance_score=7)

        async def main():
            async with SekhaClient(config) as client:
                made = await client.create_conversation(new)
                print((await client.smart_query("keys"))[0].content)
                context = await client.assemble_context("keys")
                print(context.conversations[0].id == made.id)

        asyncio.run(main())
        with SyncSekhaClient(config) as client:
            client.create_conversation(new)
            print(len(client.search("signing keys")), client.export("L").count("signing keys"))
            print([each.importance_score for each in client.iter_conversations()])
        """,
        fault_server.base_url,
        KEY,
    )
    assert printed.splitlines() == ["the signing keys", "True", "2 2", "[7, 7]"]


def test_a_power_user_needs_no_more_than_the_generated_package(
    run: Run, fault_server: FaultServer
) -> None:
    fault_server.script(None, None, None, Gateway(520), Gateway(500, "text"))
    printed = run(
        """
        import sys
        from sekha_api.api.conversations import count_conversations, create_conversation
        from sekha_api.api.retrieval import full_text_search
        from sekha_api.client import AuthenticatedClient
        from sekha_api.errors import UnexpectedResponse
        from sekha_api.models import CreateConversationRequest, FullTextSearchRequest, MessageDto

        with AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2]) as client:
            body = CreateConversationRequest("L", "/f", [MessageDto("user", "the signing keys")])
            print(create_conversation.sync(client=client, body=body).label)
            print(count_conversations.sync(client=client).count)
            body = FullTextSearchRequest(query="signing")
            print(full_text_search.sync(client=client, body=body).total)
            try:
                count_conversations.sync(client=client)
            except UnexpectedResponse as error:
                print(error.status_code)
            print(full_text_search.sync(client=client, body=body))
            print(sys.argv[2] in repr(client), "sekha" in sys.modules)
        """,
        fault_server.base_url,
        KEY,
    )
    assert printed.splitlines() == ["L", "1", "1", "520", "500 gateway", "False False"]
