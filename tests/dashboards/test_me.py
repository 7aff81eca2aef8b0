"""What a person may do, as the pages know it."""

import pytest

from dashboards.me import Me, roles


@pytest.mark.parametrize(
    ("given", "asked", "may"),
    [
        (["viewer"], "viewer", True),
        (["viewer"], "engineer", False),
        (["lead"], "engineer", True),
        (["engineer"], "lead", False),
        (["compliance"], "viewer", False),
        (["clinical-reviewer"], "viewer", True),
        (["clinical-reviewer"], "engineer", False),
        (["lead"], "clinical-reviewer", False),
    ],
)
def test_a_role_may_what_the_ones_below_it_may(given, asked, may):
    assert Me("a", tuple(given)).may(asked, "clinic") is may
    within = Me("a", (), {"clinic": tuple(given)})
    assert within.may(asked, "clinic") is may
    assert not within.may(asked, "other")


def test_roles_are_told_with_the_tenants_that_they_are_for():
    assert roles(Me("a", ("viewer", "lead"))) == "viewer, lead"
    assert roles(Me("a", ("viewer",), {"b": ("lead",), "a": ("engineer",)})) == (
        "viewer; engineer for a; lead for b"
    )


def test_a_role_for_one_tenant_is_one_somewhere():
    assert Me("siti", ("viewer",), {"a": ("lead",)}).may_somewhere("engineer")
    assert Me("farid", ("engineer",)).may_somewhere("engineer")
    assert not Me("mei", ("viewer",)).may_somewhere("engineer")
