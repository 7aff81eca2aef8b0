"""Validation errors in words. What they look like in a file is tested with `load`."""

import json
import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from policies.explain import FORMS, message, place_of, suggestion
from policies.policy import Cloud, Policy
from policies.schema import schema_text


def said(value: Mapping[str, object]) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        Policy.model_validate(value)
    errors = caught.value.errors()
    return {".".join(map(str, place_of(error))): message(error) for error in errors}


@pytest.mark.parametrize(
    ("place", "value", "text"),
    [
        ("version", None, "must be a whole number"),
        ("version", 1.5, "must be a whole number"),
        ("version", 0, "must be at least 1; it is 0"),
        ("production", "perhaps", "must be `true` or `false`"),
        ("deployment", 7, "must be text; put it in quotes if it looks like a number"),
        ("upstreams", [], "must be a mapping"),
        ("upstreams", {}, "needs at least 1 entry"),
        ("trusted_peers", "127.0.0.1", "must be a list, as in [one, two]"),
        ("session_header", "X-Session", "must be the name of a header: lower case letters"),
        ("unknown_tenants", "pass", "`pass` is not one of `refuse`, `pass_through`"),
        ("terms", 5, "must be a mapping with the keys `sampling`, `gates`"),
        ("nonsense", 5, "is not a key here. Known keys: `version`, `deployment`"),
        ("rollout", 5, "is not a key here; did you mean `rollouts`? Known keys: `version`"),
    ],
)
def test_an_error_says_what_is_allowed(place: str, value: object, text: str) -> None:
    assert said({place: value})[place].startswith(text)


@pytest.mark.parametrize(
    ("upstream", "place", "text"),
    [
        ({"base_url": "ftp://x/v1"}, "base_url", "must start with https:// or http://"),
        ({"base_url": "nowhere"}, "base_url", "must be an address, as in https://"),
        ({}, "location", "is missing. Needed: one of `cloud`, `onprem`"),
        ({}, "models", "is missing. Needed: Model names this upstream serves."),
        ({"credential": 1}, "credential", "must be a mapping with the keys `mode`, `env`"),
    ],
)
def test_an_error_deep_inside_knows_its_own_part(
    upstream: dict[str, object], place: str, text: str
) -> None:
    assert said({"upstreams": {"x": upstream}})[f"upstreams.x.{place}"].startswith(text)


def test_every_pattern_has_words() -> None:
    found = set(re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', schema_text()))
    patterns = {json.loads(one) for one in found}
    assert len(patterns) > 10
    assert patterns - FORMS.keys() == set()


@pytest.mark.parametrize(
    ("terms", "place", "text"),
    [
        ({"sign_off": {}}, "sign_off.pairs", "is missing. Needed: How many pairs"),
        (
            {"sampling": {"reverse_percent": "10%"}},
            "sampling.reverse_percent",
            "must be a perc",
        ),
        ({"sampling": {"reverse_percent": True}}, "sampling.reverse_percent", "must be a perc"),
        (
            {"steps": [{"percent": 1}, {"sessions": 0}]},
            "steps.1.sessions",
            "must be at least 1; it is 0",
        ),
    ],
)
def test_what_is_meant_is_said(terms: object, place: str, text: str) -> None:
    told = said({"terms": terms})
    assert told[f"terms.{place}"].startswith(text)
    assert [one for one in told if one.startswith("terms.")] == [f"terms.{place}"]


@pytest.mark.parametrize("written", ["1%", True])
def test_a_bar_of_a_flag_that_is_no_share_is_told_so(written: object) -> None:
    codes = {"LATERALITY": written}
    told = said({"terms": {"gates": {"flags": {"codes": codes}}}})
    assert told["terms.gates.flags.codes.LATERALITY"].startswith("must be a share, as in 0.01")


def test_a_flag_without_a_name_is_no_environment_variable() -> None:
    told = said({"terms": {"gates": {"flags": {"codes": {"": 0.1}}}}})
    assert told["terms.gates.flags.codes."].startswith("must be the code of a flag")


def test_a_moment_that_is_missing_is_shown_by_its_form() -> None:
    told = said({"calendar": {"freezes": [{"start": "2026-12-24", "reason": "x"}]}})
    assert told["calendar.freezes.0.end"].startswith("is missing. Needed: a day or a day and a")


def test_a_missing_part_is_described_by_its_keys() -> None:
    told = said({"rollouts": [{"tenant": "a"}]})
    assert told["rollouts.0.primary"].endswith("a mapping with the keys `upstream`, `model`")


def test_a_suggestion_is_close_or_not_made() -> None:
    assert suggestion("mdoels", ["models", "headers"]) == "; did you mean `models`?"
    assert suggestion("xyz", ["models", "headers"]) == ""
    assert suggestion("xyz", []) == ""


@given(
    st.dictionaries(
        st.sampled_from(list(Policy.model_fields)),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=5), inner, max_size=3)
            ),
            max_leaves=8,
        ),
    )
)
def test_every_error_of_any_value_has_words(value: dict[str, object]) -> None:
    try:
        Policy.model_validate(value)
    except ValidationError as error:
        for each in error.errors():
            assert message(each).strip()


def test_the_choices_of_an_enumeration_are_its_values() -> None:
    told = said({"tenants": {"a": {"cloud": "forbiden", "identify": {"header": "a"}}}})
    assert told["tenants.a.cloud"] == (
        f"`forbiden` is not one of `{Cloud.ALLOWED}`, `{Cloud.FORBIDDEN}`; did you mean `forbidden`?"
    )
