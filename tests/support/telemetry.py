"""What the OpenTelemetry SDK gets to see in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from attrs import frozen
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


@frozen
class Recorded:
    """The spans and metrics since the last `recording`."""

    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader

    @property
    def spans(self) -> list[ReadableSpan]:
        """All that ended, in the order of their beginning."""
        return sorted(self.exporter.get_finished_spans(), key=lambda each: each.start_time or 0)

    def named(self, beginning: str) -> list[ReadableSpan]:
        """Those whose name begins so."""
        return [each for each in self.spans if each.name.startswith(beginning)]

    def points(self) -> dict[str, list[tuple[dict[str, Any], Any]]]:
        """For each metric its points: attributes, and the sum of a counter or a histogram's count.
        Each point is told once."""
        found: dict[str, list[tuple[dict[str, Any], Any]]] = {}
        data = self.reader.get_metrics_data()
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.data.data_points:
                        number = getattr(point, "count", None)
                        value = getattr(point, "value", None) if number is None else number
                        found.setdefault(metric.name, []).append((dict(point.attributes), value))
        return found

    def everything(self) -> str:
        """All names, attributes and events as one text, to look for what must not be there."""
        said: list[object] = [self.points()]
        for span in self.spans:
            said += [span.name, dict(span.attributes or {}), span.status.description]
            said += [(event.name, dict(event.attributes or {})) for event in span.events]
        return repr(said)


@contextmanager
def recording() -> Iterator[Recorded]:
    """What is told while the block runs, and after it."""
    recorded = _once()
    recorded.exporter.clear()
    recorded.points()
    yield recorded


@cache
def _once() -> Recorded:
    # The API takes a provider once in a process.
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    delta = AggregationTemporality.DELTA
    reader = InMemoryMetricReader(preferred_temporality={Counter: delta, Histogram: delta})
    metrics.set_meter_provider(MeterProvider(metric_readers=[reader]))
    return Recorded(exporter, reader)
