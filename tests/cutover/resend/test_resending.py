"""Stored requests sent again: to the candidate alone, with consent, each once, and evidence of agreement alone."""

import asyncio
import json
from dataclasses import replace

import pytest
from fakes import FakeUpstream, Mode
from nights import SCORER, Nights, night, policy_of
from rollouts import ANNA, KEY, World

from cutover.emergency.casebook import Casebook
from cutover.emergency.switches import drain
from cutover.evidence import dossier
from cutover.evidence.replay import Outcome, replay
from cutover.people import Deed
from cutover.resend.resending import NotAllowed, Resending, offers_tools, usable
from mirror.exchange import End, Leg, Side
from mirror.journal import exchanges
from mirror.journal.store import Store


@pytest.fixture
def store(home):
    opened = Store.open(home.store_url)
    yield opened
    opened.close()


def with_gpu(use, **given):
    """Runs `use` with a candidate that answers."""

    async def go():
        async with FakeUpstream(text="answer of the candidate", model="own", **given) as gpu:
            return await use(gpu)

    return asyncio.run(go())


def test_each_stored_request_goes_once_to_the_candidate_and_the_ledger_is_not_touched(
    store, home
):
    async def use(gpu):
        nights = Nights(store, home, gpu)
        before = nights.counts()
        first, again = await nights.run(), await nights.run()
        return nights, before, first, again, list(gpu.seen)

    nights, before, first, again, seen = with_gpu(use)
    assert (first.sent, first.why) == (4, "nothing is left that could be sent again")
    assert again.sent == 0
    assert sorted(one.json["messages"][0]["content"] for one in seen) == [
        f"question {n}" for n in (1, 2, 3, 4)
    ]
    assert nights.counts() == before
    assert nights.rested == [60.0] * 4
    events = nights.world.events("prompt.resent")
    assert len(events) == 4
    assert "question" not in json.dumps(events)


def test_they_are_evidence_of_agreement_and_flags_and_of_nothing_else(store, home):
    async def use(gpu):
        nights = Nights(store, home, gpu)
        await nights.run()
        return nights

    nights = with_gpu(use)
    sent = [one for one in nights.observed() if one.resent]
    assert len(sent) == 4
    assert all(set(one.badness) == {"equivalence", "flags", "severe"} for one in sent)
    file = nights.world.controller.cabinet.file(KEY)
    tally = file.dossier.account.closed
    by_name = {gate.demand.name: gate.n for gate in tally.gates}
    assert (by_name["equivalence"], by_name["errors"], by_name["latency"]) == (10, 6, 6)
    assert (tally.sessions, tally.resent, tally.late) == (6, 4, 0)
    assert tally.last_us < sent[0].start_us  # the clock is the clients' alone


def test_a_promotion_that_counts_them_says_so_and_comes_out_again(store, home):
    async def use(gpu):
        nights = Nights(store, home, gpu)
        await nights.run()
        return nights

    nights = with_gpu(use)
    nights.observed()
    nights.world.until_proposed(comparators=SCORER.comparators)
    reasons = nights.world.view().reasons
    assert any(reason.startswith("replayed: besides ") for reason in reasons)
    assert any("4 of stored requests that were sent again" in reason for reason in reasons)
    nights.world.approve()
    rules = dossier.rules_of(nights.policy, nights.policy.rollouts[0])
    with store.read() as conn:
        last = [one for one in replay(conn, KEY, lambda _: rules) if one.moved][-1]
    assert (last.evidence.outcome, last.verdict.outcome) == (Outcome.EQUAL, Outcome.EQUAL)


def test_a_controller_that_starts_anew_counts_each_once(store, home):
    async def use(gpu):
        nights = Nights(store, home, gpu)
        await nights.run()
        return nights

    nights = with_gpu(use)
    before = nights.observed()
    again = nights.world.another("first")
    nights.world.clock.pass_s(60)
    again.tick()
    tally = again.cabinet.file(KEY).dossier.account.closed
    assert (tally.sessions, tally.resent) == (6, 4)
    assert len(nights.observed()) == len(before)


@pytest.mark.parametrize(
    ("given", "sent", "why"),
    [
        ({"live": 2}, 2, "2 sessions of stored requests stand beside 2 of clients"),
        ({"resend": night(per_day=3)}, 3, "3 requests were sent in 24 hours"),
        ({"resend": night(start="00:00", end="00:01")}, 0, "and stored requests are sent from"),
    ],
)  # fmt: skip
def test_it_ends_with_the_share_the_budget_and_the_hours(store, home, given, sent, why):
    async def use(gpu):
        return await Nights(store, home, gpu, **given).run()

    found = with_gpu(use)
    assert found.sent == sent
    assert why in found.why


