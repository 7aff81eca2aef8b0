"""Users, their roles and tokens."""

import json

import pytest
from rollouts import ROOT

from cutover import people
from cutover.people import Person, PersonError, Role
from mirror.journal import events, tables


def test_a_token_authenticates_the_person_it_was_given_to(store):
    with store.write() as conn:
        anna = people.add(conn, "anna", [Role.LEAD], by=ROOT, at_us=1)
        people.add(conn, "ben", [Role.VIEWER], by=ROOT, at_us=2)
        assert people.authenticate(conn, anna) == Person("anna", frozenset({Role.LEAD}))


@pytest.mark.parametrize("token", ["", "x", "ä\ud800", "a" * 10_000])
def test_any_other_text_is_nobodys(store, token):
    with store.write() as conn:
        people.add(conn, "anna", [Role.LEAD], by=ROOT, at_us=1)
        assert people.authenticate(conn, token) is None


def test_a_removed_persons_token_is_worth_nothing(store):
    with store.write() as conn:
        token = people.add(conn, "anna", [Role.LEAD], by=ROOT, at_us=1)
        people.remove(conn, "anna", by=ROOT, at_us=2)
        assert people.authenticate(conn, token) is None
        assert people.everybody(conn) == []


def test_the_store_holds_no_token(store):
    with store.write() as conn:
        token = people.add(conn, "anna", [Role.LEAD], by=ROOT, at_us=1)
        from cutover.tables import person

        kept = str(conn.execute(person.select()).all())
        assert token not in kept
        assert token not in str(conn.execute(tables.event.select()).all())


def test_adding_and_removing_are_events_of_the_deployment(store):
    with store.write() as conn:
        people.add(conn, "anna", [Role.LEAD], by=ROOT, at_us=1)
        people.remove(conn, "anna", by=ROOT, at_us=2)
        told = [json.loads(one.body) for one in events.read(conn, "")]
    assert [one["type"] for one in told] == ["user.added", "user.removed"]
    assert told[0]["object"] == {"kind": "user", "id": "anna"}


@pytest.mark.parametrize(
    "name", ["", "Anna", "../anna", "a b", "x" * 65, "controller", "-a", "anna\n"]
)
def test_names_that_could_mislead_are_refused(store, name):
    with store.write() as conn, pytest.raises(PersonError):
        people.add(conn, name, [Role.LEAD], by=ROOT, at_us=1)


def test_a_user_without_a_role_and_a_second_of_the_same_name_are_refused(store):
    with store.write() as conn:
        with pytest.raises(PersonError, match="needs a role"):
            people.add(conn, "anna", [], by=ROOT, at_us=1)
        people.add(conn, "anna", [Role.LEAD], by=ROOT, at_us=1)
        with pytest.raises(PersonError, match="exists"):
            people.add(conn, "anna", [Role.VIEWER], by=ROOT, at_us=1)


def test_removing_somebody_unknown_names_who_is_known(store):
    with store.write() as conn:
        people.add(conn, "anna", [Role.LEAD], by=ROOT, at_us=1)
        with pytest.raises(PersonError, match="known: anna"):
            people.remove(conn, "ben", by=ROOT, at_us=2)


IDA = Person("ida", frozenset({Role.VIEWER}), frozenset({("clinic", Role.LEAD)}))


def test_a_role_for_one_tenant_is_worth_nothing_at_another():
    assert IDA.may(Role.LEAD, "clinic") and IDA.may(Role.ENGINEER, "clinic")
    assert IDA.may(Role.VIEWER, "other") and IDA.may(Role.VIEWER)
    for tenant in ("other", "", "clinic2"):
        assert not IDA.may(Role.LEAD, tenant)


