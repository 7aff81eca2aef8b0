"""What evidence asks of an exchange is what the ledger's rows, and those of the tests, can tell."""

from dataclasses import fields

import pytest
from builders import Scored

from compare.ledger import Row
from cutover.evidence.scored import ScoredExchange


@pytest.mark.parametrize("kind", [Row, Scored])
def test_a_compared_exchange_tells_everything_that_evidence_asks_for(kind):
    asked = {
        name for name, value in vars(ScoredExchange).items() if isinstance(value, property)
    }
    has = {each.name for each in fields(kind)} | set(vars(kind))
    assert len(asked) > 10 and asked <= has
