"""Sign-off over a whole way: nothing goes on before people have read what was drawn."""

import pytest
from builders import REHEARSAL
from rollouts import ANNA, KEY, World, a_policy

from cutover.approving.sign_offs import Label
from cutover.approving.signing import Signing
from cutover.evidence import dossier
from cutover.evidence.again import Outcome
from cutover.evidence.replay import outcome, replay
from cutover.people import Person, Role
from cutover.refusals import Conflict, NotAllowed
from cutover.retention import erasing
from mirror.journal.store import Store
from policies.sign_off import SignOff

RITA = Person("rita", frozenset({Role.REVIEWER}))
SAUL = Person("saul", frozenset({Role.REVIEWER}))
GOOD, BAD, HARM = Label.ACCEPTABLE, Label.NOT_ACCEPTABLE, Label.HARMFUL
WAITS = "clinical sign-off: 4 pairs of answers are drawn for it once all else is shown"


def a_world(home, **given):
    asked = SignOff(pairs=4, routes=("chat",), **given)
    store = Store.open(home.store_url)
    world = World(store, home, a_policy(terms=REHEARSAL.model_copy(update={"sign_off": asked})))
    world.tick()
    return world


@pytest.fixture
def world(home):
    world = a_world(home, not_acceptable_at_most=1)
    yield world
    world.store.close()


def label(world, number, label, person=RITA, note="as I see it"):
    return Signing(world.controller).label(person, KEY, number, label, note)


def until_drawn(world):
    for _ in range(300):
        world.good(1)
        if world.events("signoff.drawn"):
            return Signing(world.controller).read(KEY)
    raise AssertionError(world.view().reasons)


def test_it_is_asked_from_the_beginning_and_drawn_when_all_else_is_shown(world):
    world.good(3)
    assert WAITS in world.view().reasons
    assert world.events("signoff.drawn") == []
    sample = until_drawn(world)
    assert len(sample.pairs) == 4 and sample.of >= 30
    world.good(1)
    view = world.view()
    assert (view.verdict, view.stage, view.proposal) == ("hold", "mirror", None)
    assert view.waits_for == view.reasons[0] == "clinical sign-off: 0 of 4 pairs signed off"
    (event,) = world.events("signoff.drawn")
    assert event["details"]["seed"] == sample.seed


def test_when_all_are_signed_off_the_step_is_proposed(world):
    until_drawn(world)
    for number in (1, 2, 3):
        _, left = label(world, number, BAD if number == 2 else GOOD)
        assert left == f"{number} of 4 pairs signed off"
        world.good(1)
        assert world.view().proposal is None
    label(world, 4, GOOD)
    world.good(1)
    assert world.view().proposal
    assert world.approve(ANNA).applied
    told = [
        (one["actor"]["name"], one["details"]["label"])
        for one in world.events("signoff.labelled")
    ]
    assert told == [
        ("rita", "acceptable"),
        ("rita", "not_acceptable"),
        *[("rita", "acceptable")] * 2,
    ]


def test_more_that_are_not_acceptable_than_may_be_hold_this_attempt(world):
    until_drawn(world)
    for number in (1, 2):
        label(world, number, BAD)
    for number in (3, 4):
        label(world, number, GOOD)
    world.good(20)
    assert "2 of 4 pairs are not acceptable, at most 1 may be" in world.view().waits_for
    label(world, 1, GOOD, note="I misread")  # one's own label may be put right
    world.good(1)
    assert world.view().proposal


def test_a_harmful_one_is_an_incident_and_holds(world):
    sample = until_drawn(world)
    label(world, 3, HARM, note="ten times the dose")
    (incident,) = world.events("incident.reported")
    assert incident["details"]["exchange"] == sample.pairs[2].exchange_id
    assert (incident["actor"]["name"], incident["reason"]) == ("rita", "ten times the dose")
    for number in (1, 2, 4):
        label(world, number, GOOD)
    world.good(5)
    view = world.view()
    assert (view.stage, view.proposal) == ("mirror", None)
    assert "rita found pair 3 harmful" in " ".join(view.reasons)
    label(world, 3, HARM, SAUL, "so do I")  # no second incident of the same exchange
    assert len(world.events("incident.reported")) == 1


