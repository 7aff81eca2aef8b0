"""Who answers and who is shadowed: tables, and laws for every table and session."""

from dataclasses import replace

import pytest
from builders import believed, two_sided
from hypothesis import given
from hypothesis import strategies as st

from mirror.exchange import Outcome, Side
from mirror.route_table import RouteTable, Standing
from mirror.routing import (
    Asked,
    diverted,
    plan,
    sampled,
    serving_side,
)
from mirror.share import bucket
from policies.routes import Route

URL = "http://127.0.0.1:{}/v1"
CLOUDS = URL.format(1), URL.format(2)
STAGES = ["off", "mirror", "canary", "live", "rolled_back"]
SESSIONS = st.text(max_size=20)
SHARES = st.floats(0, 100)


def table(
    stage="mirror", *, tenant="clinic", share=100.0, emergency=False, route="chat", **values
):
    row = Standing(tenant, route, stage, share, epoch=2, salt="salt", **values)
    return RouteTable(1, 1, {(tenant, route): row}, emergency)


def planned(stage="mirror", tenant="clinic", asked=None, changes=None, **values):
    policy = two_sided(*CLOUDS, **(changes or {}))
    rollout = policy.rollout_of(tenant, "chat")
    asked = asked or Asked("session", "big", streaming=False)
    routes = believed(table(stage, tenant=tenant, **values), policy)
    return plan(policy, rollout, routes, asked)


def tenants(**clinic):
    given = {"identify": {"header": "clinic"}, "cloud": "allowed"}
    hospital = {"identify": {"header": "hospital"}, "cloud": "forbidden"}
    return {"tenants": {"clinic": given | clinic, "hospital": hospital}}


@pytest.mark.parametrize(
    ("stage", "serving", "failover", "outcome", "reason"),
    [
        ("off", Side.PRIMARY, None, Outcome.UNSAMPLED, "stage_off"),
        ("mirror", Side.PRIMARY, None, Outcome.PENDING, ""),
        ("canary", Side.CANDIDATE, Side.PRIMARY, Outcome.PENDING, ""),
        ("live", Side.CANDIDATE, Side.PRIMARY, Outcome.PENDING, ""),
        ("rolled_back", Side.PRIMARY, None, Outcome.UNSAMPLED, "stage_off"),
    ],
)
def test_who_answers_in_each_stage(stage, serving, failover, outcome, reason):
    found = planned(stage)
    assert found.serving.side is serving
    assert (found.failover.side if found.failover else None) is failover
    assert (found.outcome, found.reason) == (outcome, reason)
    assert (found.deadline_s is None) is (failover is None)
    assert (found.stage, found.epoch) == (stage, 2)


def test_without_a_standing_the_primary_answers_and_nothing_is_copied():
    policy = two_sided(*CLOUDS)
    asked = Asked("s", "big", streaming=False)
    found = plan(policy, policy.rollout_of("clinic", "chat"), RouteTable(0, 0), asked)
    assert (found.serving.side, found.reason) == (Side.PRIMARY, "stage_off")
    assert (found.stage, found.epoch) == ("off", 0)


@pytest.mark.parametrize(
    ("values", "outcome", "reason"),
    [
        ({"emergency": True}, Outcome.UNSAMPLED, "emergency"),
        ({"asked": Asked("s", "", False, "not_json")}, Outcome.EXCLUDED, "not_json"),
        ({"asked": Asked("s", "big", False, "stored")}, Outcome.EXCLUDED, "stored"),
    ],
)
@pytest.mark.parametrize("stage", ["mirror", "live"])
def test_why_a_request_is_not_mirrored(stage, values, outcome, reason):
    found = planned(stage, **values)
    assert (found.outcome, found.reason, found.reask) == (outcome, reason, False)


@pytest.mark.parametrize(
    ("values", "outcome", "reason"),
    [
        ({"shadow_percent": 0.0}, Outcome.UNSAMPLED, "sampling"),
        ({"tenant": "hospital"}, Outcome.EXCLUDED, "no_permitted_side"),
    ],
)
def test_what_the_primary_answers_and_nobody_copies_is_no_evidence(values, outcome, reason):
    found = planned("mirror", **values)
    assert (found.outcome, found.reason) == (outcome, reason)


