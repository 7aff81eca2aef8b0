"""How the control API says no."""

import json

import pytest

from cutover.api import problems
from cutover.api.problems import Problem
from cutover.approving.approvals import ProposalUsed
from cutover.history import StaleRollout
from cutover.identity.local import NotProven
from cutover.lease import LeaseLost
from cutover.refusals import Conflict, NotAllowed, StandsBy, UnknownRollout, Unpublished
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


@pytest.mark.parametrize(
    ("error", "type"),
    [
        (NotAllowed("a", kind="missing role"), "/problems/missing-role"),
        (NotAllowed("a", kind="wrong tenant"), "/problems/wrong-tenant"),
        (NotAllowed("a", kind="own proposal", recorded=True), "/problems/own-proposal"),
        (NotAllowed("a"), "about:blank"),
        (Conflict("a", kind="proposal over"), "/problems/proposal-over"),
        (Conflict("a"), "about:blank"),
        (StandsBy("a"), "/problems/stands-by"),
        (Unpublished("a"), "/problems/unpublished"),
        (ProposalUsed("a"), "/problems/proposal-over"),
        (NotProven("a"), "/problems/not-proven"),
        (NotProven("a", kind="replayed code"), "/problems/not-proven"),
        (NotProven("a", kind="locked", wait_s=7), "/problems/locked"),
    ],
)
def test_what_has_a_next_step_of_its_own_has_a_type_of_its_own(error, type):
    answer = problems.of(error)
    assert json.loads(answer.body)["type"] == type
    assert answer.headers.get("retry-after") == ("7" if type == "/problems/locked" else None)


def test_what_nobody_foresaw_tells_its_kind_and_no_more():
    answer = problems.of(KeyError("secret"))
    assert answer.status_code == 500
    assert b"secret" not in answer.body
    assert b"KeyError" in answer.body


@pytest.mark.parametrize(
    ("errors", "says"),
    [
        ([{"type": "missing", "loc": ("body", "reason")}], "`reason` is missing"),
        ([{"type": "extra_forbidden", "loc": ("body", "force")}], "`force` is not asked for"),
        (
            [{"type": "int_parsing", "loc": ("query", "limit")}],
            "`limit` must be a whole number",
        ),
        (
            [{"type": "less_than_equal", "loc": ("query", "limit"), "ctx": {"le": 200}}],
            "`limit` must be at most 200",
        ),
        ([{"type": "json_invalid", "loc": ("body", 3)}], problems.NOT_JSON),
        (
            [{"type": "missing", "loc": ("body",)}],
            "the body must be a JSON object, sent with `content-type: application/json`",
        ),
        (
            [
                {"type": "missing", "loc": ("body", "a")},
                {"type": "string_type", "loc": ("body", "b")},
            ],
            "`a` is missing; `b` must be a text",
        ),
        ([{"type": "odd", "loc": ("body", "x"), "msg": "is odd"}], "`x` is odd"),
    ],
)
def test_what_is_wrong_with_a_request_is_said_in_words(errors, says):
    assert problems.sentence(errors) == says


def test_a_fault_inside_a_list_names_the_field():
    fault = {"type": "value_error", "loc": ("body", "senders", 0), "ctx": {"error": "must be an IP address"}}  # fmt: skip
    assert problems.sentence([fault]) == "`senders` must be an IP address"