def test_it_stops_when_people_come(store, home):
    async def use(gpu):
        nights = Nights(store, home, gpu, resend=night(busy_from=3))
        for _ in range(3):
            nights.world.exchange()
        return await nights.run()

    found = with_gpu(use)
    assert (found.sent, "3 requests in the last minute" in found.why) == (0, True)


def test_a_candidate_that_fails_on_one_is_worse_for_it(store, home):
    async def use(gpu):
        nights = Nights(store, home, gpu, stored=1)
        gpu.mode = Mode.ERROR
        report = await nights.run()
        return report, nights.kept()

    report, kept = with_gpu(use)
    assert report.sent == 1
    assert kept[0].attribution == "candidate_failed"


def test_a_candidate_that_is_not_there_ends_it_without_a_row(store, home):
    async def use(gpu):
        return Nights(store, home, gpu)

    nights = with_gpu(use)  # and then it is gone
    report = asyncio.run(nights.run())
    assert (report.sent, nights.kept()) == (0, [])
    assert report.why.startswith("the candidate could not be asked: connect")


def test_a_drained_candidate_is_asked_nothing(store, home):
    async def use(gpu):
        nights = Nights(store, home, gpu)
        with store.write() as conn:
            drain(conn, "gpu", 0, Deed(ANNA.actor, nights.world.clock(), "repair"))
        return await nights.run(), list(gpu.seen)

    report, seen = with_gpu(use)
    assert (report.sent, seen) == (0, [])
    assert "drained" in report.why


def test_after_another_answered_in_its_name_nothing_more_is_sent_until_a_person_looked(
    store, home
):
    async def use(gpu):
        nights = Nights(store, home, gpu)
        return nights, await nights.run(), await nights.run(), list(gpu.seen)

    nights, first, again, seen = with_gpu(use, headers={"x-litellm-attempted-fallbacks": "1"})
    assert (first.sent, again.sent, len(seen)) == (1, 0, 1)
    for one in (first, again):
        assert one.why.startswith("another answered in the name of the candidate:")
    nights.world.tick()
    assert nights.world.view().hold_reason


def test_a_candidate_that_is_held_or_was_reported_is_asked_nothing(store, home):
    async def use(gpu):
        nights = Nights(store, home, gpu)
        nights.world.desk.hold(ANNA, KEY, "wrong doses")
        held = await nights.run()
        nights.world.desk.resume(ANNA, KEY, "they were right")
        id = nights.world.exchange()
        Casebook(nights.world.controller).report(ANNA, id, KEY, "a wrong side")
        return held, await nights.run(), list(gpu.seen)

    held, reported, seen = with_gpu(use)
    assert (held.sent, reported.sent, seen) == (0, 0, [])
    assert held.why == "it is held by anna: wrong doses"
    assert "incident 1 is closed: a wrong side" in reported.why


def test_without_terms_or_consent_nothing_may_be_sent(store, home):
    for given, words in (
        ({"resend": None}, "low_traffic.resend"),
        ({"consent": False}, "clinic.resend: true"),
    ):
        policy = policy_of("http://127.0.0.1:8/v1", **given)
        with pytest.raises(NotAllowed, match=words):
            Resending(policy, policy.rollouts[0], store, None, None, SCORER, None, None)


def stored_exchange(store, home):
    world = World(store, home)
    world.tick()
    id = world.exchange()
    with store.read() as conn:
        return exchanges.load(conn, id, world.sealer)


def test_only_what_the_primary_answered_whole_without_tools_is_usable(store, home):
    found = stored_exchange(store, home)
    assert usable(found, asked_again=True)

    def changed(leg, **values):
        return replace(
            found, replies={**found.replies, leg: replace(found.replies[leg], **values)}
        )

    assert not usable(changed(Leg.SERVED, end=End.TIMEOUT), asked_again=False)
    assert not usable(changed(Leg.SERVED, side=Side.CANDIDATE), asked_again=False)
    assert not usable(changed(Leg.SERVED, body_cut=True), asked_again=False)
    assert not usable(changed(Leg.REASK, end=End.TIMEOUT), asked_again=True)
    assert usable(changed(Leg.REASK, end=End.TIMEOUT), asked_again=False)


@pytest.mark.parametrize(
    ("body", "offers"),
    [
        (b'{"messages": []}', False),
        (b'{"messages": [], "tools": []}', True),
        (b'{"functions": [{"name": "order"}]}', True),
        (b"[]", True),
        (b"not json", True),
        (b"", True),
    ],
)
def test_a_request_that_offers_tools_or_cannot_be_read_is_not_sent(store, home, body, offers):
    accept = replace(stored_exchange(store, home).accept, body=body)
    assert offers_tools(accept) is offers