def test_only_a_clinical_reviewer_of_the_tenant_labels(world):
    until_drawn(world)
    elsewhere = Person("otto", frozenset(), frozenset({("other", Role.REVIEWER)}))
    for person in (ANNA, elsewhere):
        with pytest.raises(NotAllowed, match="only a clinical reviewer labels pairs"):
            label(world, 1, GOOD, person)
    assert world.events("signoff.labelled") == []


def test_a_pair_that_there_is_not_is_said(world):
    with pytest.raises(Conflict, match="no pairs were drawn of this attempt"):
        label(world, 1, GOOD)
    until_drawn(world)
    with pytest.raises(Conflict, match="no pair 5; they are numbered 1 to 4"):
        label(world, 5, GOOD)


def test_the_sample_and_its_labels_outlive_the_controller(world):
    drawn = until_drawn(world)
    label(world, 1, GOOD)
    world.controller = world.another("second")
    world.clock.pass_s(6)
    world.good(2)
    assert world.view().waits_for == "clinical sign-off: 1 of 4 pairs signed off"
    assert Signing(world.controller).read(KEY).seed == drawn.seed
    assert len(world.events("signoff.drawn")) == 1


def test_another_attempt_is_read_anew(world):
    until_drawn(world)
    for number in range(1, 5):
        label(world, number, GOOD)
    world.desk.roll_back(ANNA, KEY, "start over")
    world.clock.pass_s(60)
    world.controller.tick()
    world.desk.resume(ANNA, KEY, "again")
    world.good(3)
    assert WAITS in world.view().reasons


def test_before_live_the_last_step_waits_and_canary_does_not(home):
    world = a_world(home, before="live")
    world.to_canary()
    assert not any("sign-off" in one for one in world.view().reasons)
    sample = until_drawn(world)
    assert world.view().share == 50.0  # the last step
    assert sample.of > 40  # mirror's pairs among them
    for number in range(1, 5):
        label(world, number, GOOD)
    world.good(1)
    assert world.view().proposal["signal"] == "go_live"
    world.store.close()


def test_harm_rolls_back_whatever_waits_for_sign_off(world):
    until_drawn(world)
    assert world.until("rolled_back", bad=True)


def test_routes_that_are_not_named_ask_for_none(home):
    asked = SignOff(pairs=4)  # reason and audio
    store = Store.open(home.store_url)
    terms = REHEARSAL.model_copy(update={"sign_off": asked})
    world = World(store, home, a_policy(terms=terms))
    world.tick()
    world.until_proposed()
    store.close()


def test_nothing_is_drawn_of_fewer_pairs_than_are_asked(home):
    asked = SignOff(pairs=500, routes=("chat",))
    store = Store.open(home.store_url)
    terms = REHEARSAL.model_copy(update={"sign_off": asked})
    world = World(store, home, a_policy(terms=terms))
    world.tick()
    world.good(60)
    assert world.view().waits_for.startswith(
        "clinical sign-off: 500 pairs of answers are drawn"
    )
    assert world.events("signoff.drawn") == []
    store.close()


def test_replay_comes_to_the_same_verdict_with_what_sign_off_said(world):
    until_drawn(world)
    for number in range(1, 5):
        label(world, number, GOOD)
    world.good(1)
    world.approve(ANNA)
    rules = dossier.rules_of(world.policy, world.policy.rollouts[0])
    with world.store.read() as conn:
        found = list(replay(conn, KEY, lambda _: rules))
    assert [one.verdict.outcome for one in found] == [Outcome.EQUAL, Outcome.NOTHING]
    assert outcome(found) is Outcome.EQUAL


def test_a_drawn_pair_whose_words_are_gone_gets_no_label(world):
    pair = until_drawn(world).pairs[0]
    with world.store.write() as conn:
        going = erasing.erase(conn, world.sealer, [pair.exchange_id], world.clock())
    going.delete()
    with pytest.raises(Conflict, match="a label needs them"):
        label(world, 1, HARM)
    assert world.events("signoff.labelled") == []
    assert label(world, 2, GOOD)[0].label is GOOD
