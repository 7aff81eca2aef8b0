"""What a client meets, on the front and on the direct listener, against real upstreams."""

import asyncio
import contextlib
import gzip
import hashlib
import json
import socket
from dataclasses import replace

import httpx
import pytest
from builders import PATIENT, PROMPT
from fakes import FakeUpstream, Mode, completion, stream_events
from proxied import ASK, CHAT, STREAM, Recorded, proxied

from mirror.exchange import End, Outcome, Side

LISTENERS = ["front", "direct"]
both = pytest.mark.parametrize("via", LISTENERS)
streaming = pytest.mark.parametrize("ask", [ASK, STREAM], ids=["json", "stream"])
FAULTS = [mode for mode in Mode if mode not in (Mode.OK, Mode.JSON, Mode.SSE, Mode.SLOW)]
# What a candidate may do before its first content, by what it does when it is asked to stream.
BEFORE_CONTENT = [
    (Mode.REFUSE, End.CONNECT),
    (Mode.HANG, End.TIMEOUT),
    (Mode.ERROR, End.HTTP_ERROR),
    (Mode.LIMITED, End.HTTP_ERROR),
    (Mode.NOT_HTTP, End.BROKEN),
    (Mode.GARBAGE, End.MALFORMED),
    (Mode.SILENT, End.TIMEOUT),
    (Mode.COMMENTS, End.TIMEOUT),
]


def text_of(stream):
    events = [line[6:] for line in stream.decode().splitlines() if line.startswith("data: ")]
    chunks = [json.loads(event) for event in events if event != "[DONE]"]
    return "".join(
        c["choices"][0]["delta"].get("content", "") for c in chunks if "choices" in c
    )


def run(case):
    asyncio.run(asyncio.wait_for(case(), 30))


@both
@streaming
@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzip"])
def test_the_answers_bytes_equal_the_primarys(via, ask, zipped):
    async def case():
        async with (
            FakeUpstream(gzip=zipped, headers={"x-request-id": "r1"}) as cloud,
            FakeUpstream() as gpu,
            proxied(cloud, gpu, via=via) as proxy,
            proxy.client.stream(
                "POST",
                f"http://127.0.0.1:{proxy.address[1]}{CHAT}",
                json=ask,
                headers={"x-crossfade-tenant": "clinic"},
            ) as answer,
        ):
            received = b"".join([chunk async for chunk in answer.aiter_raw()])
            expected = (
                b"".join(stream_events(cloud.text, "big"))
                if "stream" in ask
                else completion(cloud.text, "big")
            )
            assert received == (gzip.compress(expected, mtime=0) if zipped else expected)
            assert answer.headers["x-request-id"] == "r1"
            assert answer.headers.get("content-encoding") == ("gzip" if zipped else None)
            assert "date" not in answer.headers
            assert "server" not in answer.headers
            await asyncio.sleep(0)
            assert proxy.accept.id == answer.headers["x-crossfade-exchange"]
            assert cloud.seen[0].json == ask
            assert (proxy.accept.outcome, proxy.accept.serving) == (
                Outcome.PENDING,
                Side.PRIMARY,
            )

    run(case)


@both
def test_a_stream_is_never_buffered(via):
    async def case():
        gate = asyncio.Event()
        async with (
            FakeUpstream(gate=gate) as cloud,
            proxied(cloud, cloud, via=via) as proxy,
            proxy.client.stream(
                "POST",
                f"http://127.0.0.1:{proxy.address[1]}{CHAT}",
                json=STREAM,
                headers={"x-crossfade-tenant": "clinic"},
            ) as answer,
        ):
            received = b""
            async for chunk in answer.aiter_raw():
                received += chunk
                if b"daily." in received:
                    gate.set()  # only now may the upstream end
            assert received.endswith(b"data: [DONE]\n\n")

    run(case)


@both
@streaming
@pytest.mark.parametrize(("mode", "end"), BEFORE_CONTENT, ids=str)
def test_a_candidate_that_fails_before_its_first_content_is_never_noticed(via, ask, mode, end):
    if "stream" not in ask and mode in (Mode.SILENT, Mode.COMMENTS):
        end = End.MALFORMED  # not even the kind of answer that was asked for
    deadlines = PROMPT if end is End.TIMEOUT else PATIENT

    async def case():
        async with (
            FakeUpstream(text="from the primary") as cloud,
            FakeUpstream(mode=mode, text="from the candidate") as gpu,
            proxied(cloud, gpu, via=via, stage="canary", deadlines=deadlines) as proxy,
        ):
            answer = await proxy.post(json=ask)
            assert answer.status_code == 200
            body = answer.content
            text = (
                text_of(body)
                if "stream" in ask
                else answer.json()["choices"][0]["message"]["content"]
            )
            assert text == "from the primary"
            await proxy_is_quiet(proxy)
            (attempt,) = proxy.reply.failed_over
            assert (attempt.side, attempt.end) == (Side.CANDIDATE, end)
            assert (proxy.reply.side, proxy.reply.end) == (Side.PRIMARY, End.COMPLETE)
            assert proxy.accept.serving is Side.CANDIDATE

    run(case)


