"""Spans of both legs, from a real proxy and a real sender, and nothing where nobody asked for them."""

import asyncio
import subprocess
import sys

import pytest
from fakes import FakeUpstream, Mode
from proxied import proxied

from mirror import telemetry

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
FROM_CLIENT = f"00-{TRACE}-{PARENT}-01"


@pytest.fixture
def spans():
    """The spans that have ended, in order."""
    pytest.importorskip("opentelemetry.sdk")
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    stop = telemetry.trace_to("proxy", SimpleSpanProcessor(exporter))
    yield exporter.get_finished_spans
    stop()


def run(case):
    return asyncio.run(asyncio.wait_for(case(), 60))


def serve(mode=Mode.OK, **headers):
    """One request through a proxy; what the upstream saw, and what is on record."""

    async def case():
        async with FakeUpstream(mode=mode) as cloud, proxied(cloud, cloud) as proxy:
            await proxy.post(headers=headers)
            await asyncio.sleep(0)
            return cloud.seen[0].headers, proxy.accept

    return run(case)


def test_the_served_span_is_the_clients_child_and_the_upstream_is_told_of_it(spans):
    seen, accept = serve(traceparent=FROM_CLIENT)
    (span,) = spans()
    assert f"{span.context.trace_id:032x}" == TRACE
    assert f"{span.parent.span_id:016x}" == PARENT
    ours = f"00-{TRACE}-{span.context.span_id:016x}-01"
    assert seen["traceparent"] == ours
    assert accept.headers["traceparent"] == ours
    assert span.attributes["crossfade.exchange"] == accept.id
    assert span.attributes["crossfade.tenant"] == "clinic"
    assert span.attributes["gen_ai.request.model"] == "big"


def test_without_a_clients_span_a_trace_begins_here(spans):
    seen, _ = serve()
    (span,) = spans()
    assert span.parent is None
    assert f"{span.context.trace_id:032x}" in seen["traceparent"]


def test_a_failed_answer_is_an_error_of_its_span(spans):
    serve(mode=Mode.ERROR)
    (span,) = spans()
    assert span.attributes["error.type"] == "http_error"
    assert not span.status.is_ok


def test_the_copys_span_links_to_the_served_one_and_is_a_trace_of_its_own(spans):
    with telemetry.copied(
        "e1", {"traceparent": FROM_CLIENT}, {"crossfade.leg": "shadow"}
    ) as told:
        telemetry.tell({}, "timeout")
    (span,) = spans()
    (link,) = span.links
    assert f"{link.context.trace_id:032x}" == TRACE
    assert f"{span.context.trace_id:032x}" != TRACE
    assert f"{span.context.span_id:016x}" in told["traceparent"]
    assert span.attributes["error.type"] == "timeout"


def test_nothing_that_was_said_is_in_a_span(spans):
    async def case():
        body = {"model": "big", "messages": [{"role": "user", "content": "Puan Siti"}]}
        async with (
            FakeUpstream(text="Take one tablet") as cloud,
            proxied(cloud, cloud) as proxy,
        ):
            await proxy.post(json=body, headers={"authorization": "Bearer sk-secret-key"})

    run(case)
    told = "".join(span.to_json() for span in spans())
    assert "crossfade.exchange" in told
    for secret in ("Siti", "tablet", "sk-secret-key"):
        assert secret not in told


def test_without_a_collector_headers_pass_as_they_came_and_nothing_is_imported():
    assert serve(traceparent=FROM_CLIENT)[0]["traceparent"] == FROM_CLIENT
    code = (
        "import sys; from mirror import telemetry; telemetry.start('proxy', {});"
        "import mirror.proxy.process, mirror.shadow;"
        "sys.exit(any(name.startswith('opentelemetry.sdk') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "endpoint",
    ["https://otlp.example.com", "http://8.8.8.8:4318", "https://api.openai.com", "x"],
)
def test_a_collector_out_there_is_told_nothing(endpoint, caplog, monkeypatch):
    monkeypatch.setattr(telemetry, "trace_to", lambda *_: pytest.fail("it traces"))
    telemetry.start("proxy", {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint})()
    assert "nothing is traced" in caplog.text


def test_a_missing_extra_is_told_and_keeps_nobody_from_starting(caplog, monkeypatch):
    monkeypatch.setattr(telemetry.importlib.util, "find_spec", lambda name: None)
    telemetry.start("proxy", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"})()
    assert "crossfade[otel]" in caplog.text
