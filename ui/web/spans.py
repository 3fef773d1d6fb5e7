"""Spans for OpenTelemetry, when a collector is configured; otherwise nothing is imported and nothing sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from adapters.errors import BadSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = str | int | float | bool


class Noted(Protocol):
    """A span that is open."""

    def note(self, values: Mapping[str, Value]) -> None: ...


Span = AbstractContextManager[Noted]


class _Nothing:
    def note(self, values: Mapping[str, Value]) -> None:
        """Nobody listens."""


def no_span(name: str) -> Span:
    return nullcontext(_Nothing())


def spans_to(endpoint: str, exporter: Any = None) -> Callable[[str], Span]:
    """Return what opens spans that go to an OTLP collector at this address (gRPC), e.g. "http://127.0.0.1:4317".

    `exporter` takes its place in tests. Raises BadSettings when the packages are not installed.
    """
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

        if exporter is None:
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

            processor: Any = BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint))
        else:
            processor = SimpleSpanProcessor(exporter)
    except ImportError as cause:
        raise BadSettings(
            "`telemetry.endpoint` is set, but OpenTelemetry is not installed: pip install 'zhiwen[telemetry]', "
            "or leave the setting out."
        ) from cause
    provider = TracerProvider(resource=Resource.create({"service.name": "zhiwen"}))
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("zhiwen")

    class Open:
        def __init__(self, span: Any):
            self._span = span

        def note(self, values: Mapping[str, Value]) -> None:
            self._span.set_attributes({f"zhiwen.{name}": value for name, value in values.items()})

    @contextmanager
    def open_span(name: str) -> Iterator[Noted]:
        with tracer.start_as_current_span(name) as span:
            yield Open(span)

    return open_span
