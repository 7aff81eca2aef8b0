import pytest

from cutover.wordless import sentence
from policies.payloads import Payloads


@pytest.mark.parametrize(
    ("payloads", "said"),
    [
        (Payloads(keep="none"), "the policy keeps none (`payloads.keep: none`)"),
        (Payloads(keep="until_scored"), "(`payloads.keep: until_scored`)"),
    ],
)
def test_that_the_policy_keeps_none_is_said_where_it_does(payloads, said):
    assert said in sentence(0, payloads)


@pytest.mark.parametrize("payloads", [Payloads(keep=30), None])
def test_since_when_they_are_gone_is_said_always(payloads):
    said = sentence(0, payloads)
    assert "gone since 1970-01-01 00:00:00 UTC; a label needs them" in said
    assert "policy" not in said