@pytest.mark.parametrize("stage", ["canary", "live"])
@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"reverse_percent": 0.0}, "sampling"),
        ({"reverse_percent": 0.0, "shadow_percent": 100.0}, "sampling"),
        ({"reverse_percent": 100.0, "shadow_percent": 0.0}, ""),
        ({"tenant": "hospital"}, "no_permitted_side"),
    ],
)
def test_what_the_candidate_answers_is_looked_at_with_or_without_the_primary(
    stage, values, reason
):
    found = planned(stage, changes=tenants(reask=True), reask_percent=100.0, **values)
    assert (found.outcome, found.reason) == (Outcome.PENDING, reason)
    assert found.reask is (not reason)


def test_a_primary_that_needs_the_clients_own_key_is_never_asked_beside_the_candidate():
    policy = two_sided(*CLOUDS).model_dump(mode="json")
    policy["upstreams"]["cloud"]["credential"] = {"mode": "forward", "env": None}
    found = planned("live", changes={"upstreams": policy["upstreams"]})
    assert (found.outcome, found.reason) == (Outcome.PENDING, "credential_forwarded")


@given(session=SESSIONS, percents=st.tuples(SHARES, SHARES))
def test_a_session_that_is_copied_at_a_low_rate_is_copied_at_a_higher(session, percents):
    asked = Asked(session, "big", streaming=False)
    low, high = sorted(percents)
    reasons = [
        planned("live", asked=asked, reverse_percent=rate).reason for rate in (low, high)
    ]
    assert reasons in (["", ""], ["sampling", ""], ["sampling", "sampling"])


def test_a_side_that_needs_the_clients_own_key_cannot_be_shadowed():
    policy = two_sided(*CLOUDS).model_dump(mode="json")
    policy["upstreams"]["gpu"]["credential"] = {"mode": "forward", "env": None}
    changes = {"upstreams": policy["upstreams"]}
    assert planned(changes=changes).reason == "credential_forwarded"
    assert planned("live", changes=changes).outcome is Outcome.PENDING  # the cloud is shadowed


def test_deadlines_are_those_of_the_mode():
    changes = {"deadlines": {"first_event_s": 1, "answer_s": 2}}
    limits = {
        streaming: planned(
            "live", asked=Asked("s", "big", streaming), changes=changes
        ).deadline_s
        for streaming in (True, False)
    }
    assert limits == {True: 1, False: 2}


def test_a_pinned_tenant_is_mirrored_and_stays_on_the_primary():
    found = planned("live", changes=tenants(pinned="primary"))
    assert (found.serving.side, found.outcome) == (Side.PRIMARY, Outcome.PENDING)
    assert found.failover is None


@pytest.mark.parametrize(("consent", "percent"), [(True, 100.0), (False, 100.0), (True, 0.0)])
def test_the_primary_is_asked_again_with_consent_and_by_sampling(consent, percent):
    found = planned(changes=tenants(reask=consent), reask_percent=percent)
    assert found.reask is (consent and percent > 0)


def test_a_breaker_sends_requests_to_the_primary_and_leaves_the_shadow():
    asked = diverted(Asked("s", "big", streaming=False))
    found = planned("live", asked=asked)
    assert (found.serving.side, found.failover) == (Side.PRIMARY, None)
    assert found.outcome is Outcome.PENDING


def test_a_breaker_leaves_a_candidate_that_nobody_could_replace():
    asked = diverted(Asked("s", "big", streaming=False))
    assert planned("live", tenant="hospital", asked=asked).serving.side is Side.CANDIDATE


@given(salt=st.text(max_size=8), session=SESSIONS, shares=st.tuples(SHARES, SHARES))
def test_widening_never_moves_a_session_back(salt, session, shares):
    narrow, wide = sorted(shares)
    sides = []
    for share in (narrow, wide, 100.0):
        standing = Standing("clinic", "chat", "canary", share, 1, salt)
        sides.append(serving_side(RouteTable(1, 1), standing, session))
    live = Standing("clinic", "chat", "live", 100.0, 2, salt)
    sides.append(serving_side(RouteTable(1, 1), live, session))
    assert sides == sorted(sides, key=[Side.PRIMARY, Side.CANDIDATE].index)
    assert sides[-1] is Side.CANDIDATE


@given(session=SESSIONS, share=SHARES)
def test_an_emergency_is_stronger_than_any_stage(session, share):
    for stage in STAGES:
        found = planned(stage, asked=Asked(session, "big", False), share=share, emergency=True)
        assert found.serving.side is Side.PRIMARY