@both
def test_a_stream_in_place_of_a_body_is_not_waited_for(via):
    async def case():
        async with (
            FakeUpstream(text="from the primary") as cloud,
            FakeUpstream(mode=Mode.COMMENTS) as gpu,
            proxied(cloud, gpu, via=via, stage="canary") as proxy,
        ):
            assert b"from the primary" in (await proxy.post()).content

    run(case)


async def proxy_is_quiet(proxy):
    """Waits until the relay has written down what it did."""
    while proxy.proxy.metrics.in_flight:
        await asyncio.sleep(0.005)


@both
@pytest.mark.parametrize("mode", [Mode.ERROR_FIRST, Mode.CUT], ids=str)
def test_an_error_first_and_a_cut_body_fail_over(via, mode):
    ask = STREAM if mode is Mode.ERROR_FIRST else ASK

    async def case():
        async with (
            FakeUpstream(text="from the primary") as cloud,
            FakeUpstream(mode=mode) as gpu,
            proxied(cloud, gpu, via=via, stage="live") as proxy,
        ):
            answer = await proxy.post(json=ask)
            assert b"primary" in answer.content
            await proxy_is_quiet(proxy)
            end = End.ERROR_EVENT if mode is Mode.ERROR_FIRST else End.BROKEN
            assert [attempt.end for attempt in proxy.reply.failed_over] == [end]

    run(case)


@both
def test_a_connection_that_nobody_takes_fails_over_at_the_deadline(via):
    async def case():
        with socket.socket() as hole:
            hole.bind(("127.0.0.1", 0))
            hole.listen(0)
            fillers = [socket.socket() for _ in range(3)]
            for filler in fillers:  # a full backlog: further packets are dropped
                filler.setblocking(False)
                filler.connect_ex(hole.getsockname())
            async with (
                FakeUpstream(text="from the primary") as cloud,
                proxied(
                    cloud,
                    f"http://127.0.0.1:{hole.getsockname()[1]}/v1",
                    via=via,
                    stage="canary",
                    deadlines=PROMPT,
                ) as proxy,
            ):
                answer = await proxy.post()
                assert b"from the primary" in answer.content
                await proxy_is_quiet(proxy)
                assert proxy.reply.failed_over[0].end is End.TIMEOUT
            for filler in fillers:
                filler.close()

    run(case)


@both
@pytest.mark.parametrize(
    ("mode", "end"), [(Mode.CUT, End.BROKEN), (Mode.NO_TERMINAL, End.NO_TERMINAL)]
)
def test_a_candidates_stream_that_breaks_later_ends_with_an_error_event_and_no_clean_end(
    via, mode, end
):
    async def case():
        async with (
            FakeUpstream() as cloud,
            FakeUpstream(mode=mode, text="one two three four five six", pace_s=0.02) as gpu,
            proxied(cloud, gpu, via=via, stage="canary") as proxy,
        ):
            received = b""
            with pytest.raises(httpx.RemoteProtocolError):
                async with proxy.client.stream(
                    "POST",
                    f"http://127.0.0.1:{proxy.address[1]}{CHAT}",
                    json=STREAM,
                    headers={"x-crossfade-tenant": "clinic"},
                ) as answer:
                    async for chunk in answer.aiter_raw():
                        received += chunk
            assert b'data: {"error": {"message": "the answer broke off' in received
            await proxy_is_quiet(proxy)
            assert (proxy.reply.side, proxy.reply.end) == (Side.CANDIDATE, end)
            assert cloud.seen == []

    run(case)


@both
def test_a_primarys_stream_without_a_terminal_event_passes_as_it_is(via):
    async def case():
        async with (
            FakeUpstream(mode=Mode.NO_TERMINAL) as cloud,
            proxied(cloud, cloud, via=via) as proxy,
        ):
            answer = await proxy.post(json=STREAM)
            assert answer.content == b"".join(stream_events(cloud.text, "big")[:-1])
            await proxy_is_quiet(proxy)
            assert proxy.reply.end is End.NO_TERMINAL

    run(case)


@both
@streaming
def test_whatever_the_candidate_does_in_mirror_is_not_noticed(via, ask):
    async def case():
        async with (
            FakeUpstream() as cloud,
            FakeUpstream() as gpu,
            proxied(cloud, gpu, via=via) as proxy,
        ):
            for gpu.mode in FAULTS:
                answer = await proxy.post(json=ask)
                assert answer.status_code == 200
            assert gpu.accepts == 0  # shadows are another process's work

    run(case)


