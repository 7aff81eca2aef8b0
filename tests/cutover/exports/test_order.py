"""Who may do what to an export: every person, act and state, and nobody their own."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.exports import order
from cutover.exports.order import EXPIRES_US, OPEN, OPEN_OF_TENANT, Act, Order, State
from cutover.people import Person, Role

ONE = Order(1, "a" * 32, "clinic", 1, 2, "full", "audit", "", State.REQUESTED, "cora", 5, 5)
CORA = Person("cora", frozenset({Role.COMPLIANCE}))
LENA = Person("lena", frozenset({Role.LEAD}))
names = st.sampled_from(["cora", "carl"])
roles = st.frozensets(st.sampled_from(Role))
within = st.frozensets(
    st.tuples(st.sampled_from(["clinic", "elsewhere"]), st.sampled_from(Role))
)
persons = st.builds(Person, names, roles, within)
orders = st.builds(
    lambda state, tenant, gone: replace(ONE, state=state, tenant=tenant, deleted_us=gone),
    st.sampled_from(State),
    st.sampled_from(["clinic", ""]),
    st.sampled_from([0, 9]),
)


@given(persons, orders)
def test_nobody_decides_on_their_own_and_nothing_that_has_ended_goes_on(person, one):
    may = order.allowed(person, one)
    if person.name == one.requested_by:
        assert not {Act.APPROVE, Act.REFUSE} & {*may}
    else:
        assert Act.WITHDRAW not in may
    if one.state in {State.REFUSED, State.WITHDRAWN, State.EXPIRED, State.FAILED}:
        assert may == []


@given(persons, orders)
def test_only_who_has_a_role_for_the_tenant_does_anything_to_another_persons(person, one):
    for act in order.allowed(person, one):
        if act is Act.DOWNLOAD:
            assert person.may(Role.COMPLIANCE, one.tenant)
        elif act is not Act.WITHDRAW:
            assert order.sees(person, one.tenant)


def test_who_is_barred_approves_nothing_and_may_still_refuse():
    carl = Person("carl", frozenset({Role.LEAD}), barred="sign in at the provider")
    assert order.lacks(carl, Act.APPROVE, ONE) == "sign in at the provider"
    assert order.allowed(carl, ONE) == [Act.REFUSE]


def test_a_bundle_that_was_deleted_is_taken_by_nobody():
    done = replace(ONE, state=State.DONE)
    assert order.passed(Act.DOWNLOAD, done) == ""
    assert "deleted" in order.passed(Act.DOWNLOAD, replace(done, deleted_us=9))


def test_it_is_overdue_at_its_moment_and_only_while_it_waits():
    one = replace(ONE, expires_us=EXPIRES_US)
    assert not order.overdue(one, EXPIRES_US - 1)
    assert order.overdue(one, EXPIRES_US)
    assert not order.overdue(replace(one, state=State.APPROVED), EXPIRES_US)


@pytest.mark.parametrize(
    ("mine", "all", "says"),
    [(0, 0, ""), (OPEN_OF_TENANT, 5, "of this log"), (1, OPEN, "ask again later")],
)
def test_no_more_than_so_many_are_on_their_way(mine, all, says):
    why = order.crowded(mine, all)
    assert says in why
    assert bool(why) is bool(says)


@pytest.mark.parametrize(
    ("asker", "second", "says"),
    [
        (CORA, LENA, ""),
        (None, LENA, "cora, who asked for it, has the role `compliance` no more"),
        (replace(CORA, roles=frozenset({Role.LEAD})), LENA, "cora, who asked"),
        (CORA, None, "lena, who agreed, has the role"),
        (CORA, replace(LENA, roles=frozenset({Role.VIEWER})), "lena, who agreed"),
        (CORA, replace(LENA, barred="sign in at the provider"), "lena, who agreed: sign in"),
    ],
)
def test_what_was_agreed_is_made_only_while_both_still_may(asker, second, says):
    one = replace(ONE, state=State.APPROVED, approved_by="lena")
    assert order.revoked(one, asker, second).startswith(says)
    assert bool(order.revoked(one, asker, second)) == bool(says)


def test_of_what_holds_no_payloads_nobody_had_to_agree():
    assert order.revoked(replace(ONE, profile="redacted"), CORA, None) == ""


@given(persons, st.sampled_from(["clinic", "elsewhere", "third"]))
def test_whoever_reads_of_a_tenant_finds_it_among_those_they_read_of(person, tenant):
    everything, one = order.seen(person), order.seen(person, tenant)
    assert one == (frozenset({tenant}) if order.sees(person, tenant) else frozenset())
    assert (everything is None) == order.sees(person, "")
    if everything is not None:
        assert (tenant in everything) == order.sees(person, tenant)
