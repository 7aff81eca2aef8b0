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
        (["compliance"], "viewer", True),
        (["compliance"], "engineer", False),
        (["compliance"], "break-glass", False),
        (["break-glass"], "viewer", True),
        (["break-glass"], "engineer", False),
        (["engineer"], "break-glass", True),
        (["lead"], "break-glass", True),
        (["viewer"], "break-glass", False),
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


def test_who_gives_a_password_never_has_to_sign_in_again_for_it():
    assert not Me("a", ()).must_sign_in_again(10**18)
    there = Me("a", (), {}, "http://localhost/again", 5)
    assert [there.must_sign_in_again(now) for now in (4, 5)] == [False, True]


def test_who_has_a_role_for_other_tenants_is_told_that_and_not_that_they_have_none():
    assert Me("a", ("viewer",)).needs("lead", "clinic") == "the role lead"
    one = Me("a", ("viewer",), {"b": ("lead",), "c": ("viewer",)})
    assert one.needs("lead", "clinic") == "the role lead for clinic; you have it for b alone"
    assert (
        one.needs("engineer", "clinic")
        == "the role engineer for clinic; you have it for b alone"
    )
    many = Me("a", (), {f"t{number}": ("lead",) for number in range(9)})
    assert many.needs("lead", "x").endswith("for t0, t1, t2 and 6 more alone")
