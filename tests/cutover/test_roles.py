"""Which roles hold which others."""

import pytest

from cutover.roles import Role, enough, spoken, told

HOLDS = {
    Role.VIEWER: {Role.VIEWER},
    Role.ENGINEER: {Role.VIEWER, Role.BREAK_GLASS, Role.ENGINEER},
    Role.LEAD: {Role.VIEWER, Role.BREAK_GLASS, Role.ENGINEER, Role.LEAD},
    Role.REVIEWER: {Role.VIEWER, Role.REVIEWER},
    Role.COMPLIANCE: {Role.VIEWER, Role.COMPLIANCE},
    Role.BREAK_GLASS: {Role.VIEWER, Role.BREAK_GLASS},
}


@pytest.mark.parametrize("has", Role)
@pytest.mark.parametrize("needed", Role)
def test_a_role_holds_exactly_these(has, needed):
    assert enough(needed, [has]) is (needed in HOLDS[has])


def test_what_breaks_the_glass_is_told_with_the_role_that_people_have():
    assert spoken(Role.BREAK_GLASS) == "`engineer` or `break-glass`"
    assert spoken(Role.LEAD) == "`lead`"


def test_nobody_without_a_role_may_anything():
    assert not any(enough(needed, []) for needed in Role)


def test_roles_are_told_for_every_tenant_first():
    given = [Role.LEAD, Role.VIEWER], [("b", Role.LEAD), ("a", Role.REVIEWER)]
    assert told(*given) == "viewer, lead; clinical-reviewer for a; lead for b"
    assert told([]) == ""
