"""`sekha-memory` for shell blocks, without a new interpreter for each call: one process imports the
command line once and forks for each.

    python -m support.command_server SOCKET

The command that shells find is a few lines of Python that hand over arguments, environment, folder
and standard streams, and end with the exit code.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path

CLIENT = """#!{python} -ISE
import json, os, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect({path!r})
said = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(connection, [len(said).to_bytes(4, "big")], [0, 1, 2])
connection.sendall(said)
code = connection.recv(1)
sys.exit(code[0] if code else 70)
"""


def write_command(file: Path, path: str) -> None:
    """Write the command that hands its work to the server at this socket."""
    file.write_text(CLIENT.format(python=sys.executable, path=path))
    file.chmod(0o755)


def serve(path: str) -> None:
    """Answer until the process is ended."""
    import sekha.cli.app
    import sekha.importers

    with sekha.SyncSekhaClient.local() as client:  # loads the model of the vectors, once for all
        client.smart_query("warm")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    print("ready", flush=True)
    while True:
        connection, _ = server.accept()
        if os.fork() == 0:
            server.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _carry_out(connection)
        connection.close()


def _carry_out(connection: socket.socket) -> None:
    code = 70
    try:
        size, descriptors, _, _ = socket.recv_fds(connection, 4, 3)
        arguments, folder, environment = json.loads(_received(connection, int.from_bytes(size)))
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
            os.close(descriptor)
        # Whoever hangs up does not wait for the end: a server in the background, ended by a signal.
        threading.Thread(target=_end_with, args=[connection], daemon=True).start()
        sys.stdin, sys.stdout, sys.stderr = (
            open(number, mode, encoding="utf-8", closefd=False)
            for number, mode in ((0, "r"), (1, "w"), (2, "w"))
        )
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["sekha-memory", *arguments]
        from sekha.cli import main

        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                pass
        connection.sendall(bytes([code]))
        os._exit(0)


def _received(connection: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        parts += connection.recv(size - len(parts))
    return parts


def _end_with(connection: socket.socket) -> None:
    connection.recv(1)
    os._exit(0)


if __name__ == "__main__":
    serve(sys.argv[1])