@pytest.mark.parametrize("stage", ["off", "mirror", "canary", "live", "rolled_back"])
@streaming
def test_a_tenant_that_forbids_the_cloud_never_opens_a_connection_to_it(stage, ask):
    async def case():
        async with (
            FakeUpstream() as cloud,
            FakeUpstream() as gpu,
            proxied(cloud, gpu, stage=stage) as proxy,
        ):
            for gpu.mode in (Mode.OK, *FAULTS):
                await asked_for_a_moment(proxy, json=ask)
                await asked_for_a_moment(proxy, path="/v1/models", method="GET")
            await gpu.stop()
            await asked_for_a_moment(proxy, json=ask)
            assert cloud.accepts == 0
            reasons = {accept.reason for accept in proxy.recorded.accepts}
            assert reasons == {"no_permitted_side"}

    run(case)


async def asked_for_a_moment(proxy, **values):
    """Asks as the tenant that forbids the cloud; without a failover, a hanging candidate hangs."""
    with contextlib.suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(0.1):
            await proxy.post(tenant="hospital", **values)


@both
@pytest.mark.parametrize("stage", ["mirror", "rolled_back"])
def test_where_no_side_is_permitted_there_is_a_clear_503(via, stage):
    async def case():
        async with (
            FakeUpstream() as cloud,
            FakeUpstream() as gpu,
            proxied(cloud, gpu, via=via, stage=stage) as proxy,
        ):
            answer = await proxy.post(tenant="hospital")
            assert answer.status_code == 503
            assert answer.headers["x-should-retry"] == "false"
            assert answer.json()["error"]["code"] == "no_upstream_answered"
            await proxy_is_quiet(proxy)
            assert proxy.reply.end is End.BLOCKED

    run(case)


@both
def test_a_candidate_without_a_permitted_failover_is_passed_on_as_it_is(via):
    async def case():
        async with (
            FakeUpstream() as cloud,
            FakeUpstream(mode=Mode.LIMITED) as gpu,
            proxied(cloud, gpu, via=via, stage="live") as proxy,
        ):
            answer = await proxy.post(tenant="hospital")
            assert answer.status_code == 429
            await proxy_is_quiet(proxy)
            assert (proxy.reply.side, proxy.reply.end) == (Side.CANDIDATE, End.HTTP_ERROR)

    run(case)


@both
def test_when_both_sides_fail_the_client_is_told_not_to_try_again(via):
    async def case():
        async with (
            FakeUpstream(mode=Mode.REFUSE) as cloud,
            FakeUpstream(mode=Mode.ERROR) as gpu,
            proxied(cloud, gpu, via=via, stage="canary") as proxy,
        ):
            answer = await proxy.post()
            assert answer.status_code == 503
            assert answer.headers["x-should-retry"] == "false"
            assert "candidate http_error, primary connect" in answer.json()["error"]["message"]
            await proxy_is_quiet(proxy)
            assert (proxy.reply.end, len(proxy.reply.failed_over)) == (End.CONNECT, 1)

    run(case)


@both
def test_a_primary_alone_that_is_down_leaves_the_clients_own_retries_alone(via):
    async def case():
        async with (
            FakeUpstream(mode=Mode.REFUSE) as cloud,
            FakeUpstream() as gpu,
            proxied(cloud, gpu, via=via) as proxy,
        ):
            answer = await proxy.post()
            assert answer.status_code == 503
            assert "x-should-retry" not in answer.headers
            assert gpu.accepts == 0

    run(case)


@both
@pytest.mark.parametrize("mode", [Mode.HANG, Mode.SILENT, Mode.SLOW], ids=str)
def test_a_client_that_leaves_stops_the_upstream(via, mode):
    async def case():
        async with (
            FakeUpstream(mode=mode, delay_s=0.01, pace_s=5) as cloud,
            proxied(cloud, cloud, via=via) as proxy,
        ):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await proxy.post(json=STREAM)
            while not (proxy.recorded.replies and cloud.aborts):
                await asyncio.sleep(0.01)
            assert proxy.reply.end is End.CLIENT_ABORT

    run(case)


@both
def test_a_client_that_leaves_with_the_last_event_has_its_answer(via):
    async def case():
        async with (
            FakeUpstream(pace_s=0.3, text="yes") as cloud,
            proxied(cloud, cloud, via=via) as proxy,
        ):
            async with proxy.client.stream(
                "POST",
                f"http://127.0.0.1:{proxy.address[1]}{CHAT}",
                json=STREAM,
                headers={"x-crossfade-tenant": "clinic"},
            ) as answer:
                async for chunk in answer.aiter_raw():
                    if b"[DONE]" in chunk:
                        break
            while not cloud.aborts:  # it was left before it had ended its body
                await asyncio.sleep(0.005)
            await proxy_is_quiet(proxy)
            assert proxy.reply.end is End.COMPLETE

    run(case)


