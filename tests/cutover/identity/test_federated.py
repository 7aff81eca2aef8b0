"""People of a provider: one name for each subject, and what their groups may do."""

import json
import re

import pytest
from rollouts import ROOT
from sqlalchemy import select

from cutover import people
from cutover.identity import federated, sign_ins
from cutover.identity.claims import NotTaken, Proven
from cutover.identity.federated import Rights, name_for, rights
from cutover.people import Role
from cutover.tables import person
from mirror.journal import events
from policies.oidc import Granted

ISSUER = "https://login.clinic.example/realms/staff"
NONE = Rights(frozenset(), frozenset())
LEAD = Rights(frozenset([Role.LEAD]), frozenset())
NEAR = Rights(frozenset(), frozenset([("klinik-a", Role.VIEWER)]))


@pytest.fixture
def conn(store):
    with store.write() as conn:
        yield conn


def a_proof(subject="s-1", called="anna"):
    return Proven(subject, called, frozenset(), 1, service=False)


def known(conn, given=LEAD, issuer=ISSUER, **said):
    return federated.known(conn, issuer, a_proof(**said), given, 7)


def told(conn):
    return [json.loads(one.body) for one in events.read(conn, "")]


def test_who_comes_first_is_added_with_a_name_that_no_local_user_has(conn):
    found = known(conn)
    assert found == people.find(conn, "anna@login.clinic.example")
    assert found.may(Role.LEAD)
    added, granted = told(conn)
    assert (added["type"], added["details"]["subject"]) == ("user.added", "s-1")
    assert granted["details"] == {"before": "", "after": "lead"}
    with pytest.raises(people.PersonError):
        people.add(conn, found.name, [Role.LEAD], by=ROOT, at_us=1)


def test_who_comes_again_keeps_the_name_whatever_the_provider_calls_them(conn):
    known(conn)
    assert known(conn, called="somebody-else").name == "anna@login.clinic.example"
    assert len(told(conn)) == 2


def test_another_subject_is_never_given_the_name(conn):
    known(conn)
    for other in ({"subject": "s-2"}, {"subject": "s-1", "issuer": "http://other"}):
        said = {"called": "anna@login.clinic.example"} | other
        with pytest.raises(NotTaken, match="somebody else"):
            known(conn, **said)


def test_what_groups_say_holds_from_then_on_and_is_an_event_with_before_and_after(conn):
    known(conn)
    known(conn, NEAR)
    assert people.find(conn, "anna@login.clinic.example").within == NEAR.within
    assert told(conn)[-1]["details"] == {"before": "lead", "after": "viewer for klinik-a"}
    known(conn, NONE)
    assert not people.find(conn, "anna@login.clinic.example").may(Role.VIEWER, "klinik-a")
    known(conn, NONE)
    assert len(told(conn)) == 4


def test_no_token_is_that_of_somebody_from_a_provider(conn):
    known(conn)
    kept = conn.execute(select(person.c.token_sha256)).scalar()
    assert not re.fullmatch("[0-9a-f]{64}", kept), "what is kept is the digest of some text"
    for guess in ("", kept, f"{ISSUER} s-1", "anna@login.clinic.example"):
        assert people.authenticate(conn, guess) is None


def test_who_is_removed_is_gone_with_their_sessions_until_they_come_again(conn):
    found = known(conn)
    sign_ins.begin(conn, found.name, 1)
    people.remove(conn, found.name, by=ROOT, at_us=1)
    assert not federated.is_of(conn, found.name, ISSUER)
    assert known(conn).may(Role.LEAD)


@pytest.mark.parametrize(
    ("called", "name"),
    [
        (" Anna ", "anna@login.clinic.example"),
        ("a.b+c@clinic.example", "a.b+c@clinic.example"),
        ("", None),
        ("anna tan", None),
        ("anna@", None),
        ("a@b@c", None),
        ("аnna", None),  # a Cyrillic letter
        ("x" * 64, None),
        ("a\n", "a@login.clinic.example"),
    ],
)
def test_a_name_can_stand_on_the_record(called, name):
    if name is None:
        with pytest.raises(NotTaken, match="name_claim"):
            name_for(called, ISSUER)
    else:
        assert name_for(called, ISSUER) == name
        assert federated.is_federated(name)


def test_groups_give_roles_for_every_tenant_or_for_some():
    grants = [
        Granted(group="leads", role="lead"),
        Granted(group="a", role="viewer", tenants=("klinik-a", "klinik-b")),
    ]
    assert rights(["leads", "other"], grants) == LEAD
    both = frozenset([("klinik-a", Role.VIEWER), ("klinik-b", Role.VIEWER)])
    assert rights(["a"], grants) == Rights(frozenset(), both)
    assert rights(["Leads", "lead"], grants) == rights([], grants) == NONE
