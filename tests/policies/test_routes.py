"""The rules that find a route, and those that hold where a policy gives none."""

import pytest
from builders import two_sided
from pydantic import ValidationError

from policies.check import faults
from policies.policy import RouteRule
from policies.routes import DEFAULT_ROUTES

URL = "http://127.0.0.1:1/v1"


def test_no_default_row_hides_another_and_every_route_but_reason_has_one():
    found = faults(two_sided(URL, URL.replace("1/", "2/")))
    assert [place for place, _ in found if place[0] == "routes"] == []
    assert {rule.route.value for rule in DEFAULT_ROUTES} == {
        "chat",
        "vision",
        "audio",
        "embed",
        "rerank",
    }


@pytest.mark.parametrize(
    "wrong", [{"path": "v1/x"}, {"header": {"X-App": "a"}}, {"image": "perhaps"}, {"body": "x"}]
)
def test_a_rule_is_checked(wrong):
    with pytest.raises(ValidationError):
        RouteRule.model_validate({"route": "chat"} | wrong)