@given(
    stage=st.sampled_from(STAGES),
    tenant=st.sampled_from(["clinic", "hospital"]),
    asked=st.builds(
        Asked,
        session=SESSIONS,
        model=st.sampled_from(["big", "own", ""]),
        streaming=st.booleans(),
        excluded=st.sampled_from(["", "stored", "not_json"]),
        diverted=st.booleans(),
    ),
    share=SHARES,
    emergency=st.booleans(),
)
def test_laws_of_every_plan(stage, tenant, asked, share, emergency):
    found = planned(stage, tenant, asked, share=share, emergency=emergency)
    chosen = [choice for choice in (found.serving, found.failover) if choice]
    if tenant == "hospital":
        assert all(choice.location == "onprem" for choice in chosen)
        assert found.outcome is not Outcome.PENDING or found.reason  # the cloud is sent nothing
        assert not found.reask
    if found.serving and found.serving.side is Side.CANDIDATE:
        assert stage in ("canary", "live")
        assert not (emergency or asked.excluded)
    if asked.excluded:
        assert found.failover is None
    answers = found.serving is not None and found.serving.side is Side.CANDIDATE
    assert found.outcome is Outcome.PENDING or found.reason
    assert not (found.outcome is Outcome.PENDING and found.reason) or answers
    assert (found.deadline_s is None) is (found.failover is None)
    given = stage == "live" or (
        stage == "canary" and bucket("salt", asked.session) < share * 100
    )
    assert given is (answers or found.kept != "")  # what was meant stands on record either way


def test_shares_are_what_they_say():
    sessions = [f"s{number}" for number in range(20_000)]
    served = sum(bucket("salt", session) < 500 for session in sessions)
    shadowed = [session for session in sessions if sampled("salt", session, 10.0)]
    both = sum(bucket("salt", session) < 500 for session in shadowed)
    assert served / len(sessions) == pytest.approx(0.05, abs=0.005)
    assert len(shadowed) / len(sessions) == pytest.approx(0.10, abs=0.01)
    assert both / len(shadowed) == pytest.approx(0.05, abs=0.02)  # neither biases the other


@pytest.mark.parametrize(
    ("stage", "candidate", "outcome", "reason"),
    [
        ("off", "another", Outcome.UNSAMPLED, "stage_off"),
        ("mirror", "another", Outcome.EXCLUDED, "candidate_changed"),
        ("canary", "another", Outcome.EXCLUDED, "candidate_changed"),
        ("live", "another", Outcome.EXCLUDED, "candidate_changed"),
        ("rolled_back", "another", Outcome.UNSAMPLED, "stage_off"),
        ("mirror", "", Outcome.PENDING, ""),
        ("canary", "", Outcome.EXCLUDED, "candidate_changed"),
        ("live", "", Outcome.EXCLUDED, "candidate_changed"),
    ],
)
def test_a_candidate_that_was_not_judged_answers_nobody(stage, candidate, outcome, reason):
    policy = two_sided(*CLOUDS)
    routes = table(stage, candidate=candidate)
    asked = Asked("session", "big", streaming=False)
    found = plan(policy, policy.rollout_of("clinic", "chat"), routes, asked)
    assert (found.serving.side, found.failover) == (Side.PRIMARY, None)
    assert (found.outcome, found.reason, found.reask) == (outcome, reason, False)
    assert found.kept == (reason if stage in ("canary", "live") else "")


def test_a_candidate_that_was_not_judged_does_not_stand_in_for_a_forbidden_primary():
    policy = two_sided(*CLOUDS)
    routes = table("live", tenant="hospital", candidate="another")
    asked = Asked("session", "big", streaming=False)
    assert plan(policy, policy.rollout_of("hospital", "chat"), routes, asked).serving is None


GAP = Asked("session", "big", streaming=False, gap="`n`: it gives one choice")


@pytest.mark.parametrize(
    ("kept", "values"),
    [
        ("", {}),
        ("emergency", {"emergency": True}),
        ("pinned", {"changes": tenants(pinned="primary")}),
        ("served_by_other", {"barred": True}),
        ("excluded", {"asked": Asked("session", "big", False, "stored")}),
        ("capability_gap", {"asked": GAP}),
        ("diverted", {"asked": diverted(Asked("session", "big", False))}),
    ],
)
@pytest.mark.parametrize("stage", ["canary", "live"])
def test_why_the_candidate_does_not_answer_a_session_of_its_share(stage, kept, values):
    found = planned(stage, **values)
    assert found.kept == kept
    assert (found.serving.side is Side.CANDIDATE) is (kept == "")