def test_who_lacks_a_role_is_told_for_what_they_have_it():
    assert IDA.lacks(Role.LEAD, "clinic") == IDA.lacks_everywhere(Role.LEAD) == ""
    assert IDA.lacks(Role.LEAD, "other") == (
        "ida has no role `lead` for tenant other, only for clinic"
    )
    assert IDA.lacks(Role.LEAD) == "ida has no role `lead` for every tenant, only for clinic"
    mei = Person("mei", frozenset({Role.VIEWER}))
    assert mei.lacks(Role.LEAD, "clinic") == "mei has no role `lead`"
    assert mei.lacks_everywhere(Role.LEAD) == "mei has no role `lead`"


def test_roles_for_tenants_are_kept_granted_and_revoked(store):
    with store.write() as conn:
        given = {"by": ROOT, "at_us": 1, "tenants": ["clinic", "other"]}
        token = people.add(conn, "ida", [Role.LEAD], **given)
        within = {("clinic", Role.LEAD), ("other", Role.LEAD)}
        assert people.authenticate(conn, token) == Person("ida", frozenset(), frozenset(within))
        people.grant(conn, "ida", [Role.VIEWER], by=ROOT, at_us=2)
        people.grant(
            conn, "ida", [Role.LEAD, Role.VIEWER], by=ROOT, at_us=2, tenants=["clinic"]
        )
        people.revoke(conn, "ida", by=ROOT, at_us=3, tenants=["other"])
        (ida,) = people.everybody(conn)
        assert ida.roles == {Role.VIEWER}
        assert ida.within == {("clinic", Role.LEAD), ("clinic", Role.VIEWER)}
        people.revoke(conn, "ida", by=ROOT, at_us=4)
        assert people.authenticate(conn, token).roles == frozenset()
        told = [json.loads(one.body) for one in events.read(conn, "")]
    assert [one["type"] for one in told] == [
        "user.added", "user.granted", "user.granted", "user.revoked", "user.revoked",
    ]  # fmt: skip
    here = "lead for clinic; lead for other"
    added = {"roles": "lead", "tenants": ["clinic", "other"], "before": None, "after": here}
    assert told[0]["details"] == added
    assert [(one["details"]["before"], one["details"]["after"]) for one in told[1:]] == [
        (here, f"viewer; {here}"),
        (f"viewer; {here}", "viewer; lead for clinic; viewer for clinic; lead for other"),
        (
            "viewer; lead for clinic; viewer for clinic; lead for other",
            "viewer; lead for clinic; viewer for clinic",
        ),
        (
            "viewer; lead for clinic; viewer for clinic",
            "lead for clinic; viewer for clinic",
        ),
    ]


def test_what_a_removed_person_had_is_not_the_next_ones_of_the_name(store):
    with store.write() as conn:
        people.add(conn, "ida", [Role.LEAD], by=ROOT, at_us=1, tenants=["clinic"])
        people.remove(conn, "ida", by=ROOT, at_us=2)
        people.add(conn, "ida", [Role.VIEWER], by=ROOT, at_us=3)
        assert people.everybody(conn) == [Person("ida", frozenset({Role.VIEWER}))]


def test_what_cannot_be_granted_or_revoked_is_said(store):
    with store.write() as conn:
        people.add(conn, "ida", [Role.LEAD], by=ROOT, at_us=1, tenants=["clinic"])
        for tenant in ("Clinic", "", "a/b"):
            with pytest.raises(PersonError, match="no name of a tenant"):
                people.grant(conn, "ida", [Role.LEAD], by=ROOT, at_us=2, tenants=[tenant])
        with pytest.raises(PersonError, match="no role of other alone"):
            people.revoke(conn, "ida", by=ROOT, at_us=2, tenants=["other"])
        with pytest.raises(PersonError, match="no role that is for every tenant"):
            people.revoke(conn, "ida", by=ROOT, at_us=2)
        for act in (people.revoke, people.remove):
            with pytest.raises(PersonError, match="known: ida"):
                act(conn, "ben", by=ROOT, at_us=2)


def test_the_tenants_that_a_person_may_read_of_are_those_named_with_any_role():
    assert IDA.tenants(Role.VIEWER) == IDA.tenants(Role.LEAD) == {"clinic"}
    assert Person("mei", frozenset({Role.LEAD})).tenants(Role.VIEWER) == frozenset()
