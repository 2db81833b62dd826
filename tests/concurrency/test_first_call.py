"""What the first call of a process costs: no import of a library that sends, which would take of the
call's own time and hold up the event loop."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest

CALLS = {
    "async": """
        import asyncio
        from sekha import SekhaClient

        async def main(config):
            client = SekhaClient(config)
            before = set(sys.modules)
            await client.create_conversation(new)
            await client.aclose()
            return before

        before = asyncio.run(main(config))
        """,
    "sync": """
        from sekha import SyncSekhaClient

        client = SyncSekhaClient(config)
        before = set(sys.modules)
        client.create_conversation(new)
        client.close()
        """,
}
SCRIPT = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

class Controller(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        answer = (
            b'{"id":"11111111-1111-4111-8111-111111111111","conversation_id":'
            b'"11111111-1111-4111-8111-111111111111","label":"a","folder":"/a","status":"active",'
            b'"message_count":1,"created_at":"2026-01-01T00:00:00"}'
        )
        self.send_response(201)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass

server = HTTPServer(("127.0.0.1", 0), Controller)
Thread(target=server.serve_forever, daemon=True).start()

from sekha import ClientConfig, MessageDto, NewConversation

new = NewConversation(label="a", folder="/a", messages=[MessageDto("user", "a")])
config = ClientConfig(
    api_key="obviously-fake-key-0123456789-abcdefghij",
    base_url=f"http://127.0.0.1:{server.server_port}",
    http_backend=sys.argv[1],
)
CALL
print(*sorted({each.partition(".")[0] for each in set(sys.modules) - before}))
server.shutdown()
server.server_close()
"""
OURS = {"sekha", "sekha_api", "encodings"}


@pytest.mark.parametrize("client", ["async", "sync"])
def test_the_first_call_imports_no_library(client: str, http_backend: str) -> None:
    script = SCRIPT.replace("CALL", dedent(CALLS[client]))
    done = subprocess.run(
        [sys.executable, "-c", script, http_backend], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) <= OURS
