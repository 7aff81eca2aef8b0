import pytest

from mirror import unpaired
from mirror.exchange import Outcome


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("sampling", Outcome.UNSAMPLED),
        ("budget", Outcome.UNSAMPLED),
        ("no_permitted_side", Outcome.EXCLUDED),
        ("credential_forwarded", Outcome.EXCLUDED),
        ("client_abort", Outcome.EXCLUDED),
        ("drained", Outcome.EXCLUDED),
        ("backlog", Outcome.SHED),
        ("shadow_lost", Outcome.FAILED),
    ],
)
def test_an_answer_that_stood_alone_ends_where_its_reason_says(reason, outcome):
    assert unpaired.outcome(reason) is outcome
