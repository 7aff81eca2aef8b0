"""Which rollouts are found, in pages that nobody who comes or goes disturbs."""

from dataclasses import replace

import pytest
from crowd import Fleet, in_canary, three
from rollouts import ERIK

from cutover.approving.draw import Why
from cutover.approving.sign_offs import Given, Label, Pair, Sample
from cutover.emergency.switchboard import Switchboard
from cutover.overview import Entry, Need, Search, needs, page, summary
from cutover.refusals import StandsBy
from mirror.journal.store import Store
from policies.sign_off import SignOff


def entry(tenant, **given):
    words = f"{tenant} chat big own mirror hold"
    made = Entry((tenant, "chat"), words, "mirror", "hold", held=False, needs=None)
    return replace(made, **given)


ENTRIES = [
    entry("a"),
    entry("b", stage="canary", verdict="promote", needs=Need.APPROVAL),
    entry("c", needs=Need.START),
    entry("d", held=True, needs=Need.HOLD),
]


def found(**given):
    return [one.key[0] for one in page(ENTRIES, Search(**given), None, 9).entries]


@pytest.mark.parametrize(
    ("given", "tenants"),
    [
        ({}, "abcd"),
        ({"words": ("b",)}, "abcd"),  # `big` has it too
        ({"words": ("chat", "own")}, "abcd"),
        ({"words": ("chat", "nobody")}, ""),
        ({"stages": frozenset({"canary", "live"})}, "b"),
        ({"verdicts": frozenset({"promote"})}, "b"),
        ({"needs": frozenset({Need.START, Need.HOLD})}, "cd"),
        ({"needs_person": True}, "bd"),
        ({"needs_person": False}, "ac"),
        ({"held": True}, "d"),
        ({"held": False, "stages": frozenset({"mirror"})}, "ac"),
    ],
)
def test_what_is_looked_for_is_found(given, tenants):
    assert found(**given) == list(tenants)


def test_pages_go_on_after_the_last_key_and_end():
    first = page(ENTRIES, Search(), None, 2)
    assert ([one.key[0] for one in first.entries], first.found) == (["a", "b"], 4)
    assert first.next == ("b", "chat")
    second = page(ENTRIES, Search(), first.next, 2)
    assert [one.key[0] for one in second.entries] == ["c", "d"]
    assert second.next is None


def test_who_joins_or_leaves_moves_nobody_to_another_page():
    after = page(ENTRIES, Search(), None, 2).next
    others = [entry("aa"), *ENTRIES[2:], entry("e")]  # a and b are gone
    assert [one.key[0] for one in page(others, Search(), after, 9).entries] == ["c", "d", "e"]


def test_the_summary_counts_all_whatever_is_looked_for():
    told = page(ENTRIES, Search(held=True), None, 1).summary
    assert told == summary(ENTRIES)
    assert (told.rollouts, told.held, told.needs_person) == (4, 1, 2)
    assert told.stages == {"mirror": 3, "canary": 1}
    assert told.verdicts == {"hold": 3, "promote": 1}
    assert told.needs == {"approval": 1, "start": 1, "hold": 1}


@pytest.fixture
def fleet(home):
    store = Store.open(home.store_url)
    made = Fleet(store, home, three())
    made.tick()
    yield made
    store.close()


def need_of(fleet, tenant):
    cabinet = fleet.controller.cabinet
    return needs(cabinet, cabinet.file((tenant, "chat")))


def listed(fleet, **search):
    told, views = fleet.controller.overview.page(Search(**search), lambda _: True, None, 9)
    assert [one.key for one in told.entries] == [(one.tenant, one.route) for one in views]
    return [one.tenant for one in views]


