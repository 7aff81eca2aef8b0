"""OpenTelemetry spans of both legs of an exchange: the served one, and the copy's linked to it.

Optional: `pip install 'crossfade[otel]'`, and OTEL_EXPORTER_OTLP_ENDPOINT names a collector. Without
either, nothing is imported and headers pass as they came. With both, the client's `traceparent` is
the parent of the served span, upstreams are told of ours, and the copy's span, in another process and
later, is a trace of its own that links to the served span.

Spans name tenants, routes, models and how answers ended; nothing that a client or a model said. They
go to a collector of this machine or a private network, and to no other.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_log = logging.getLogger(__name__)
_tracer: Any = None
_span: ContextVar[Any] = ContextVar("span", default=None)


def start(part: str, environ: Mapping[str, str]) -> Callable[[], None]:
    """Traces from now on where the environment asks for it; what it returns flushes and ends it.

    A collector that may not be used, or a missing extra, is a warning: clients are answered anyway.
    """
    endpoint = next((environ[name] for name in ENDPOINTS if environ.get(name)), "")
    if not endpoint or environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return _nothing
    why = _unusable(endpoint)
    if why:
        _log.warning("nothing is traced: %s", why)
        return _nothing
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return trace_to(part, BatchSpanProcessor(OTLPSpanExporter()))


def trace_to(part: str, processor: Any) -> Callable[[], None]:
    """Gives spans to a processor of OpenTelemetry's; what it returns flushes and ends it."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    global _tracer  # noqa: PLW0603 - one for a process, as its log is
    provider = TracerProvider(resource=Resource.create({"service.name": f"crossfade-{part}"}))
    provider.add_span_processor(processor)
    _tracer = provider.get_tracer("crossfade")

    def stop() -> None:
        global _tracer  # noqa: PLW0603
        _tracer = None
        provider.shutdown()

    return stop


def served(
    exchange: str, headers: Mapping[str, str]
) -> AbstractContextManager[Mapping[str, str]]:
    """The span of an exchange; gives the headers that upstreams and records are to have."""
    return nullcontext(headers) if _tracer is None else _served(exchange, headers)


@contextmanager
def _served(exchange: str, headers: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    from opentelemetry.trace import SpanKind

    found = _context(headers)
    started = _tracer.start_as_current_span(
        "serve",
        context=found,
        kind=SpanKind.SERVER,
        attributes={"crossfade.exchange": exchange},
    )
    with _entered(started, headers) as told:
        yield told


@contextmanager
def copied(
    exchange: str, headers: Mapping[str, str], attributes: Mapping[str, str]
) -> Iterator[Mapping[str, str]]:
    """The span of a copy, a trace of its own that links to the served span in `headers`."""
    if _tracer is None:
        yield headers
        return
    from opentelemetry.context import Context
    from opentelemetry.trace import Link, SpanKind, get_current_span

    origin = get_current_span(_context(headers)).get_span_context()
    links = [Link(origin)] if origin.is_valid else []
    named = {"crossfade.exchange": exchange, **attributes}
    started = _tracer.start_as_current_span(
        "copy", context=Context(), kind=SpanKind.CLIENT, links=links, attributes=named
    )
    with _entered(started, headers) as told:
        yield told


@contextmanager
def _entered(started: Any, headers: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Makes a span the one of now while in the block."""
    with started as span:
        token = _span.set(span)
        try:
            yield _told(headers)
        finally:
            _span.reset(token)


def tell(attributes: Mapping[str, str], failed: str = "") -> None:
    """Adds to the span of now; does nothing without one. `failed` is how it ended, where not well."""
    span = _span.get()
    if span is None:
        return
    span.set_attributes(dict(attributes))
    if failed:
        from opentelemetry.trace import StatusCode

        span.set_attribute("error.type", failed)
        span.set_status(StatusCode.ERROR)


def _context(headers: Mapping[str, str]) -> Any:
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract(dict(headers), context=Context())


def _told(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers with the span of now in place of the client's."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    given: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(given)
    kept = {name: value for name, value in headers.items() if name != "tracestate"}
    return kept | given


def _unusable(endpoint: str) -> str:
    """Why spans cannot go to a collector; empty where they can."""
    host = urlsplit(endpoint).hostname or ""
    if not _near(host):
        return f"{host or endpoint!r} is not on this machine or a private network"
    if importlib.util.find_spec("opentelemetry") is None:
        return "OpenTelemetry is not installed; pip install 'crossfade[otel]'"
    return ""


def _near(host: str) -> bool:
    """An address of a private network, or a name without a dot, as `localhost` and containers have."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return bool(host) and "." not in host


def _nothing() -> None:
    """There is nothing to end."""
