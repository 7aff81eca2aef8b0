"""A live candidate that answers too late for its clients: each gives up before it has an answer.

No answer of it is ever seen, good or bad; that it was late is.
"""

import asyncio

import httpx
import pytest
from deployed import deployed, policy_text, until
from fakes import FakeUpstream, Mode, running

from bench.times.fleet import begun
from cutover import history
from cutover.evidence import course
from cutover.stages import Stage
from mirror.journal.home import Home
from mirror.journal.store import Store
from policies.load import parse

KEY = ("klinik-a", "chat")
CLIENTS = 30
# Its breaker never asks: what is shown is shown by evidence alone.
TERMS = "  mixture_every: 5\n  breaker: {at_least: 1000000}\n"


async def _gives_up(client, url, number, after_s):
    headers = {"x-crossfade-tenant": KEY[0], "x-session-id": f"s{number}"}
    question = [{"role": "user", "content": f"question {number}"}]
    with pytest.raises(httpx.ReadTimeout):
        await client.post(
            f"{url}/chat/completions",
            json={"model": "gpt-4o", "messages": question},
            headers=headers,
            timeout=httpx.Timeout(60, read=after_s),
        )


def give_up(url, first, after_s):
    """So many clients at once, numbered from `first` on, who leave after so many seconds."""

    async def all_of_them():
        limits = httpx.Limits(max_connections=CLIENTS)
        async with httpx.AsyncClient(limits=limits) as client, asyncio.TaskGroup() as group:
            for number in range(first, first + CLIENTS):
                group.create_task(_gives_up(client, url, number, after_s))

    asyncio.run(all_of_them())


@pytest.mark.deep
@pytest.mark.timeout(300)
def test_clients_that_give_up_late_roll_a_slow_candidate_back_and_those_that_leave_early_do_not(
    tmp_path,
):
    primary, gpu = FakeUpstream(), FakeUpstream(Mode.SLOW, delay_s=8)
    with running(primary, gpu):
        text = policy_text(primary.base_url, gpu.base_url) + "encoders: [{kind: onnx_int8}]\n"
        text = text.replace("  mixture_every: 5\n", TERMS)
        store = Store.open(Home.open(tmp_path / "data").store_url)
        begun(store, parse(text, "policy.yaml"), {KEY[0]: Stage.LIVE})

        def standing():
            with store.read() as conn:
                return history.rollouts(conn)[KEY].rollout

        def evidence(rollout):
            with store.read() as conn:
                kept = course.observations(conn, KEY, rollout.epoch)
            return [one.values["fresh"] for one in kept]

        with deployed(tmp_path, text) as box:
            give_up(box.base_url, 0, 0.2)
            ledger = box.settled(CLIENTS)
            assert ledger.reasons == {"excluded: client_abort": CLIENTS}
            assert standing().stage is Stage.LIVE
            assert not any(evidence(standing()))
            give_up(box.base_url, CLIENTS, 3)
            until(lambda: standing().stage is Stage.ROLLED_BACK)
            assert box.settled(2 * CLIENTS).reasons == {"excluded: client_abort": 2 * CLIENTS}
        with store.read() as conn:
            moved = history.moves(conn, KEY)[-1]
        assert moved.transition.reason.startswith("latency: ")
        store.close()
