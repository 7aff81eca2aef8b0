"""What the metrics are told, through a real proxy."""

import asyncio
import re

import pytest
from fakes import FakeUpstream, Mode
from proxied import STREAM, proxied

LABELS = 'tenant="clinic",route="chat",side="{side}",upstream="{upstream}",gen_ai_request_model="{model}"'


def run(case):
    asyncio.run(asyncio.wait_for(case(), 60))


async def page(proxy):
    return (await proxy.post(path="/metrics", method="GET")).text


def test_times_and_tokens_have_the_names_and_labels_of_the_field():
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud) as proxy:
            await proxy.post()
            await proxy.post(json=STREAM)
            text = await page(proxy)
        labels = LABELS.format(side="primary", upstream="cloud", model="big")
        duration = "gen_ai_client_operation_duration_seconds"
        assert f'{duration}_count{{{labels},error_type=""}} 2' in text
        assert f'{duration}_bucket{{{labels},error_type="",le="+Inf"}} 2' in text
        # A whole answer has no first chunk.
        assert (
            f"gen_ai_client_operation_time_to_first_chunk_seconds_count{{{labels}}} 1" in text
        )
        gaps = "gen_ai_client_operation_time_per_output_chunk_seconds"
        assert f"{gaps}_count{{{labels}}} {len(cloud.text.split()) - 1}" in text
        assert f'gen_ai_client_token_usage_sum{{{labels},gen_ai_token_type="input"}} 1' in text

    run(case)


@pytest.mark.parametrize(("mode", "end"), [(Mode.ERROR, "http_error"), (Mode.CUT, "broken")])
def test_a_failed_answer_says_how_it_ended(mode, end):
    async def case():
        async with FakeUpstream(mode=mode) as cloud, proxied(cloud, cloud) as proxy:
            try:
                await proxy.post()
            except Exception as error:
                assert mode is Mode.CUT, error
            while not re.search(r"operation_duration_seconds_count", text := await page(proxy)):
                await asyncio.sleep(0.02)
            assert f'error_type="{end}"' in text

    run(case)


def test_names_in_answers_and_requests_open_no_new_series():
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud) as proxy:
            for number in range(20):
                cloud.model = f"served-{number}"
                await proxy.post(json={"model": f"asked-{number}", "messages": []})
            assert len(proxy.proxy.metrics.histograms["gen_ai_client_token_usage"]) == 2

    run(case)


def test_a_request_that_did_not_end_well_is_one_log_line_with_its_id(caplog):
    async def case():
        async with (
            FakeUpstream() as cloud,
            FakeUpstream(mode=Mode.ERROR) as gpu,
            proxied(cloud, gpu, stage="live") as proxy,
        ):
            answer = await proxy.post()
            return answer.headers["x-crossfade-exchange"]

    identifier = asyncio.run(asyncio.wait_for(case(), 60))
    (line,) = [one for one in caplog.records if one.name == "mirror.proxy.counting"]
    assert line.getMessage() == "request was answered by the failover"
    assert (line.request_id, line.tenant, line.side) == (identifier, "clinic", "primary")


def test_a_request_that_ended_well_is_no_log_line(caplog):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud) as proxy:
            await proxy.post()

    run(case)
    assert [one for one in caplog.records if one.name == "mirror.proxy.counting"] == []