@both
def test_each_request_of_one_connection_goes_where_its_own_session_belongs(via):
    async def case():
        async with (
            FakeUpstream(text="primary") as cloud,
            FakeUpstream(text="candidate") as gpu,
            proxied(cloud, gpu, via=via, stage="canary", share=50) as proxy,
        ):
            served = {}
            for number in [*range(20), *range(20)]:
                answer = await proxy.post(headers={"x-session-id": f"s{number}"})
                text = answer.json()["choices"][0]["message"]["content"]
                assert served.setdefault(number, text) == text
            assert set(served.values()) == {"primary", "candidate"}
            assert all(seen.json["model"] == "own" for seen in gpu.seen)
            assert all(seen.json["model"] == "big" for seen in cloud.seen)

    run(case)


@both
def test_thirty_streams_run_at_once(via):
    async def case():
        async with (
            FakeUpstream(gate=asyncio.Event()) as cloud,
            proxied(cloud, cloud, via=via) as proxy,
            asyncio.TaskGroup() as group,
        ):
            tasks = [group.create_task(proxy.post(json=STREAM)) for _ in range(30)]
            while len(cloud.seen) < 30:
                await asyncio.sleep(0.01)
            cloud.gate.set()
            assert {(await task).content for task in tasks} == {
                b"".join(stream_events(cloud.text, "big"))
            }

    run(case)


@both
def test_a_body_that_is_no_json_reaches_the_primary_as_it_is(via):
    async def case():
        async with (
            FakeUpstream() as cloud,
            proxied(cloud, cloud, via=via, stage="live") as proxy,
        ):
            await proxy.post(content=b'{"model": "big", ')
            assert cloud.seen[0].body == b'{"model": "big", '
            await proxy_is_quiet(proxy)
            assert (proxy.accept.outcome, proxy.accept.reason) == (Outcome.EXCLUDED, "not_json")
            assert proxy.reply.side is Side.PRIMARY

    run(case)


@both
def test_a_stored_completion_stays_with_the_primary_and_is_not_mirrored(via):
    async def case():
        async with (
            FakeUpstream() as cloud,
            FakeUpstream() as gpu,
            proxied(cloud, gpu, via=via, stage="live") as proxy,
        ):
            await proxy.post(json=ASK | {"store": True})
            assert gpu.accepts == 0
            await proxy_is_quiet(proxy)
            assert (proxy.accept.outcome, proxy.accept.reason) == (Outcome.EXCLUDED, "stored")

    run(case)


@both
def test_a_chat_of_thirty_megabytes_is_answered(via):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via=via) as proxy:
            ask = {"model": "big", "messages": [{"role": "user", "content": "x" * (30 << 20)}]}
            answer = await proxy.post(json=ask)
            assert answer.status_code == 200
            assert len(cloud.seen[0].body) > 30 << 20

    run(case)


@both
def test_twenty_five_megabytes_pass_through_unchanged_and_unmirrored(via):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via=via) as proxy:
            sound = bytes(range(256)) * (25 << 12)
            answer = await proxy.post(
                path="/v1/audio/transcriptions", files={"file": ("visit.wav", sound)}
            )
            assert answer.status_code == 200
            received = cloud.seen[0].body
            start = received.index(sound[:1024])
            found = received[start : start + len(sound)]
            assert hashlib.sha256(found).digest() == hashlib.sha256(sound).digest()
            assert proxy.recorded.accepts == []

    run(case)


@both
def test_a_body_beyond_the_limit_is_refused_in_the_shape_clients_expect(via):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via=via) as proxy:
            reader, writer = await asyncio.open_connection(*proxy.address)
            writer.write(
                b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-crossfade-tenant: clinic\r\n"
                b"content-length: 104857601\r\n\r\n"
            )
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 413 " in head
            assert b'"code": "too_large"' in await reader.read(1000)
            writer.close()
            assert cloud.accepts == 0

    run(case)


@both
def test_an_upload_that_is_cut_off_reaches_nobody(via):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via=via) as proxy:
            _, writer = await asyncio.open_connection(*proxy.address)
            writer.write(
                b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-crossfade-tenant: clinic\r\n"
                b"content-length: 100\r\n\r\n{"
            )
            metrics = proxy.proxy.metrics
            while metrics.in_flight == 0:
                await asyncio.sleep(0.005)
            writer.close()
            while not metrics.total("crossfade_refused_total", reason="cut_off"):
                await asyncio.sleep(0.005)
            assert (cloud.accepts, proxy.recorded.accepts) == (0, [])

    run(case)


@both
@pytest.mark.parametrize(
    "line",
    [b"x-bad: a\0b", b"x-bad: a\rb", b"x-bad\0: a", b"content-length: 1\r\ncontent-length: 2"],
)
def test_a_malformed_head_is_answered_with_400_and_reaches_nobody(via, line):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via=via) as proxy:
            reader, writer = await asyncio.open_connection(*proxy.address)
            writer.write(
                b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-crossfade-tenant: clinic\r\n"
                + line
                + b"\r\n\r\n"
            )
            assert b" 400 " in await asyncio.wait_for(reader.readline(), 5)
            writer.close()
            assert cloud.accepts == 0

    run(case)


