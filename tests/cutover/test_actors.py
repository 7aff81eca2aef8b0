from cutover.actors import Actor, Kind
from cutover.people import Person, Role

RITA = Person(
    "rita",
    frozenset({Role.VIEWER}),
    frozenset({("bangsar", Role.LEAD), ("ipoh", Role.REVIEWER)}),
)


def test_an_event_tells_the_roles_of_its_own_tenant_alone():
    assert RITA.actor.body_in("bangsar")["roles"] == "lead viewer"
    assert RITA.actor.body_in("ipoh")["roles"] == "clinical-reviewer viewer"
    assert RITA.actor.body_in("")["roles"] == "viewer"


def test_who_has_no_role_is_named_without_one():
    assert Actor(Kind.SERVICE, "controller").body_in("bangsar") == {
        "kind": "service",
        "name": "controller",
    }


def test_roles_are_no_part_of_who_somebody_is():
    assert RITA.actor == Actor(Kind.HUMAN, "rita")
