"""Who calls, by the token that comes with a request."""

import pytest
from rollouts import ROOT

from cutover import people
from cutover.identity import caller, sign_ins
from cutover.people import Role

NOW = 1_000_000_000_000


@pytest.fixture
def conn(store):
    with store.write() as conn:
        yield conn


def test_a_personal_token_and_a_session_are_the_same_person(conn):
    token = people.add(conn, "anna", [Role.LEAD], by=ROOT, at_us=NOW)
    session, made = sign_ins.begin(conn, "anna", NOW)
    by_token, by_session = caller.find(conn, token, NOW), caller.find(conn, session, NOW)
    assert by_token.person == by_session.person
    assert (by_token.auth_us, by_session.auth_us) == (0, made.auth_us)


def test_roles_are_those_of_the_moment(conn):
    people.add(conn, "anna", [Role.LEAD], by=ROOT, at_us=NOW)
    session, _ = sign_ins.begin(conn, "anna", NOW)
    people.revoke(conn, "anna", by=ROOT, at_us=NOW)
    assert not caller.find(conn, session, NOW).person.may(Role.VIEWER)


@pytest.mark.parametrize("token", ["", "nobodys", "cfs_", "cfs_nobodys"])
def test_any_other_token_is_nobodys(conn, token):
    people.add(conn, "anna", [Role.LEAD], by=ROOT, at_us=NOW)
    assert caller.find(conn, token, NOW) is None


def test_a_caller_tells_no_token(conn):
    token = people.add(conn, "anna", [Role.LEAD], by=ROOT, at_us=NOW)
    assert token not in repr(caller.find(conn, token, NOW))