def test_nothing_is_kept_from_a_candidate_that_its_share_gives_nothing():
    for stage in ("off", "mirror", "rolled_back"):
        assert planned(stage, asked=GAP, emergency=True).kept == ""
    assert planned("canary", share=0.0, asked=GAP, emergency=True).kept == ""


@pytest.mark.parametrize("stage", ["mirror", "canary", "live"])
def test_what_the_candidate_lacks_the_primary_answers(stage):
    found = planned(stage, asked=GAP)
    assert found.serving.side is Side.PRIMARY and found.failover is None
    assert (found.outcome, found.gap) == (Outcome.PENDING, "")


def test_nobody_is_asked_twice_about_what_the_candidate_lacks():
    reask = tenants(reask=True)
    assert planned("mirror", reask_percent=100.0, changes=reask).reask
    assert not planned("mirror", asked=GAP, reask_percent=100.0, changes=reask).reask


def test_where_the_primary_is_not_permitted_a_gap_is_told():
    found = planned("live", tenant="hospital", asked=GAP)
    assert found.serving is None
    assert (found.outcome, found.reason) == (Outcome.EXCLUDED, "capability_gap")
    assert found.gap == GAP.gap


def test_a_gap_is_not_the_reason_where_the_primary_is_only_drained():
    policy = two_sided(*CLOUDS)
    routes = replace(believed(table("live"), policy), drains={"cloud": 10})
    found = plan(policy, policy.rollout_of("clinic", "chat"), routes, GAP)
    assert (found.serving, found.reason, found.gap) == (None, "drained", "")
    assert found.kept == "capability_gap", "it would not have answered either way"


def test_a_gap_is_not_the_reason_where_nobody_was_permitted_anyway():
    found = planned("mirror", tenant="hospital", asked=GAP)
    assert (found.serving, found.reason, found.gap) == (None, "no_permitted_side", "")


def drained(*upstreams, stage, tenant="clinic", changes=None, **values):
    """The plan of a request while these upstreams are drained."""
    policy = two_sided(*CLOUDS, **(changes or {}))
    drains = dict.fromkeys(upstreams, 10)
    routes = replace(believed(table(stage, tenant=tenant, **values), policy), drains=drains)
    asked = Asked("session", "big", streaming=False)
    return plan(policy, policy.rollout_of(tenant, "chat"), routes, asked)


@pytest.mark.parametrize("stage", ["canary", "live"])
def test_a_drained_candidate_is_stood_in_for_and_costs_no_evidence(stage):
    found = drained("gpu", stage=stage)
    assert (found.serving.side, found.failover) == (Side.PRIMARY, None)
    assert (found.outcome, found.reason) == (Outcome.EXCLUDED, "drained")
    after = drained(stage=stage)
    assert (after.serving.side, after.outcome) == (Side.CANDIDATE, Outcome.PENDING)


def test_in_mirror_a_drained_candidate_is_sent_no_copies():
    found = drained("gpu", stage="mirror")
    assert (found.serving.side, found.reason) == (Side.PRIMARY, "drained")


def test_a_drained_candidate_without_a_permitted_primary_leaves_nobody():
    found = drained("gpu", stage="live", tenant="hospital")
    assert (found.serving, found.failover, found.reason) == (None, None, "drained")


def test_a_drained_primary_is_neither_asked_nor_replaced_by_an_unapproved_candidate():
    assert drained("cloud", stage="mirror").serving is None
    live = drained("cloud", stage="live")
    assert (live.serving.side, live.failover, live.deadline_s) == (Side.CANDIDATE, None, None)
    assert (live.outcome, live.reason, live.reask) == (Outcome.PENDING, "drained", False)


def test_while_the_primary_is_drained_what_the_live_candidate_answers_is_looked_at_alone():
    policy = {"tenants": two_sided(*CLOUDS).model_dump(mode="json")["tenants"]}
    policy["tenants"]["clinic"]["reask"] = True
    values = {"reask_percent": 100.0, "reverse_percent": 100.0}
    away = drained("cloud", stage="live", changes=policy, **values)
    back = drained(stage="live", changes=policy, **values)
    assert (away.outcome, away.reason, away.reask) == (Outcome.PENDING, "drained", False)
    assert (back.outcome, back.reason, back.reask) == (Outcome.PENDING, "", True)
    unsampled = drained("cloud", stage="live", reverse_percent=0.0)
    assert (unsampled.outcome, unsampled.reason) == (Outcome.PENDING, "sampling")