@both
def test_a_tenant_nobody_knows_is_refused(via):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via=via) as proxy:
            answer = await proxy.post(tenant="stranger")
            assert answer.status_code == 403
            assert answer.json()["error"]["code"] == "unknown_tenant"
            assert cloud.accepts == 0

    run(case)


@both
def test_a_tenant_nobody_knows_passes_through_where_the_policy_says_so(via):
    async def case():
        async with (
            FakeUpstream() as cloud,
            proxied(
                cloud, cloud, via=via, unknown_tenants="pass_through", unknown_upstream="cloud"
            ) as proxy,
        ):
            answer = await proxy.post(tenant="stranger")
            assert answer.content == completion(cloud.text, "big")
            assert proxy.recorded.accepts == []

    run(case)


@both
def test_a_tenants_header_is_believed_from_trusted_peers_only(via):
    async def case():
        async with (
            FakeUpstream() as cloud,
            proxied(cloud, cloud, via=via, trusted_peers=["10.0.0.0/8"]) as proxy,
        ):
            headers = {
                "x-crossfade-peer": "10.0.0.1 " + "0" * 64,
                "x-forwarded-for": "10.0.0.1",
            }
            assert (await proxy.post(headers=headers)).status_code == 403

    run(case)


@both
def test_a_path_that_is_not_mirrored_names_the_policy_key_that_would_pass_it_on(via):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via=via) as proxy:
            answer = await proxy.post(path="/v1/models", method="GET", tenant="hospital")
            assert answer.status_code == 404
            assert "tenants.hospital.pass_through" in answer.json()["error"]["message"]
            for path in ("/admin", "/v1/a/../b", "/v1//x"):
                assert (await raw_get(proxy, path)).split()[1] == b"404"
            assert cloud.accepts == 0

    run(case)


async def raw_get(proxy, path):
    reader, writer = await asyncio.open_connection(*proxy.address)
    writer.write(
        f"GET {path} HTTP/1.1\r\nhost: x\r\nx-crossfade-tenant: clinic\r\n\r\n".encode()
    )
    line = await reader.readline()
    writer.close()
    return line


@pytest.mark.parametrize("recorded", [Recorded(works=False), Recorded(breaks=True)])
@streaming
def test_a_spool_that_fails_is_counted_and_never_felt(ask, recorded):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, recorded=recorded) as proxy:
            assert (await proxy.post(json=ask)).status_code == 200
            await proxy_is_quiet(proxy)
            metrics = proxy.proxy.metrics
            assert metrics.total("crossfade_spool_drops_total", record="accept") == 1

    run(case)


@pytest.mark.parametrize("via", LISTENERS)
@streaming
def test_a_tenant_that_wants_it_so_is_refused_while_nothing_can_be_put_on_record(ask, via):
    async def case():
        recorded = Recorded(works=False)
        async with (
            FakeUpstream() as cloud,
            proxied(cloud, cloud, recorded=recorded, via=via) as proxy,
        ):
            clinic = proxy.proxy.policy.tenants["clinic"]
            asks = clinic.model_copy(update={"on_broken_record": "refuse"})
            proxy.proxy.policy.tenants["clinic"] = asks
            answer = await proxy.post(json=ask)
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no_record")
            assert answer.headers["retry-after"] == "5" and cloud.seen == []
            recorded.works = True
            assert (await proxy.post(json=ask)).status_code == 200
            assert len(cloud.seen) == 1

    run(case)


def test_the_request_is_on_record_before_the_upstream_is_asked():
    async def case():
        recorded = Recorded()
        known = []

        def answer(_):
            known.append(len(recorded.accepts))
            return "yes"

        async with (
            FakeUpstream(answer=answer) as cloud,
            proxied(cloud, cloud, recorded=recorded) as proxy,
        ):
            await proxy.post()
            assert known == [1]

    run(case)


def test_a_failing_candidate_is_left_alone_after_twenty_requests_and_probed_later():
    async def case():
        async with (
            FakeUpstream() as cloud,
            FakeUpstream(mode=Mode.ERROR) as gpu,
            proxied(cloud, gpu, stage="live") as proxy,
        ):
            for _ in range(25):
                assert (await proxy.post()).status_code == 200
            assert len(gpu.seen) == 20
            await proxy_is_quiet(proxy)
            diverted = proxy.recorded.accepts[-1]
            assert (diverted.serving, diverted.outcome) == (Side.PRIMARY, Outcome.PENDING)
            assert (
                b"crossfade_breaker_open"
                in (await proxy.post(path="/metrics", method="GET")).content
            )

    run(case)