def test_what_a_rollout_needs_a_person_for(fleet):
    assert [need_of(fleet, one) for one in "abc"] == [None, None, Need.START]
    fleet.key = ("a", "chat")
    fleet.until_proposed()
    assert need_of(fleet, "a") is Need.APPROVAL
    fleet.desk.hold(ERIK, ("a", "chat"), "wait")
    assert need_of(fleet, "a") is Need.HOLD
    assert listed(fleet, held=True) == listed(fleet, needs_person=True) == ["a"]
    fleet.desk.roll_back(ERIK, ("b", "chat"), "odd")
    assert need_of(fleet, "b") is Need.RESUME
    assert listed(fleet, stages=frozenset({"rolled_back"})) == ["b"]


def test_what_the_controller_begins_again_needs_nobody(fleet):
    in_canary(fleet, "a")
    fleet.slow("a", 12)
    fleet.controller.tick()
    assert fleet.stages()[0] == "rolled_back"
    assert need_of(fleet, "a") is None


def test_pairs_that_nobody_has_labelled_need_a_person(fleet, monkeypatch):
    monkeypatch.setattr("cutover.overview.signed.asked", lambda cabinet, file: SignOff(pairs=2))
    file = fleet.controller.cabinet.file(("a", "chat"))
    read = Pair(1, "x", Why.WORST, (Given("mei", Label.ACCEPTABLE, "", 1),))
    file.signed = Sample(file.rollout.attempt, "seed", 2, (read, Pair(2, "y", Why.RANDOM)))
    assert need_of(fleet, "a") is Need.SIGN_OFF
    file.signed = Sample(file.rollout.attempt, "seed", 2, (read,))
    assert need_of(fleet, "a") is None
    file.signed = Sample(file.rollout.attempt + 1, "seed", 2, (Pair(2, "y", Why.RANDOM),))
    assert need_of(fleet, "a") is None


def test_a_fault_of_ours_needs_a_person(fleet, monkeypatch):
    monkeypatch.setattr(
        "cutover.controller.align",
        lambda cabinet, file: {}["x"] if file.rollout.key[0] == "b" else None,
    )
    fleet.tick()
    assert listed(fleet, needs=frozenset({Need.FAULT})) == ["b"]


def test_only_the_tenants_that_somebody_sees_are_counted(fleet):
    told, _ = fleet.controller.overview.page(Search(), lambda one: one == "b", None, 9)
    assert ([one.key[0] for one in told.entries], told.summary.rollouts) == (["b"], 1)


def test_a_page_opens_no_view_beside_its_own(fleet, monkeypatch):
    opened = []
    real = fleet.controller.overview._view
    monkeypatch.setattr(
        fleet.controller.overview,
        "_view",
        lambda key, counts: opened.append(key) or real(key, counts),
    )
    fleet.controller.overview.page(Search(), lambda _: True, ("a", "chat"), 1)
    assert opened == [("b", "chat")]


def test_the_ledger_on_a_page_is_each_rollouts_own(fleet):
    fleet.act("a", 3)
    fleet.act("b", 1)
    _, views = fleet.controller.overview.page(Search(), lambda _: True, None, 2)
    assert [one.ledger["compared"] for one in views] == [3, 1]


def test_a_controller_that_stands_by_tells_nothing(fleet):
    other = fleet.another("second")
    with pytest.raises(StandsBy):
        other.overview.page(Search(), lambda _: True, None, 9)


def test_nobody_is_waited_for_to_approve_what_may_not_be_widened_now(fleet):
    fleet.key = ("a", "chat")
    fleet.until_proposed()
    switches = Switchboard(fleet.controller)
    switches.switch_on(ERIK, "", "", "smoke in the GPU room")
    assert need_of(fleet, "a") is None
    assert listed(fleet, needs_person=True) == []
    switches.switch_off(ERIK, "", "", "it was toast")
    assert need_of(fleet, "a") is Need.APPROVAL


def test_nobody_is_waited_for_to_approve_what_the_plan_lets_wait(fleet, monkeypatch):
    fleet.key = ("a", "chat")
    fleet.until_proposed()
    monkeypatch.setattr("cutover.overview.planned", lambda cabinet, file: "its turn")
    assert need_of(fleet, "a") is None