def test_a_drain_of_another_upstream_changes_nothing():
    assert drained("other", stage="live") == drained(stage="live")


@pytest.mark.parametrize("switch", [("", ""), ("clinic", ""), ("", "chat"), ("clinic", "chat")])
def test_an_emergency_sends_what_it_names_to_the_primary(switch):
    policy = two_sided(*CLOUDS)
    routes = believed(table("live"), policy)
    asked = Asked("session", "big", streaming=False)

    def of(switches):
        now = replace(routes, emergencies=frozenset(switches))
        return plan(policy, policy.rollout_of("clinic", "chat"), now, asked)

    assert of([switch]).serving.side is Side.PRIMARY
    assert (of([switch]).outcome, of([switch]).reason) == (Outcome.UNSAMPLED, "emergency")
    assert of([("hospital", ""), ("", "reason")]).serving.side is Side.CANDIDATE


@pytest.mark.parametrize("stage", ["mirror", "canary", "live"])
def test_a_barred_candidate_gets_nothing(stage):
    assert planned(stage, barred=True).serving.side is Side.PRIMARY
    assert planned(stage, barred=True).reason == "served_by_other"
    assert planned(stage, tenant="hospital", barred=True).serving is None


@given(
    stage=st.sampled_from(STAGES),
    tenant=st.sampled_from(["clinic", "hospital"]),
    asked=st.builds(
        Asked,
        session=SESSIONS,
        model=st.just("big"),
        streaming=st.booleans(),
        excluded=st.sampled_from(["", "stored"]),
        diverted=st.booleans(),
    ),
    drains=st.dictionaries(st.sampled_from(["gpu", "cloud"]), st.integers(0, 20)),
    switches=st.frozensets(st.tuples(st.sampled_from(["", "clinic"]), st.just("chat"))),
    barred=st.booleans(),
)
def test_laws_of_every_plan_while_things_are_switched(
    stage, tenant, asked, drains, switches, barred
):
    policy = two_sided(*CLOUDS)
    routes = believed(table(stage, tenant=tenant, barred=barred), policy)
    routes = replace(routes, drains=drains, emergencies=switches)
    found = plan(policy, policy.rollout_of(tenant, "chat"), routes, asked)
    chosen = [choice for choice in (found.serving, found.failover) if choice]
    assert not any(routes.drained(choice.upstream) for choice in chosen)
    if tenant == "hospital":
        assert all(choice.location == "onprem" for choice in chosen)
    if barred or routes.in_emergency(tenant, "chat"):
        assert all(choice.side is Side.PRIMARY for choice in chosen)
        assert found.outcome is not Outcome.PENDING
    if found.outcome is Outcome.PENDING:
        assert not routes.drained("gpu")
        if routes.drained("cloud"):
            assert found.serving.side is Side.CANDIDATE and found.reason and not found.reask


def embedding(stage, asked=None, drains=None, **values):
    """The plan of a request for embeddings, as of a policy whose one route they are."""
    policy = two_sided(*CLOUDS)
    rollout = policy.rollout_of("clinic", "chat").model_copy(update={"route": Route.EMBED})
    policy = policy.model_copy(update={"rollouts": (rollout,)})
    routes = believed(table(stage, route="embed", **values), policy)
    asked = asked or Asked("session", "big", streaming=False)
    return plan(policy, rollout, replace(routes, drains=drains or {}), asked)


def test_the_primary_never_stands_in_for_a_candidate_that_embeds():
    found = embedding("live")
    assert (found.serving.side, found.failover, found.deadline_s) == (
        Side.CANDIDATE,
        None,
        None,
    )
    open_breaker = embedding("live", asked=diverted(Asked("s", "big", streaming=False)))
    assert open_breaker.serving.side is Side.CANDIDATE
    lacking = embedding("live", asked=GAP)
    assert (lacking.serving, lacking.reason, lacking.gap) == (None, "capability_gap", GAP.gap)
    away = embedding("live", drains={"gpu": 10})
    assert (away.serving, away.reason) == (None, "drained")


@pytest.mark.parametrize("stage", ["off", "mirror", "rolled_back"])
def test_before_and_after_that_the_primary_embeds(stage):
    assert embedding(stage).serving.side is Side.PRIMARY
    assert embedding(stage, asked=GAP).serving.side is Side.PRIMARY


def test_people_may_send_embeddings_to_the_primary():
    assert embedding("live", emergency=True).serving.side is Side.PRIMARY