def test_a_candidate_whose_streams_break_off_is_left_alone_too():
    async def case():
        async with (
            FakeUpstream() as cloud,
            FakeUpstream(mode=Mode.NO_TERMINAL) as gpu,
            proxied(cloud, gpu, stage="live") as proxy,
        ):
            for _ in range(20):
                with pytest.raises(httpx.RemoteProtocolError):
                    await proxy.post(json=STREAM)
            await proxy_is_quiet(proxy)
            assert (await proxy.post(json=STREAM)).status_code == 200
            assert (len(gpu.seen), len(cloud.seen)) == (20, 1)

    run(case)


def test_an_emergency_sends_everything_to_the_primary():
    async def case():
        async with (
            FakeUpstream() as cloud,
            FakeUpstream() as gpu,
            proxied(cloud, gpu, stage="live") as proxy,
        ):
            watcher = proxy.proxy.watcher
            watcher.table = type(watcher.table)(2, 2, watcher.table.standings, True)
            await proxy.post()
            assert (len(cloud.seen), gpu.accepts) == (1, 0)

    run(case)


async def raw_post(proxy, *lines, path=CHAT):
    """The status line and the whole answer to ASK with these header lines."""
    body = json.dumps(ASK).encode()
    head = [
        f"POST {path} HTTP/1.1".encode(),
        b"host: x\r\nx-crossfade-tenant: clinic\r\nconnection: close",
        b"content-length: %d" % len(body),
        *lines,
    ]
    reader, writer = await asyncio.open_connection(*proxy.address)
    writer.write(b"\r\n".join(head) + b"\r\n\r\n" + body)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


@both
@pytest.mark.parametrize(
    ("line", "arrives"),
    [
        (b"user-agent: Jos\xc3\xa9", True),
        (b"user-agent: Jos\xe9", False),
        (b"user-agent: a\x01b", False),
        (b"user-agent: a\x7fb", False),
    ],
)
@pytest.mark.parametrize("path", [CHAT, "/v1/embeddings"])
def test_bytes_beyond_ascii_in_a_header_never_cost_the_answer(via, line, arrives, path):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via=via) as proxy:
            answer = await raw_post(proxy, line, path=path)
            assert answer.startswith(b"HTTP/1.1 200") or (
                not arrives
                and answer.startswith(b"HTTP/1.1 400")  # the front may refuse controls
            )
            for seen in cloud.seen:
                assert (line in seen.raw, "user-agent" in seen.headers) == (arrives, arrives)

    run(case)


class Broken:
    """Upstreams that no request can be made for."""

    def open(self, tenant, upstream, request):
        raise ValueError("quotes the request")


@both
@pytest.mark.parametrize(("path", "status"), [(CHAT, 503), ("/v1/embeddings", 500)])
def test_a_fault_of_ours_is_an_error_that_clients_read(via, path, status, caplog):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via=via) as proxy:
            relay = proxy.proxy.current.relay()
            relay.engine.upstreams = relay.passing.upstreams = Broken()
            answer = await proxy.post(path=path)
            assert answer.status_code == status
            assert answer.json()["error"]["type"] == "server_error"
            await proxy_is_quiet(proxy)
            if path == CHAT:
                assert proxy.reply.end is End.BROKEN

    run(case)
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert line.endswith("failed: ValueError")
    assert "quotes" not in caplog.text


@both
def test_a_candidate_that_stalls_after_its_first_word_does_not_hold_its_client(via):
    async def case():
        async with (
            FakeUpstream() as cloud,
            FakeUpstream(gate=asyncio.Event()) as gpu,
            proxied(
                cloud, gpu, via=via, stage="live", deadlines=PATIENT | {"answer_s": 0.3}
            ) as proxy,
        ):
            received = b""
            with pytest.raises(httpx.RemoteProtocolError):
                async with proxy.client.stream(
                    "POST",
                    proxy.base_url + "/chat/completions",
                    json=STREAM,
                    headers={"x-crossfade-tenant": "clinic"},
                ) as answer:
                    async for chunk in answer.aiter_raw():
                        received += chunk
            assert b'data: {"error"' in received
            await proxy_is_quiet(proxy)
            assert (proxy.reply.side, proxy.reply.end) == (Side.CANDIDATE, End.TIMEOUT)

    run(case)


@both
def test_a_query_reaches_the_upstream_and_no_record(via):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via=via) as proxy:
            await proxy.post(path=CHAT + "?api_key=secret")
            assert cloud.seen[0].path == CHAT + "?api_key=secret"
            await proxy_is_quiet(proxy)
            assert "secret" not in repr((proxy.accept, proxy.reply))

    run(case)


