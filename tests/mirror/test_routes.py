"""Which route a request has."""

import pytest

from mirror.routes import Wanted, route_of
from mirror.surface import TABLE
from policies.policy import RouteRule
from policies.routes import DEFAULT_ROUTES


@pytest.mark.parametrize(
    ("path", "model", "route"),
    [
        ("/v1/chat/completions", "big", "chat"),
        ("/v1/chat/completions", "o3-mini", "reason"),
        ("/v1/embeddings", "e", "embed"),
        ("/v1/files", "big", None),
    ],
)
def test_the_first_rule_that_fits_names_the_route(path, model, route):
    rules = (
        RouteRule(route="reason", model="o*"),
        RouteRule(route="chat"),
        RouteRule(route="embed", path="/v1/embed*"),
    )
    assert route_of(rules, Wanted(path, model)) == route


@pytest.mark.parametrize(
    ("headers", "image", "route"),
    [
        ({}, False, "chat"),
        ({}, True, "vision"),
        ({"x-app": "notes-2"}, False, "reason"),
        ({"x-app": "other"}, False, "chat"),
        ({"x-other": "notes-2"}, False, "chat"),
        ({"x-app": "notes-2"}, True, "vision"),
    ],
)
def test_rules_may_ask_for_a_header_and_for_an_image(headers, image, route):
    rules = (
        RouteRule(route="vision", image=True),
        RouteRule(route="reason", header={"x-app": "notes-*"}, image=False),
        RouteRule(route="chat"),
    )
    assert route_of(rules, Wanted("/v1/chat/completions", "big", headers, image)) == route


@pytest.mark.parametrize("row", [row for row in TABLE if row.dialect], ids=lambda r: r.path)
def test_every_mirrored_call_has_a_route_where_the_policy_names_none(row):
    assert route_of(DEFAULT_ROUTES, Wanted(row.path, "any")) is not None


def test_an_empty_header_is_there():
    rules = (RouteRule(route="reason", header={"x-app": "*"}),)
    assert route_of(rules, Wanted("/v1/chat/completions", "m", {"x-app": ""})) == "reason"
    assert route_of(rules, Wanted("/v1/chat/completions", "m")) is None
