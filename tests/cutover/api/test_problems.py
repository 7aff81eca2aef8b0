"""How the control API says no."""

import json

import pytest

from cutover.api import problems
from cutover.api.problems import Problem
from cutover.approving.approvals import ProposalUsed
from cutover.history import StaleRollout
from cutover.lease import LeaseLost
from cutover.refusals import Conflict, NotAllowed, StandsBy, UnknownRollout
from mirror.journal.store import StoreError


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UnknownRollout("a"), 404),
        (NotAllowed("a"), 403),
        (Conflict("a"), 409),
        (StandsBy("a"), 503),
        (StaleRollout("a"), 409),
        (ProposalUsed("a"), 409),
        (LeaseLost("other"), 503),
        (StoreError("a"), 503),
        (Problem(422, "a"), 422),
    ],
)
def test_each_refusal_has_its_status_and_its_own_words(error, status):
    if isinstance(error, Problem):
        error.status = problems.HTTPStatus(status)
    answer = problems.of(error)
    body = json.loads(answer.body)
    assert answer.status_code == body["status"] == status
    assert body["detail"] == str(error)


def test_what_nobody_foresaw_tells_its_kind_and_no_more():
    answer = problems.of(KeyError("secret"))
    assert answer.status_code == 500
    assert b"secret" not in answer.body
    assert b"KeyError" in answer.body