@both
def test_no_record_holds_the_name_of_a_session_in_clear(via):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via=via) as proxy:
            for name in ("Siti Aminah", "Siti Aminah", "Tan"):
                await proxy.post(headers={"x-session-id": name})
            await proxy_is_quiet(proxy)
            sessions = [accept.session for accept in proxy.recorded.accepts]
            assert sessions[0] == sessions[1] != sessions[2]
            assert "Siti" not in repr(proxy.recorded)

    run(case)


@pytest.mark.parametrize("path", [CHAT, "/healthz"])
def test_a_request_to_a_plain_http_proxy_is_refused_and_goes_nowhere(path):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via="front") as proxy:
            reader, writer = await asyncio.open_connection(*proxy.address)
            head = f"POST http://api.openai.com{path} HTTP/1.1\r\nhost: api.openai.com\r\n"
            writer.write(f"{head}content-length: 0\r\nconnection: close\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
            assert b"400 " in answer.splitlines()[0]
            assert b"absolute_form" in answer
            assert cloud.accepts == 0

    run(case)


def test_planned_downtime_of_the_candidate_is_not_noticed_and_no_evidence():
    async def case():
        async with (
            FakeUpstream(text="theirs") as cloud,
            FakeUpstream(text="ours") as gpu,
            proxied(cloud, gpu, stage="live") as proxy,
        ):
            watcher = proxy.proxy.watcher
            watcher.table = replace(watcher.table, drains={"gpu": 0})
            answer = await proxy.post()
            assert "theirs" in answer.text and gpu.accepts == 0
            assert (proxy.accept.outcome, proxy.accept.reason) == (Outcome.EXCLUDED, "drained")
            assert proxy.reply.failed_over == ()
            nobody = await proxy.post(tenant="hospital")
            assert nobody.status_code == 503
            assert nobody.headers["x-should-retry"] == "false"
            assert nobody.json()["error"]["code"] == "upstream_drained"
            watcher.table = replace(watcher.table, drains={})
            assert "ours" in (await proxy.post()).text

    run(case)


@streaming
def test_an_answer_of_another_than_the_candidate_never_reaches_the_client(ask):
    async def case():
        headers = {"llm_provider-openai-processing-ms": "7"}
        async with (
            FakeUpstream(text="theirs") as cloud,
            FakeUpstream(text="ours", headers=headers) as gpu,
            proxied(cloud, gpu, stage="live") as proxy,
        ):
            answer = await proxy.post(json=ask)
            assert "theirs" in answer.text and "ours" not in answer.text
            (attempt,) = proxy.reply.failed_over
            assert attempt.end is End.SERVED_BY_OTHER and "OpenAI" in attempt.other
            metrics = proxy.proxy.metrics
            assert metrics.total("crossfade_served_by_other_total", tenant="clinic") == 1
            (alone,) = [await proxy.post(json=ask, tenant="hospital")]
            assert alone.status_code == 200
            assert "OpenAI" in proxy.recorded.replies[-1].other

    run(case)


def test_who_answered_is_on_the_record_of_every_reply():
    async def case():
        headers = {"x-litellm-model-id": "gpu-1"}
        async with FakeUpstream() as cloud, FakeUpstream(headers=headers) as gpu:
            identity = {"own": {"engine": "vllm", "gpus": "2x L40S"}}
            upstreams = {
                "cloud": {"base_url": cloud.base_url, "location": "cloud", "models": ["big"]},
                "gpu": {
                    "base_url": gpu.base_url,
                    "location": "onprem",
                    "models": ["own"],
                    "identity": identity,
                },
            }
            async with proxied(cloud, gpu, stage="live", upstreams=upstreams) as proxy:
                await proxy.post()
                facts = {fact.name: (fact.value, fact.source) for fact in proxy.reply.facts}
                assert facts["model"] == ("own", "observed")
                assert facts["deployment"] == ("gpu-1", "observed")
                assert facts["engine"] == ("vllm", "declared")
                assert facts["gpus"] == ("2x L40S", "declared")
                assert proxy.reply.other == ""

    run(case)


def test_our_own_copy_that_comes_back_is_a_loop():
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud) as proxy:
            answer = await proxy.post(headers={"x-crossfade-copy": "test"})
            assert (answer.status_code, answer.headers["x-should-retry"]) == (508, "false")
            assert cloud.accepts == 0 and proxy.recorded.accepts == []

    run(case)


def test_a_copy_of_another_deployment_is_answered_and_not_copied_again():
    async def case():
        async with (
            FakeUpstream(text="theirs") as cloud,
            FakeUpstream() as gpu,
            proxied(cloud, gpu, stage="live") as proxy,
        ):
            answer = await proxy.post(headers={"x-crossfade-copy": "elsewhere"})
            assert "theirs" in answer.text
            assert cloud.seen[0].headers["x-crossfade-copy"] == "elsewhere"
            assert (proxy.accept.outcome, proxy.accept.reason) == (Outcome.EXCLUDED, "copy")

    run(case)


