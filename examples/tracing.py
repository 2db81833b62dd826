"""Spans of a recall that is retried, on the console.

    pip install "sekha-memory[local,otel]" opentelemetry-sdk
    python examples/tracing.py

With `pip install opentelemetry-exporter-otlp-proto-http` and OTEL_EXPORTER_OTLP_ENDPOINT in the
environment they go to a collector too.
"""

from __future__ import annotations

import os

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from sekha import MessageDto, NewConversation, SyncSekhaClient
from sekha.testing import Gateway, faulty_memory, short_waits


def main() -> None:
    kept = InMemorySpanExporter()
    spans = TracerProvider()
    spans.add_span_processor(BatchSpanProcessor(kept))
    meters = MeterProvider()
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])
    trace.set_tracer_provider(spans)
    metrics.set_meter_provider(meters)

    with short_waits(), faulty_memory() as controller:
        talk = [MessageDto("user", "The tomatoes want water every second evening.")]
        controller.memory.create_conversation(NewConversation("Garden", talk))
        controller.next(Gateway(503))
        with SyncSekhaClient(controller.config(tracing=True)) as client:
            client.recall("When do the tomatoes want water?")

    spans.shutdown()
    meters.shutdown()
    finished = sorted(kept.get_finished_spans(), key=lambda span: span.start_time or 0)
    for call in (span for span in finished if span.parent is None):
        show(call, "")
        for event in call.events:
            print(f"    event {event.name}")
        for span in finished:
            if span.parent is not None and span.parent.span_id == call.context.span_id:
                show(span, "    ")


def show(span: ReadableSpan, indent: str) -> None:
    said = dict(span.attributes or {})
    facts = [
        f"{name.removeprefix('http.response.').removeprefix('http.request.')}={said[name]}"
        for name in ("http.response.status_code", "http.request.resend_count", "error.type")
        if name in said
    ]
    print(" ".join([f"{indent}{span.name}", *facts]))


if __name__ == "__main__":
    main()
