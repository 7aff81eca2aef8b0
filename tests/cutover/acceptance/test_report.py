"""What a report comes to, its file and its hash, and what is kept of it."""

import hashlib
import json
from dataclasses import replace

import pytest
from rollouts import a_policy

from cutover.acceptance.report import Reached
from cutover.acceptance.rows import Row, Says
from mirror.candidate import candidate_fingerprint
from policies.routes import Route

PASS = Row("SOAP, p95", 2, "s", True, None, Says.PASS)


def reached(*rows, routes=(Route.CHAT,)):
    given = (a_policy(), "clinic", rows, 16, 160, frozenset(routes), 7)
    return Reached(*given)


@pytest.mark.parametrize(
    ("says", "code", "passed"),
    [
        ([Says.PASS], 0, True),
        ([Says.PASS, Says.FAIL, Says.UNMEASURED], 1, False),
        ([Says.PASS, Says.UNSAID], 3, False),
        ([Says.PASS, Says.UNMEASURED], 3, False),
        ([], 3, False),
    ],
)
def test_it_passes_only_where_every_target_is_measured_and_reached(says, code, passed):
    found = reached(*[replace(PASS, says=one) for one in says])
    assert (found.code, found.passed) == (code, passed)


def test_its_hash_is_that_of_the_file_and_the_candidate_is_named_by_what_is_declared():
    found = reached(PASS)
    assert found.sha256 == hashlib.sha256(found.text.encode()).hexdigest()
    told = json.loads(found.text)
    assert told["passed"] is True and told["candidates"] == {"chat": "gpu/own"}
    (kept,) = found.kept
    expected = candidate_fingerprint(found.policy, found.policy.rollouts[0])
    assert kept.candidate == told["fingerprints"]["chat"] == expected
    assert (kept.tenant, kept.route, kept.passed, kept.at_us) == ("clinic", "chat", True, 7)
    assert found.says == {"SOAP, p95": "pass"}


def test_a_route_that_was_asked_nothing_is_not_kept_as_passed():
    assert reached(PASS, routes=()).kept == []
    assert not reached(PASS, routes=()).passed
    assert reached(PASS, routes=(Route.AUDIO,)).kept == []