@both
@streaming
def test_an_app_is_told_who_answered_where_its_tenant_wants_it(via, ask):
    async def case():
        tenants = {"clinic": {"identify": {"header": "clinic"}, "cloud": "allowed"}}
        tenants["hospital"] = {"identify": {"header": "hospital"}, "cloud": "forbidden"}
        tenants["clinic"]["provenance"] = True
        async with (
            FakeUpstream(headers={"x-crossfade-served": "nobody"}) as cloud,
            FakeUpstream() as gpu,
            proxied(cloud, gpu, via=via, stage="live", tenants=tenants) as proxy,
        ):
            answer = await proxy.post(json=ask)
            assert answer.headers["x-crossfade-served"] == "gpu; own"
            untold = await proxy.post(json=ask, tenant="hospital")
            assert "x-crossfade-served" not in untold.headers
            gpu.mode = Mode.ERROR
            answer = await proxy.post(json=ask)
            assert answer.headers["x-crossfade-served"] == "cloud; big"

    run(case)


def test_a_candidate_kept_away_for_long_has_failed():
    async def case():
        breaker = {"at_least": 1, "rest_s": 1000, "evidence_after_s": 0}
        terms = {"deadlines": PATIENT, "breaker": breaker}
        async with (
            FakeUpstream() as cloud,
            FakeUpstream(mode=Mode.ERROR) as gpu,
            proxied(cloud, gpu, stage="live", terms=terms) as proxy,
        ):
            await proxy.post()
            await proxy.post()
            assert len(gpu.seen) == 1
            assert [one.kept for one in proxy.recorded.accepts] == ["", "diverted"]
            (attempt,) = proxy.recorded.replies[-1].failed_over
            assert (attempt.side, attempt.upstream, attempt.end) == (
                Side.CANDIDATE,
                "gpu",
                End.DIVERTED,
            )

    run(case)


def test_a_short_answer_has_a_short_deadline():
    async def case():
        deadlines = PATIENT | {"answer_base_s": 0.2, "answer_per_token_s": 0.01}
        async with (
            FakeUpstream(text="theirs") as cloud,
            FakeUpstream(mode=Mode.HANG) as gpu,
            proxied(cloud, gpu, stage="live", deadlines=deadlines) as proxy,
        ):
            answer = await proxy.post(json=ASK | {"max_tokens": 10})
            assert "theirs" in answer.text
            assert proxy.reply.failed_over[0].end is End.TIMEOUT

    run(case)


class Turning(FakeUpstream):
    """A gateway that goes on with another model in the middle of an answer."""

    async def _events(self, events):
        for event in events[:2]:
            yield event
        await self.gate.wait()
        for event in stream_events(self.text, "gpt-4o")[1:]:
            yield event


def test_another_that_takes_over_within_an_answer_is_told_and_trips_the_breaker():
    async def case():
        terms = {"deadlines": PATIENT, "breaker": {"at_least": 1, "rest_s": 1000}}
        async with (
            FakeUpstream() as cloud,
            Turning(gate=asyncio.Event()) as gpu,
            proxied(cloud, gpu, stage="live", terms=terms) as proxy,
        ):
            answer = await proxy.client.send(proxy.request(json=STREAM), stream=True)
            async for _ in answer.aiter_bytes():
                gpu.gate.set()
            await proxy_is_quiet(proxy)
            assert "gpt-4o" in proxy.reply.other
            await proxy.post(json=STREAM)
            assert len(gpu.seen) == 1

    run(case)


def test_a_short_recording_has_a_short_deadline():
    async def case():
        deadlines = PATIENT | {"answer_base_s": 0.3, "answer_per_mb_s": 1}
        sides = {
            "primary": {"upstream": "cloud", "model": "big"},
            "candidate": {"upstream": "gpu", "model": "own"},
        }
        rollouts = [
            {"tenant": tenant, "route": route, **sides}
            for tenant, route in (("clinic", "chat"), ("clinic", "audio"), ("hospital", "chat"))
        ]
        async with (
            FakeUpstream(text="theirs") as cloud,
            FakeUpstream(mode=Mode.HANG) as gpu,
            proxied(
                cloud,
                gpu,
                stage="live",
                rollouts=rollouts,
                terms={"deadlines": deadlines},
            ) as proxy,
        ):
            watcher = proxy.proxy.watcher
            chat = watcher.table.standings["clinic", "chat"]
            rows = {
                **watcher.table.standings,
                ("clinic", "audio"): replace(chat, route="audio"),
            }
            watcher.table = replace(watcher.table, standings=rows)
            answer = await proxy.post(
                path="/v1/audio/transcriptions",
                data={"model": "big"},
                files={"file": ("a.wav", b"RIFF" * 10)},
            )
            assert answer.status_code == 200
            assert proxy.reply.failed_over[0].end is End.TIMEOUT

    run(case)
