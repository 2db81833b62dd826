"""What a collector gets over OTLP: the protobuf that arrives on a port of this machine, decoded."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from conftest import ROOT
from sekha import SekhaMissingExtraError, SyncSekhaClient


@contextmanager
def collector() -> Iterator[tuple[str, dict[str, list[bytes]]]]:
    """A collector's URL, and what is posted to each of its paths."""
    posted: dict[str, list[bytes]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            posted.setdefault(self.path, []).append(content)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", posted
        finally:
            server.shutdown()
            thread.join()


def plain(attributes: Any) -> dict[str, Any]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value") or "") for each in attributes
    }


def test_a_recall_with_a_retry_arrives_whole() -> None:
    with collector() as (url, posted):
        done = subprocess.run(
            [sys.executable, "-W", "error::ResourceWarning", str(ROOT / "examples/tracing.py")],
            env={
                **os.environ,
                "OTEL_EXPORTER_OTLP_ENDPOINT": url,
                "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
            },
            capture_output=True,
            text=True,
            timeout=300,
        )
    assert done.returncode == 0, done.stderr
    spans = [
        span
        for content in posted["/v1/traces"]
        for resource in ExportTraceServiceRequest.FromString(content).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
        if scope.scope.name == "sekha" and scope.schema_url.endswith("/1.44.0")
    ]
    (call,) = [span for span in spans if not span.parent_span_id]
    attempts = [span for span in spans if span.parent_span_id == call.span_id]
    assert len(attempts) == len(spans) - 1 >= 4
    assert plain(call.attributes)["db.operation.name"] == "recall"
    statuses = [plain(each.attributes)["http.response.status_code"] for each in attempts]
    assert (statuses.count(503), statuses.count(200)) == (1, len(attempts) - 1)
    assert call.SPAN_KIND_CLIENT == call.kind == attempts[0].kind
    # What the example prints is what arrived.
    assert done.stdout.splitlines()[0] == call.name
    assert sorted(line.split()[1] for line in done.stdout.splitlines()[2:]) == sorted(
        each.name.split()[1] for each in attempts
    )
    metrics = {
        metric.name: metric
        for content in posted["/v1/metrics"]
        for resource in ExportMetricsServiceRequest.FromString(content).resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if scope.scope.name == "sekha"
    }
    assert set(metrics) == {
        "db.client.operation.duration",
        "http.client.request.duration",
        "sekha.client.retries",
    }
    (duration,) = metrics["db.client.operation.duration"].histogram.data_points
    assert (metrics["db.client.operation.duration"].unit, duration.count) == ("s", 1)
    assert list(duration.explicit_bounds) == [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]
    everything = b"".join(content for contents in posted.values() for content in contents)
    assert b"Garden" not in everything and b"tomatoes" not in everything


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(SekhaMissingExtraError, match=r'pip install "sekha-memory\[otel\]"'):
        SyncSekhaClient.local(tracing=True)
    with SyncSekhaClient.local() as client:
        assert client.count() == 0


def test_opentelemetry_is_not_imported_unless_asked_for() -> None:
    code = (
        "import sys\nfrom sekha import SyncSekhaClient\n"
        "with SyncSekhaClient.local() as client: client.count()\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
