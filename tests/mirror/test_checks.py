"""What the first answers of an upstream mean."""

import json

import pytest

from mirror.checks import State, key_of, models_of, tls_of, unreached, version_of
from policies.policy import Upstream

DAY = 86_400
NOW = 1_700_000_000


def upstream(**values):
    given = {"base_url": "https://10.0.0.3:8000/v1", "location": "onprem", "models": ["own"]}
    return Upstream.model_validate(given | values)


@pytest.mark.parametrize(
    ("ends", "state"),
    [
        ("Nov 14 22:13:20 2024 GMT", State.OK),  # 366 days on
        ("Dec 13 22:13:20 2023 GMT", State.WARN),  # 29 days on
    ],
)
def test_a_certificate_near_its_end_is_told(ends, state):
    check = tls_of("gpu", upstream(), {"notAfter": ends}, NOW)
    assert check.state is state and ends in check.found
    assert bool(check.advice) is (state is State.WARN)


def test_clear_text_has_no_certificate():
    check = tls_of("gpu", upstream(base_url="http://10.0.0.3/v1"), {}, NOW)
    assert check.state is State.SKIPPED


def test_an_untrusted_certificate_has_its_own_advice():
    trust = unreached("gpu", upstream(), "its certificate is not trusted: self-signed")
    down = unreached("gpu", upstream(), "nobody answered the connection")
    assert "trusts" in trust.advice and "10.0.0.3" in down.advice


@pytest.mark.parametrize(
    ("mode", "status", "state"),
    [
        ({"mode": "swap", "env": "KEY"}, 200, State.OK),
        ({"mode": "swap", "env": "KEY"}, 401, State.FAIL),
        ({"mode": "swap", "env": "KEY"}, 403, State.FAIL),
        ({"mode": "swap", "env": "KEY"}, 404, State.OK),
        ({"mode": "none"}, 200, State.OK),
        ({"mode": "none"}, 401, State.FAIL),
        ({"mode": "forward"}, 401, State.SKIPPED),
    ],
)
def test_what_an_answer_says_of_the_key(mode, status, state):
    check = key_of("gpu", upstream(credential=mode), status)
    assert check.state is state
    assert bool(check.advice) is (state is State.FAIL)


def test_a_long_list_of_models_is_not_told_whole():
    body = json.dumps({"data": [{"id": f"model-{n}"} for n in range(100)]}).encode()
    (check,) = models_of("gpu", upstream(), 200, body)
    assert check.state is State.FAIL
    assert "and 92 more" in check.found


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": 1}', b"\xff", b"<html>"])
def test_what_is_no_list_of_models_fails(body):
    (check,) = models_of("gpu", upstream(), 200, body)
    assert check.state is State.FAIL and "no list" in check.found


def test_odd_entries_of_a_list_are_passed_over():
    body = b'{"data": [null, {"id": 3}, {"id": "o\\u0007wn"}, {"id": "own"}]}'
    (check,) = models_of("gpu", upstream(), 200, body)
    assert check.state is State.OK


def test_nothing_is_said_of_models_where_the_key_was_refused():
    assert list(models_of("gpu", upstream(), 401, b"")) == []


def test_a_version_is_held_against_the_declared_one():
    declared = upstream(identity={"own": {"engine_version": "1.2"}})
    (same,) = version_of("gpu", declared, [("/version", b'{"version": "1.2"}')])
    (other,) = version_of("gpu", declared, [("/version", b'{"version": "1.3"}')])
    assert (same.state, other.state) == (State.OK, State.FAIL)
    (silent,) = version_of("gpu", declared, [("/version", b'{"version": "\\u0007"}')])
    assert silent.state is State.SKIPPED
